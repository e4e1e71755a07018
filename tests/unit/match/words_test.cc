#include "match/words.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

Pattern pattern_of(std::string_view text) {
  const Result<Query> query = parse_query("f: " + std::string{text});
  EXPECT_TRUE(query);
  return std::get<QueryTerm>(query->node).value;
}

bool stand_in(std::string_view term, std::string_view text) {
  std::vector<std::string_view> words;
  split_words(text, words);
  const std::vector<WordPattern> patterns = words_of(pattern_of(term));
  for (std::span<const std::string_view> rest{words}; !rest.empty(); rest = rest.subspan(1))
    if (begin_with(rest, patterns)) return true;
  return false;
}

TEST(Words, AreMatchedWhateverTheCaseOfTheirAsciiLetters) {
  EXPECT_TRUE(stand_in("Power", "no POWER at all"));
  EXPECT_FALSE(stand_in("power", "powershell"));
  EXPECT_FALSE(stand_in("powershell", "power"));
  EXPECT_FALSE(stand_in("zürich", "ZÜRICH")) << "folding is within ASCII";
}

TEST(Words, WildcardsStayWithinAWord) {
  EXPECT_TRUE(stand_in("pow*", "the PowerShell"));
  EXPECT_TRUE(stand_in("*shell", "the PowerShell"));
  EXPECT_TRUE(stand_in("p?wer*l", "the PowerShell"));
  EXPECT_FALSE(stand_in("pow*x", "PowerShell x"));
  EXPECT_FALSE(stand_in("powershellx*", "PowerShell"));
}

TEST(Words, OfOneTermStandSideBySide) {
  EXPECT_TRUE(stand_in("web-01", "a web-01.example"));
  EXPECT_TRUE(stand_in("web-01", "web web 01"));
  EXPECT_FALSE(stand_in("web-01", "web-02 01"));
  EXPECT_FALSE(stand_in("web-01", "web"));
}

TEST(Words, NeededOnesAreThoseBeforeAWildcard) {
  const std::vector<WordPattern> needed = needed_words(pattern_of("web-01*log"));
  ASSERT_EQ(needed.size(), 2u);
  EXPECT_TRUE(needed[0].exact());
  EXPECT_EQ(needed[0].beginning(), "web");
  EXPECT_FALSE(needed[1].exact());
  EXPECT_EQ(needed[1].beginning(), "01");
}

}  // namespace
}  // namespace tidegate
