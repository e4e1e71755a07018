#include <cctype>

#include "tests/support/vision_one_records.h"
#include "tests/unit/support/vision_one_probe.h"

namespace tidegate {
namespace {

using namespace probe;

// A strict reader of RFC 8259, without any limit on numbers: the records hold some that no library takes as numbers.
class JsonCheck {
 public:
  explicit JsonCheck(std::string_view text) : text_(text) {}
  bool well_formed() { return value(0) && text_.empty(); }

 private:
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  bool digits() {
    std::size_t count = 0;
    while (count < text_.size() && std::isdigit(static_cast<unsigned char>(text_[count]))) ++count;
    text_.remove_prefix(count);
    return count > 0;
  }
  bool number() {
    (void)take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) (void)take('-');
    return digits();
  }
  bool string() {
    if (!take('"')) return false;
    while (!text_.empty() && text_.front() != '"') {
      const char c = text_.front();
      if (static_cast<unsigned char>(c) < 0x20) return false;
      text_.remove_prefix(1);
      if (c != '\\') continue;
      if (text_.empty()) return false;
      const char escape = text_.front();
      text_.remove_prefix(1);
      if (std::string_view{"\"\\/bfnrt"}.find(escape) != std::string_view::npos) continue;
      if (escape != 'u' || text_.size() < 4 ||
          text_.substr(0, 4).find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
        return false;
      text_.remove_prefix(4);
    }
    return take('"');
  }
  bool members(char end, std::size_t depth, bool keyed) {
    if (take(end)) return true;
    do {
      if (keyed && (!string() || !take(':'))) return false;
      if (!value(depth + 1)) return false;
    } while (take(','));
    return take(end);
  }
  bool value(std::size_t depth) {
    if (depth > 64 || text_.empty()) return false;
    if (take('{')) return members('}', depth, true);
    if (take('[')) return members(']', depth, false);
    if (text_.front() == '"') return string();
    return take("true") || take("false") || take("null") || number();
  }

  std::string_view text_;
};

// Every record of a feed, by the pages of the list.
std::vector<Item> all_of(const SimOptions& options, const std::string& target) {
  VisionOneSim sim{options, Seed{31}};
  return walk(sim, target, origin + 1h);
}

void expect_well_formed(const std::vector<Item>& items) {
  for (const Item& item : items) ASSERT_TRUE(JsonCheck{item.raw}.well_formed()) << item.raw;
}

TEST(VisionOneRecords, TheCheckItselfTellsGoodFromBad) {
  for (const std::string_view good : {R"({"a":[1,-0.5e+10,"\u00e9",{}],"":null})", "0", R"(["\\\"\/"])"})
    EXPECT_TRUE(JsonCheck{good}.well_formed()) << good;
  for (const std::string_view bad : {R"({"a":01})", R"({"a":1,})", "[1", R"("\x")", "1.", R"({"a" 1})", "\"\t\"", "{}x"})
    EXPECT_FALSE(JsonCheck{bad}.well_formed()) << bad;
}

TEST(VisionOneRecords, AwkwardMembersAreWellFormed) {
  for (const std::string_view member : awkward_members())
    EXPECT_TRUE(JsonCheck{"{" + std::string{member} + "}"}.well_formed()) << member;
}

TEST(VisionOneRecords, AlertsAreWellFormedAndOfTheSizesOfRealOnes) {
  SimOptions options = options_of(600, 0, 0);
  const std::vector<Item> items = all_of(options, std::string{all_alerts});
  ASSERT_EQ(items.size(), 600u);
  expect_well_formed(items);
  std::size_t total = 0;
  for (const Item& item : items) {
    EXPECT_GE(item.raw.size(), 1200u);
    EXPECT_LE(item.raw.size(), 16'000u);
    total += item.raw.size();
  }
  EXPECT_GT(total / items.size(), 3000u);
  EXPECT_LT(total / items.size(), 9000u);
}

TEST(VisionOneRecords, AnAlertsEntityValueIsTextOrAnObject) {
  std::size_t text = 0;
  std::size_t object = 0;
  for (const Item& item : all_of(options_of(200, 0, 0), std::string{all_alerts})) {
    text += item.raw.find(R"("entityValue":")") != std::string::npos ? 1u : 0u;
    object += item.raw.find(R"("entityValue":{)") != std::string::npos ? 1u : 0u;
  }
  EXPECT_GT(text, 20u);
  EXPECT_GT(object, 20u);
}

TEST(VisionOneRecords, AuditLogsAreWellFormedAndOfTheSizesOfRealOnes) {
  const std::vector<Item> items = all_of(options_of(0, 2000, 0), std::string{all_audit_logs});
  ASSERT_EQ(items.size(), 2000u);
  expect_well_formed(items);
  std::size_t odd_times = 0;
  for (const Item& item : items) {
    EXPECT_GE(item.raw.size(), 250u);
    EXPECT_LE(item.raw.size(), 1000u);
    odd_times += item.raw[std::string_view{R"({"loggedDateTime":"2026-11-24)"}.size()] == ' ' ? 1u : 0u;
  }
  EXPECT_GT(odd_times, 100u) << "some logged times have a space and no Z";
}

TEST(VisionOneRecords, TechniquesAreWellFormedAndAboutAsLargeAsAskedFor) {
  for (const std::size_t bytes : {1000u, 1600u, 4000u, 40'000u}) {
    SimOptions options = options_of(0, 0, 1000);
    options.data.technique_bytes = bytes;
    const std::vector<Item> items = all_of(options, techniques_until(origin + 1h));
    ASSERT_EQ(items.size(), 1000u);
    expect_well_formed(items);
    std::size_t total = 0;
    for (const Item& item : items) total += item.raw.size();
    // Twenty members of detail are there at any size, so the smallest are a little larger than asked for.
    EXPECT_GT(static_cast<double>(total), 0.9 * 1000 * static_cast<double>(bytes)) << bytes;
    EXPECT_LT(static_cast<double>(total), (bytes < 1500 ? 1.45 : 1.1) * 1000 * static_cast<double>(bytes)) << bytes;
  }
}

TEST(VisionOneRecords, AwkwardValuesAreSprinkledOverEveryFeed) {
  const auto count = [](const std::vector<Item>& items, std::string_view text) {
    std::size_t found = 0;
    for (const Item& item : items) found += item.raw.find(text) != std::string::npos ? 1u : 0u;
    return found;
  };
  const std::vector<Item> techniques = all_of(options_of(0, 0, 2000), techniques_until(origin + 1h));
  for (const std::string_view member : awkward_members()) EXPECT_GT(count(techniques, member), 0u) << member;
  const std::vector<Item> audit_logs = all_of(options_of(0, 2000, 0), std::string{all_audit_logs});
  EXPECT_GT(count(audit_logs, "12345678901234567890123"), 0u);
  const std::vector<Item> alerts = all_of(options_of(2000, 0, 0), std::string{all_alerts});
  EXPECT_GT(count(alerts, "12345678901234567890123"), 0u);
}

TEST(VisionOneRecords, IdsAreDistinct) {
  for (const std::string& target : {std::string{all_alerts}, std::string{all_audit_logs}, techniques_until(origin + 1h)}) {
    const std::vector<Item> items = all_of(options_of(1000, 1000, 1000), target);
    std::set<std::string> ids;
    for (const Item& item : items) ids.insert(item.id);
    EXPECT_EQ(ids.size(), 1000u);
  }
}

TEST(VisionOneRecords, AlertsCarryAllThreeStatusesFromSchema112On) {
  VisionOneSim sim{options_of(400, 0, 0), Seed{1}};
  std::map<std::string, std::size_t> seen;
  simdjson::ondemand::parser parser;
  for (const Item& item : walk(sim, std::string{all_alerts}, origin)) {
    const std::string schema = text_of(parser, item.raw, "schemaVersion");
    ++seen[schema];
    EXPECT_FALSE(text_of(parser, item.raw, "investigationStatus").empty()) << item.raw;
    const bool all_three = schema == "1.12" || schema == "1.15";
    EXPECT_EQ(!text_of(parser, item.raw, "status").empty(), all_three) << item.raw;
    EXPECT_EQ(!text_of(parser, item.raw, "investigationResult").empty(), all_three) << item.raw;
  }
  EXPECT_GT(seen["1.3"], 0u);
  EXPECT_GT(seen["1.11"], 0u);
  EXPECT_GT(seen["1.12"], 0u);
}

}  // namespace
}  // namespace tidegate
