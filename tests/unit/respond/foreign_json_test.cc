#include "respond/foreign_json.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

struct SaidAgain {
  const char* secret;
  const char* text;
  const char* masked;
};

class MaskedSecret : public testing::TestWithParam<SaidAgain> {};

TEST_P(MaskedSecret, P10IsFoundHoweverItIsWritten) {
  std::string text = GetParam().text;
  mask_secret(text, GetParam().secret);
  EXPECT_EQ(text, GetParam().masked);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, MaskedSecret,
    testing::Values(SaidAgain{"key", "a key, keykey, ke y", "a ***, ******, ke y"}, SaidAgain{"key", "", ""},
                    SaidAgain{"", "a", "a"},
                    // JSON
                    SaidAgain{"a/b\"c\\d", R"({"m":"a\/b\"c\\d"})", R"({"m":"***"})"},
                    SaidAgain{"a/b\"c\\d", R"({"m":"a/b\u0022c\u005Cd!"})", R"({"m":"***!"})"},
                    SaidAgain{"s\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91", R"("s\u00fc\u20AC\ud83d\udd11")", "\"***\""},
                    SaidAgain{"s\xc3\xbc", R"(\u0073\u00fc \u0073\u00fd)", R"(*** \u0073\u00fd)"},
                    SaidAgain{"<&>", R"(\u003c\u0026\u003e)", "***"}, SaidAgain{"a\\", "a\\", "***"},
                    SaidAgain{"ab", R"(a\u006 a\u a\ud83d \)", R"(a\u006 a\u a\ud83d \)"},
                    // RFC 3986, and forms
                    SaidAgain{"a/b c+d", "k=a%2Fb%20c%2bd&a%2fb+c+d", "k=***&***"},
                    SaidAgain{"s3:\xc3\xbc", "%733%3A%C3%BC", "***"}, SaidAgain{"100%", "100% 100%25", "*** ***25"},
                    SaidAgain{"a b", "a+b a b", "*** ***"}, SaidAgain{"100%!", "100%! 100%25! 100%25", "*** *** 100%25"},
                    SaidAgain{"ab", "a%6 a%zz a%", "a%6 a%zz a%"}));

TEST(MaskedText, P10OfASecretThatWasCutOffItsBeginningIsFoundHoweverItIsWritten) {
  const auto before = [](std::string_view text) { return text.substr(0, begun_secret_at(text, "se/cr \"t")); };
  EXPECT_EQ(before("a text"), "a text");
  EXPECT_EQ(before("a text: se/c"), "a text: ");
  EXPECT_EQ(before("s, se, s"), "s, se, ");
  EXPECT_EQ(before("a s\\u0065\\/cr \\"), "a ");
  EXPECT_EQ(before("a se\\u002"), "a ");
  EXPECT_EQ(before("a s%65%2Fcr+%22"), "a ");
  EXPECT_EQ(before("a s%65%2"), "a ");
  EXPECT_EQ(before("a se\\u0063, and more"), "a se\\u0063, and more") << "another word";
  EXPECT_EQ(begun_secret_at("abc", ""), 3U);
}

TEST(ForeignText, IsOneLineOfText) {
  EXPECT_EQ(one_line("a\r\nb\x1b[31m\xc2\x9b"
                     "c\xff",
                     100),
            "a  b [31m c\xef\xbf\xbd");
}

TEST(ForeignJson, IsBoundedBeforeItIsParsed) {
  EXPECT_TRUE(parse_foreign_json("[[1]]", {.bytes_max = 5, .depth_max = 2}));
  for (const ForeignJsonLimits limits : {ForeignJsonLimits{.bytes_max = 4, .depth_max = 2}, {.bytes_max = 5, .depth_max = 1}}) {
    const auto parsed = parse_foreign_json("[[1]]", limits);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code(), Code::corrupt);
  }
}

}  // namespace
}  // namespace tidegate
