#include "processor/fleet/token_text.h"

#include <gtest/gtest.h>

#include "processor/digest.h"

namespace tidegate {
namespace {

Entropy counting() {
  return [](std::span<char> bytes) -> Result<void> {
    for (std::size_t at = 0; at < bytes.size(); ++at) bytes[at] = static_cast<char>(at);
    return {};
  };
}

TEST(TokenText, IsBase32OfItsBytes) {
  const Result<TokenText> token = draw_token(counting());
  ASSERT_TRUE(token);
  EXPECT_EQ(text_of(*token).reveal(), "tge_aaaqeayeaudaocajbifqydiob4ibceqt");  // RFC 4648 of 00 01 … 13
  EXPECT_EQ(token->id, "aaaqeaye");
}

TEST(TokenText, IsReadAsItWasWritten) {
  const Result<TokenText> token = draw_token(system_entropy());
  ASSERT_TRUE(token);
  const std::string text{text_of(*token).reveal()};
  for (const std::string& written : {text, "  " + text + "\r\n"}) {
    const std::optional<TokenText> read = parse_token(written);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id, token->id);
    EXPECT_EQ(read->secret, token->secret);
  }
  EXPECT_EQ(parse_token("TGE_AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT")->id, "aaaqeaye");
}

TEST(TokenText, OtherTextsAreNone) {
  for (const std::string_view text :
       {"", " ", "tge_", "tge_aaaqeayeaudaocajbifqydiob4ibceq", "tge_aaaqeayeaudaocajbifqydiob4ibceqtt",
        "tgx_aaaqeayeaudaocajbifqydiob4ibceqt", "tge_aaaqeayeaudaocajbifqydiob4ibceq1"}) {
    EXPECT_FALSE(parse_token(text)) << text;
  }
}

TEST(TokenText, TwoTokensDiffer) { EXPECT_NE(text_of(*draw_token(system_entropy())), text_of(*draw_token(system_entropy()))); }

TEST(TokenText, P10TheHashDependsOnSaltIdAndSecret) {
  const TokenText token{"aaaaaaaa", Secret{"secret"}};
  EXPECT_EQ(token_hash(token, "salt"), sha256("saltaaaaaaaasecret"));
  EXPECT_NE(token_hash(token, "salt"), token_hash(token, "other"));
  EXPECT_NE(token_hash(token, "salt"), token_hash({"aaaaaaab", Secret{"secret"}}, "salt"));
}

TEST(Digest, IsSha256) {
  EXPECT_EQ(hex_of(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_of(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, ComparesSecretsWhole) {
  EXPECT_TRUE(same_secret("", ""));
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "ab"));
}

}  // namespace
}  // namespace tidegate
