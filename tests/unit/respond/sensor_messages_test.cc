#include "respond/sensor_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/id128.h"
#include "respond/responder_store_form.h"
#include "respond/run_store_form.h"
#include "tests/unit/respond/stored_samples.h"

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view sample_ledger = "0123456789abcdef0123456789abcdef";

Responder plain_responder(const std::string& name, const std::string& secret) {
  Responder responder;
  responder.name = name;
  responder.secret = Secret{secret};
  return responder;
}

// As it is sent: the line in front, and the responders one after the other.
Secret text_of(const std::string& head, const std::vector<Responder>& responders) {
  std::string text = head + "\n";
  for (const Responder& each : responders) text.append(stored_responder(each).reveal());
  return Secret{std::move(text)};
}

std::size_t stored_bytes(const Responder& responder) { return stored_responder(responder).size(); }

std::string why_no_responders(const Secret& text, Code code) {
  const Result<SensorResponders> all = sensor_responders_from(text);
  EXPECT_FALSE(all) << text.reveal();
  if (all) return {};
  EXPECT_EQ(all.error().code(), code) << all.error().text();
  EXPECT_THAT(all.error().text(), Not(HasSubstr("planted"))) << "no secret is in an error (P10)";
  return all.error().text();
}

void expect_responders_back(const SensorResponders& all) {
  const Result<Secret> text = sensor_responders_text(all);
  ASSERT_TRUE(text) << text.error().text();
  const Result<SensorResponders> back = sensor_responders_from(*text);
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(*back, all);
}

TEST(SensorResponders, ComeBackEqualWithTheirSecrets) {
  SensorResponders all;
  expect_responders_back(all);
  all.may_send = false;
  expect_responders_back(all);
  all.responders = {test::full_responder(), plain_responder("a", ""), plain_responder("b", "\n"),
                    plain_responder("c", std::string{"planted\n\0\n{}\r\n\xff", 15})};
  expect_responders_back(all);
  std::ranges::reverse(all.responders);
  all.may_send = true;
  expect_responders_back(all);
}

TEST(SensorResponders, AnyComeBackEqual) {
  Random random{Seed{11}};
  for (int i = 0; i < 300; ++i) {
    SensorResponders all;
    all.may_send = random.chance(2);
    for (std::uint64_t left = random.below(5); left > 0; --left) {
      Responder& one = all.responders.emplace_back(test::random_responder(random));
      one.name.append(std::to_string(left));
    }
    SCOPED_TRACE("responders " + std::to_string(i));
    expect_responders_back(all);
  }
}

TEST(SensorResponders, WhatDoesNotFitAMessageIsNeitherWrittenNorRead) {
  SensorResponders all;
  all.responders = {plain_responder("a", "planted" + std::string(sensor_message_bytes_max, 'x'))};
  const Result<Secret> text = sensor_responders_text(all);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code(), Code::invalid);
  EXPECT_THAT(text.error().text(), HasSubstr("more than the 196608 that a request to a sensor takes"));
  EXPECT_THAT(text.error().text(), Not(HasSubstr("planted")));
  const std::string head = R"({"v":1,"may_send":true,"lengths":[]})";
  EXPECT_THAT(why_no_responders(Secret{head + "\n" + std::string(sensor_message_bytes_max, 'x')}, Code::invalid),
              HasSubstr("more than the 196608"));
  // Up to its end it is taken.
  Responder& one = all.responders.front();
  one.secret = Secret{};
  const std::size_t frame = sensor_responders_text(all)->size();
  one.secret = Secret{std::string(sensor_message_bytes_max - frame - 6, 'x')};
  ASSERT_TRUE(sensor_responders_text(all)) << "with a length of six digits or less";
  expect_responders_back(all);
}

TEST(SensorResponders, OfANewerVersionAreRefused) {
  EXPECT_EQ(why_no_responders(text_of(R"({"v":2,"may_send":true,"lengths":[]})", {}), Code::invalid),
            "a newer version wrote the responders");
  EXPECT_TRUE(sensor_responders_from(text_of(R"({"v":1,"lengths":[],"a_key_of_tomorrow":7})", {})));
  const std::string newer = "{\"v\":2,\"name\":\"a\"}\nplanted";
  EXPECT_EQ(why_no_responders(Secret{R"({"v":1,"lengths":[)" + std::to_string(newer.size()) + "]}\n" + newer}, Code::invalid),
            "a newer version wrote the responder");
}

