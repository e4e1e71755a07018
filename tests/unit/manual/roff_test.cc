#include "manual/roff.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(Roff, TextIsNeverARequest) {
  EXPECT_EQ(roff(".so /etc/passwd"), "\\&.so /etc/passwd");
  EXPECT_EQ(roff("'br"), "\\(aqbr");
  EXPECT_EQ(roff("one\n.br\ntwo"), "one .br two");
  EXPECT_EQ(roff("\\fB"), "\\(rsfB");
}

TEST(Roff, WhatIsTypedStaysWhatItIs) {
  EXPECT_EQ(roff("--token-file"), "\\-\\-token\\-file");
  EXPECT_EQ(roff("`a' \"b\" ^~"), "\\(gaa\\(aq \\(dqb\\(dq \\(ha\\(ti");
}

TEST(Roff, OtherCharactersGoByTheirNumber) {
  EXPECT_EQ(roff("Zürich…"), "Z\\[u00FC]rich\\[u2026]");
  EXPECT_EQ(roff("\xF0\x9F\x8C\x8A"), "\\[u1F30A]");
}

TEST(Roff, WhatIsNotUtf8IsAQuestionMark) {
  EXPECT_EQ(roff("a\xFFz"), "a?z");
  EXPECT_EQ(roff("\xC3"), "?");
}

TEST(Roff, APageBeginsWithItsTitle) {
  RoffPage page{"sample-gate", "1", "Sample 1"};
  page.section("NAME");
  page.term(roff_bold("-n"), roff("how often"));
  EXPECT_EQ(page.text(),
            ".TH \"SAMPLE\\-GATE\" \"1\" \"\" \"Sample 1\" \"Tidegate Manual\"\n.nh\n.ad l\n"
            ".SH \"NAME\"\n.TP\n\\fB\\-n\\fR\nhow often\n");
}

}  // namespace
}  // namespace tidegate
