// Any text as a token, in the configuration and in a file, and any body as the list of API keys: claims stay within their bounds.
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

#include "agent/edges/token_expiry.h"
#include "base/check.h"
#include "config/token.h"
#include "tests/support/temporary_directory.h"

namespace {

using namespace tidegate;

void check_loaded(const std::string& text) {
  static const TemporaryDirectory directory;
  ConnectorConfig connector;
  connector.bearer_token_file = (directory.path() / "token").string();
  std::ofstream{connector.bearer_token_file, std::ios::binary} << text;
  const Result<Secret> from_file = load_token(connector);
  constexpr std::size_t reason_bytes_max = 100;
  TG_ASSERT(from_file || from_file.error().text().size() < connector.bearer_token_file.size() + reason_bytes_max,
            "what is refused is not shown");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidegate;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_loaded(std::string{text});
  const std::optional<TokenClaims> claims = read_claims(text);
  if (claims) {
    TG_ASSERT(claims->id.size() <= claim_bytes_max, "a claim is bounded");
    TG_ASSERT(!claims->expires || *claims->expires > WallTime{}, "an end is a moment after the epoch");
    TG_ASSERT(expiry_from_claims(claims).source != TokenExpiry::Source::api, "a hint is never taken for the API's word");
  }
  (void)shape_of(text).usual();
  const TokenExpiry expiry = expiry_from_keys(text, claims);
  TG_ASSERT(expiry.source != TokenExpiry::Source::hint, "a list of keys is no hint");
  (void)expiry_text(expiry, WallTime{std::chrono::seconds{1'700'000'000}});
  return 0;
}