TEST(SensorResponders, WhatIsNoneIsRefusedAndItsKeyNamed) {
  const auto why = [](const std::string& head, const std::vector<Responder>& responders = {}) {
    return why_no_responders(text_of(head, responders), Code::corrupt);
  };
  EXPECT_EQ(why_no_responders(Secret{""}, Code::corrupt), "the responders are cut short");
  EXPECT_EQ(why_no_responders(Secret{R"({"v":1,"lengths":[]})"}, Code::corrupt), "the responders are cut short");
  EXPECT_EQ(why("planted"), "what is stored is no JSON object");
  EXPECT_EQ(why(R"({"lengths":[]})"), "what came has no usable 'v'");
  EXPECT_EQ(why(R"({"v":"1","lengths":[]})"), "what came has no usable 'v'");
  EXPECT_EQ(why(R"({"v":-1,"lengths":[]})"), "what came has no usable 'v'");
  EXPECT_EQ(why(R"({"v":1,"may_send":1,"lengths":[]})"), "what came has no usable 'may_send'");
  EXPECT_EQ(why(R"({"v":1})"), "what came has no usable 'lengths'");
  EXPECT_EQ(why(R"({"v":1,"lengths":{}})"), "what came has no usable 'lengths'");
  std::string many = R"({"v":1,"lengths":[)";
  for (std::size_t i = 0; i <= responders_max; ++i) many.append(i == 0 ? "1" : ",1");
  EXPECT_EQ(why(many + "]}"), "what came has no usable 'lengths'");
  // The kill switch is on, or it is not: what leaves it out is a document of a version that has no other.
  EXPECT_TRUE(sensor_responders_from(text_of(R"({"v":1,"lengths":[]})", {}))->may_send);
}

TEST(SensorResponders, LengthsThatLieAreRefusedWithoutASecret) {
  const std::vector<Responder> two{plain_responder("a", "planted-1"), plain_responder("b", "planted-2")};
  const std::size_t first = stored_bytes(two[0]);
  const std::size_t second = stored_bytes(two[1]);
  const auto head = [](const std::string& lengths) { return R"({"v":1,"may_send":true,"lengths":[)" + lengths + "]}"; };
  const auto both = [&head](std::size_t a, std::size_t b) { return head(std::to_string(a) + "," + std::to_string(b)); };
  ASSERT_TRUE(sensor_responders_from(text_of(both(first, second), two)));
  const auto why = [&two](const std::string& line) { return why_no_responders(text_of(line, two), Code::corrupt); };
  EXPECT_EQ(why(head("")), "what came has no usable 'lengths'") << "something is left";
  EXPECT_EQ(why(both(first, second - 1)), "what came has no usable 'lengths'");
  EXPECT_EQ(why(both(first, second + 1)), "what came has no usable 'lengths'");
  EXPECT_EQ(why(both(first + second, 0)), "what came has no usable 'lengths'");
  EXPECT_EQ(why(head("-1," + std::to_string(second))), "what came has no usable 'lengths'");
  EXPECT_EQ(why(head("1.5,2")), "what came has no usable 'lengths'");
  EXPECT_EQ(why(head("\"1\",2")), "what came has no usable 'lengths'");
  EXPECT_EQ(why(head("9223372036854775807,1")), "what came has no usable 'lengths'");
  EXPECT_EQ(why(head("18446744073709551615,1")), "what came has no usable 'lengths'");
  EXPECT_EQ(why(both(1, first + second - 1)), "the stored responder is cut short");
  EXPECT_EQ(why(both(first - 3, second + 3)), "what is stored is no JSON object") << "the end of a secret stands before it";
}

TEST(SensorResponders, WithOneNameTwiceAreRefused) {
  const std::vector<Responder> two{plain_responder("a", "planted-1"), plain_responder("a", "planted-2")};
  const std::string lengths = std::to_string(stored_bytes(two[0])) + "," + std::to_string(stored_bytes(two[1]));
  EXPECT_EQ(why_no_responders(text_of(R"({"v":1,"lengths":[)" + lengths + "]}", two), Code::corrupt),
            "two responders have the name 'a'");
}

TEST(SensorResponders, TheirDigestTellsWhetherTheyAreTheSame) {
  SensorResponders all;
  all.responders = {plain_responder("a", "planted"), plain_responder("b", "")};
  const auto digest = [](const SensorResponders& of) { return digest_of(*sensor_responders_text(of)); };
  const std::string before = digest(all);
  EXPECT_EQ(before.size(), 32u);
  EXPECT_EQ(digest(all), before);
  SensorResponders other = all;
  other.responders[0].secret = Secret{"planted2"};
  EXPECT_NE(digest(other), before) << "a key was set again";
  other = all;
  other.may_send = false;
  EXPECT_NE(digest(other), before) << "the kill switch is on";
  other = all;
  other.responders[1].guards.protect.insert("10.0.0.1");
  EXPECT_NE(digest(other), before);
  other = all;
  other.responders.pop_back();
  EXPECT_NE(digest(other), before);
  EXPECT_NE(digest(SensorResponders{}), "") << "that there are none is something";
}

SensorChanges some_changes() {
  SensorChanges changes;
  changes.ledger = sample_ledger;
  changes.responders = "digest";
  changes.through = UINT64_MAX;
  changes.more = true;
  return changes;
}

