#include "match/document.h"

#include <gtest/gtest.h>

#include "tests/unit/match/documents.h"
#include "transport/msgpack_view.h"

namespace tidegate {
namespace {

using test::put_pair;

// "path=text" for each value, in order.
std::vector<std::string> walked(ByteView document) {
  std::vector<std::string> lines;
  std::string room;
  for (DocumentWalk walk{document}; walk.next();)
    lines.push_back(std::string{walk.path()} + "=" + std::string{text_of(walk.value(), room)});
  return lines;
}

TEST(Document, PathsAreKeysJoinedByDotsAndListsHaveNoPlaceInThem) {
  Bytes document;
  put_map(document, 4);
  put_pair(document, "a", "1");
  put_str(document, "b");
  put_map(document, 2);
  put_pair(document, "c", "2");
  put_str(document, "list");
  put_array(document, 3);
  put_str(document, "x");
  put_map(document, 1);
  put_pair(document, "in", "y");
  put_array(document, 1);
  put_str(document, "z");
  put_str(document, "empty");
  put_map(document, 0);
  put_pair(document, "d", "3");
  EXPECT_EQ(walked(document), (std::vector<std::string>{"a=1", "b.c=2", "b.list=x", "b.list.in=y", "b.list=z", "d=3"}));
}

TEST(Document, ValuesAreWrittenAsAQueryWouldWriteThem) {
  Bytes document;
  put_map(document, 9);
  const auto key = [&document](std::string_view name) { put_str(document, name); };
  key("largest");
  put_uint(document, UINT64_MAX);
  key("least");
  put_int(document, INT64_MIN);
  key("tenth");
  put_double(document, 0.1);
  key("whole");
  put_double(document, 5);
  key("huge");
  put_double(document, 1e300);
  key("big");
  put_ext(document, ext_decimal, "12345678901234567890123");
  key("yes");
  put_bool(document, true);
  key("no");
  put_bool(document, false);
  key("nil");
  put_nil(document);
  EXPECT_EQ(walked(document),
            (std::vector<std::string>{"largest=18446744073709551615", "least=-9223372036854775808", "tenth=0.1", "whole=5.0",
                                      "huge=1e+300", "big=12345678901234567890123", "yes=true", "no=false", "nil="}));
}

TEST(Document, ItsEnvelopeIsToldFromTheRest) {
  const Bytes document = test::record({});
  std::vector<std::string> outside;
  for (DocumentWalk walk{document}; walk.next();)
    if (!walk.in_envelope()) outside.emplace_back(walk.path());
  EXPECT_EQ(outside, (std::vector<std::string>{"trendmicro_visionone.id", "trendmicro_visionone.severity"}));
}

TEST(Document, WordsAreRunsOfLettersDigitsAndBytesBeyondAscii) {
  std::string_view text = "  C:\\Temp\\a_b.EXE Zürich--42";
  std::vector<std::string> words;
  while (const auto word = next_word(text)) words.emplace_back(*word);
  EXPECT_EQ(words, (std::vector<std::string>{"C", "Temp", "a", "b", "EXE", "Zürich", "42"}));
}

}  // namespace
}  // namespace tidegate