void expect_changes_back(const SensorChanges& changes) {
  const Result<SensorChanges> back = changes_from_stored(stored_changes(changes));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->ledger, changes.ledger);
  EXPECT_EQ(back->responders, changes.responders);
  EXPECT_EQ(back->through, changes.through);
  EXPECT_EQ(back->more, changes.more);
  EXPECT_EQ(back->runs, changes.runs);
  EXPECT_THAT(back->unreadable, testing::IsEmpty());
}

TEST(SensorChanges, ComeBackEqual) {
  SensorChanges changes;
  changes.ledger = sample_ledger;
  expect_changes_back(changes);
  changes = some_changes();
  expect_changes_back(changes);
  ActionRun least;
  least.id = "1";
  changes.runs = {test::full_run(), least, test::full_run()};
  expect_changes_back(changes);
}

TEST(SensorChanges, AnyComeBackEqual) {
  Random random{Seed{12}};
  for (int i = 0; i < 200; ++i) {
    SensorChanges changes = some_changes();
    changes.through = random.next();
    changes.more = random.chance(2);
    for (std::uint64_t left = random.below(20); left > 0; --left) changes.runs.push_back(test::random_run(random));
    SCOPED_TRACE("changes " + std::to_string(i));
    expect_changes_back(changes);
  }
}

TEST(SensorChanges, ARunThatCannotBeReadHoldsUpNoOther) {
  std::string text = R"({"v":1,"ledger":")" + std::string{sample_ledger} + R"(","through":9,"runs":[)";
  text.append(stored_run(test::full_run())).append(R"(,7,{"v":2,"id":"a"},{"v":1},{"v":1,"id":"b","approval":"maybe"},)");
  text.append(R"({"v":1,"id":"c"}]})");
  const Result<SensorChanges> changes = changes_from_stored(text);
  ASSERT_TRUE(changes) << changes.error().text();
  ASSERT_EQ(changes->runs.size(), 2u);
  EXPECT_EQ(changes->runs.front(), test::full_run());
  EXPECT_EQ(changes->runs.back().id, "c");
  EXPECT_THAT(changes->unreadable, ElementsAre("what is stored is no JSON object", "a newer version wrote the run",
                                               "the stored run has no usable 'id'", "the stored run has no usable 'approval'"));
  EXPECT_EQ(changes->through, 9u);
}

TEST(SensorChanges, WhatIsNoneIsRefusedAndItsKeyNamed) {
  const auto why = [](const std::string& text) {
    const Result<SensorChanges> changes = changes_from_stored(text);
    EXPECT_FALSE(changes) << text;
    if (changes) return std::string{};
    EXPECT_EQ(changes.error().code(), Code::corrupt) << text;
    return changes.error().text();
  };
  const std::string ledger = R"("ledger":")" + std::string{sample_ledger} + "\"";
  ASSERT_TRUE(changes_from_stored(R"({"v":1,)" + ledger + R"(,"runs":[]})"));
  EXPECT_EQ(why(""), "what is stored is no JSON object");
  EXPECT_EQ(why("[]"), "what is stored is no JSON object");
  EXPECT_EQ(why("{" + ledger + R"(,"runs":[]})"), "what came has no usable 'v'");
  EXPECT_EQ(why(R"({"v":1,"runs":[]})"), "what came has no usable 'ledger'");
  EXPECT_EQ(why(R"({"v":1,"ledger":"0123","runs":[]})"), "what came has no usable 'ledger'");
  EXPECT_EQ(why(R"({"v":1,)" + ledger + "}"), "what came has no usable 'runs'");
  EXPECT_EQ(why(R"({"v":1,)" + ledger + R"(,"runs":{}})"), "what came has no usable 'runs'");
  EXPECT_EQ(why(R"({"v":1,)" + ledger + R"(,"runs":[],"through":-1})"), "what came has no usable 'through'");
  EXPECT_EQ(why(R"({"v":1,)" + ledger + R"(,"runs":[],"more":1})"), "what came has no usable 'more'");
  EXPECT_EQ(why(R"({"v":1,)" + ledger + R"(,"runs":[],"responders":1})"), "what came has no usable 'responders'");
  std::string many = R"({"v":1,)" + ledger + R"(,"runs":[)";
  for (std::size_t i = 0; i <= changes_runs_max; ++i) many.append(i == 0 ? "7" : ",7");
  EXPECT_EQ(why(many + "]}"), "what came has no usable 'runs'");
  EXPECT_EQ(why(std::string(100'000, '[')), "what is stored is no JSON object");
}

TEST(SensorChanges, ThatAreTooLargeOrNewerAreRefused) {
  const Result<SensorChanges> large = changes_from_stored(std::string((256u << 10) + 1, ' '));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code(), Code::invalid);
  EXPECT_EQ(large.error().text(), "the changes have 262145 bytes, more than 262144");
  const Result<SensorChanges> newer = changes_from_stored(R"({"v":2})");
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code(), Code::invalid);
  EXPECT_EQ(newer.error().text(), "a newer version wrote the changes");
}

}  // namespace
}  // namespace tidegate
