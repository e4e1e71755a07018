// Whatever a record holds, a rendered request has the shape of its template. Hostile values by hand, then templates and records
// made at random.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/random.h"
#include "respond/template.h"
#include "respond/template_encode.h"
#include "tests/support/json_samples.h"
#include "transport/query_string.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

std::vector<std::string> hostile_values() {
  using namespace std::string_literals;
  return {"\"",
          "\\",
          "\\\"",
          "\", \"admin\": true, \"x\": \"",
          "\"}, {\"agentGuid\": \"other",
          "\"}]",
          "}}",
          "{{x}}",
          "{{agentGuid | each}}",
          "{{\"x\"}}",
          "/../",
          "..",
          ".",
          "a/b",
          "..%2f..",
          "%2f",
          "%",
          "%00",
          "?a=b&c",
          "&c=d",
          "#fragment",
          ";v=1",
          "a b+c",
          "\r\nHost: evil.example\r\n\r\n",
          "\n",
          "\t\v\f\b\x1b[31m",
          "\0"s,
          "a\0b"s,
          "\x7f",
          "\xc2\x85 and \xc2\x9b",
          "\xe2\x80\xa8 and \xe2\x80\xa9",
          "\xff\xfe",
          "\xc0\xaf",
          "\xed\xa0\x80",
          "\xf0\x9f",
          "\xf0\x9f\x98\x80 \xe4\xb8\x9c",
          "\\u0022",
          "\\ud83d",
          "null",
          "true",
          "1e5",
          "[1]",
          "{\"a\":1}",
          "</script><script>",
          "'; drop table x; --",
          std::string(100'000, '"'),
          std::string(170'000, '\x01')};
}

// What a JSON text can carry of it.
std::string as_text(const std::string& value) { return utf8_within(value, 3 * value.size()); }

// A value as it is: what a record of msgpack may hold, JSON's parsers would not let in.
boost::json::object record_with(const std::string& value) {
  boost::json::object record;
  record["v"] = boost::json::string(value.data(), value.size());
  record["agentGuid"] = "of the record";
  record["x"] = "of the record";
  return record;
}

Result<std::string> render(std::string_view text, TemplatePlace place, const boost::json::object& record) {
  const Result<RequestTemplate> parsed = RequestTemplate::parse(text, place);
  EXPECT_TRUE(parsed) << text << ": " << parsed.error().text();
  const boost::json::object given;
  return parsed->render({given, record});
}

bool has_raw_control(std::string_view text) {
  const bool single = std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return single || text.find("\xe2\x80\xa8") != std::string_view::npos || text.find("\xc2\x9b") != std::string_view::npos;
}

std::string_view shown(const std::string& value) { return std::string_view{value}.substr(0, 40); }

TEST(TemplateInjection, OfABodyEveryValueIsThatValueAndNothingElse) {
  for (const std::string& value : hostile_values()) {
    const auto body = render(R"([{"part": "a {{v}} z", "whole": "{{v}}", "bare": {{v}}, "list": ["{{v}}"], "last": 1}])",
                             TemplatePlace::json_body, record_with(value));
    if (!body) {
      EXPECT_NE(body.error().text().find("more than"), std::string::npos) << shown(value) << body.error().text();
      continue;
    }
    EXPECT_FALSE(has_raw_control(*body)) << shown(value);
    boost::json::object expected;
    const std::string text = as_text(value);
    expected["part"] = "a " + text + " z";
    expected["whole"] = text;
    expected["bare"] = text;
    expected["list"] = boost::json::array{boost::json::value(text)};
    expected["last"] = 1;
    boost::json::error_code failed;
    const boost::json::value parsed = boost::json::parse(*body, failed);
    ASSERT_FALSE(failed) << shown(value) << ": " << failed.message();
    boost::json::array all;
    all.push_back(std::move(expected));
    EXPECT_EQ(parsed, boost::json::value(std::move(all))) << shown(value);
  }
}

TEST(TemplateInjection, OfAnElementThatIsRepeatedToo) {
  boost::json::object record = record_with("why");
  boost::json::array values;
  boost::json::array expected;
  for (const std::string& value : hostile_values()) {
    if (value.size() > 1000) continue;
    values.emplace_back(boost::json::string(value.data(), value.size()));
    boost::json::object element;
    element["o"] = as_text(value);
    element["d"] = "why";
    // Bytes that are no UTF-8 read alike, and what reads alike comes once.
    if (std::ranges::find(expected, boost::json::value(element)) == expected.end()) expected.emplace_back(std::move(element));
  }
  record["all"] = values;
  const auto body = render(R"([{"o": "{{all | each}}", "d": "{{v}}"}])", TemplatePlace::json_body, record);
  ASSERT_TRUE(body) << body.error().text();
  EXPECT_EQ(test::json_value(*body), boost::json::value(std::move(expected)));
}

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    segments.emplace_back(path.substr(0, path.find('/')));
    path.remove_prefix(segments.back().size());
  }
  return segments;
}

TEST(TemplateInjection, OfAPathNoValueAddsASegmentOrAQuery) {
  for (const std::string& value : hostile_values()) {
    const auto path = render("/v1/{{v}}/pre-{{v}}/end", TemplatePlace::path_and_query, record_with(value));
    if (!path) {
      const bool dots = value == "." || value == ".." || value == "/../";
      EXPECT_TRUE(dots || path.error().text().find("more than") != std::string::npos) << shown(value) << path.error().text();
      continue;
    }
    EXPECT_TRUE(std::ranges::all_of(*path, [](char c) { return c > ' ' && c <= '~'; })) << shown(value);
    EXPECT_EQ(path->find_first_of("?#&\\\""), std::string::npos) << *path;
    const std::vector<std::string> segments = segments_of(*path);
    ASSERT_EQ(segments.size(), 4U) << *path;
    EXPECT_EQ(segments[0], "v1");
    EXPECT_EQ(percent_decoded(segments[1]), value) << *path;
    EXPECT_EQ(percent_decoded(segments[2]), "pre-" + value) << *path;
    EXPECT_EQ(segments[3], "end");
  }
}

TEST(TemplateInjection, OfAQueryNoValueAddsAParameter) {
  for (const std::string& value : hostile_values()) {
    const auto target = render("/v1/tasks?first={{v}}&second=x{{v}}&third=3", TemplatePlace::path_and_query, record_with(value));
    if (!target) {
      EXPECT_NE(target.error().text().find("more than"), std::string::npos) << shown(value) << target.error().text();
      continue;
    }
    ASSERT_TRUE(target->starts_with("/v1/tasks?")) << *target;
    EXPECT_EQ(std::ranges::count(*target, '?'), 1) << *target;
    EXPECT_EQ(target->find('#'), std::string::npos) << *target;
    const auto pairs = parse_query_string(target->substr(target->find('?') + 1));
    ASSERT_TRUE(pairs) << *target;
    EXPECT_EQ(*pairs, (QueryPairs{{"first", value}, {"second", "x" + value}, {"third", "3"}}));
  }
}

TEST(TemplateInjection, AKeyOfAnObjectThatStandsBareIsAValueToo) {
  boost::json::object record;
  boost::json::object object;
  for (const std::string& value : hostile_values())
    if (value.size() < 1000) object[as_text(value)] = as_text(value);
  record["v"] = object;
  const auto body = render(R"({"bare": {{v}}})", TemplatePlace::json_body, record);
  ASSERT_TRUE(body);
  EXPECT_FALSE(has_raw_control(*body));
  boost::json::object expected;
  expected["bare"] = object;
  EXPECT_EQ(test::json_value(*body), boost::json::value(expected));
}

// Makes templates, records, and the same template with plain values: what is rendered must have its shape.
class Maker {
 public:
  explicit Maker(Seed seed) : random_(seed) {}

  // A body; `plain` gets the same with a plain value in each place.
  void body(std::string& text, std::string& plain, int depth) {
    const auto put = [&](std::string_view both) {
      text.append(both);
      plain.append(both);
    };
    switch (random_.below(depth > 3 ? 3 : 5)) {
      case 0: put(one_of({"1", "true", "null", "\"t\"", "\"}}\"", "-2.5e3"})); break;
      case 1:
        text.append("{{").append(path()).append(filters(true)).append("}}");
        plain.append("0");
        break;
      case 2:
        put("\"a ");
        text.append("{{").append(path()).append(filters(false)).append("}}");
        put(" z\"");
        break;
      case 3: list(text, plain, depth, true); break;
      default: list(text, plain, depth, false); break;
    }
  }

  boost::json::value value(int depth) {
    switch (random_.below(depth > 3 ? 6 : 8)) {
      case 0: return nullptr;
      case 1: return random_.chance(2);
      case 2: return static_cast<std::int64_t>(random_.next());
      case 3: return random_.next();
      case 4: return random_.unit() * 1e6;
      case 5: return boost::json::string(text());
      case 6: {
        boost::json::array array;
        for (std::uint64_t i = random_.below(4); i > 0; --i) array.push_back(value(depth + 1));
        return array;
      }
      default: {
        boost::json::object object;
        for (const char* name : {"a", "b", "c"})
          if (!random_.chance(4)) object[name] = value(depth + 1);
        return object;
      }
    }
  }

 private:
  std::string_view one_of(std::initializer_list<std::string_view> all) { return all.begin()[random_.below(all.size())]; }

  std::string path() {
    std::string path{one_of({"a", "b", "c"})};
    for (std::uint64_t i = random_.below(3); i > 0; --i) path.append(".").append(one_of({"a", "b", "c"}));
    return path;
  }

  std::string filters(bool bare) {
    std::string all{one_of({"", " | first", " | join: '\", '"})};
    if (!random_.chance(4)) all.append(bare ? " | default: 7" : " | default: 'none'");
    return all;
  }

  void list(std::string& text, std::string& plain, int depth, bool named) {
    text.append(named ? "{" : "[");
    plain.append(named ? "{" : "[");
    const std::uint64_t count = random_.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string before = (i > 0 ? ", " : "") + (named ? "\"k" + std::to_string(i) + "\": " : std::string{});
      text.append(before);
      plain.append(before);
      body(text, plain, depth + 1);
    }
    text.append(named ? "}" : "]");
    plain.append(named ? "}" : "]");
  }

  std::string text() {
    static const std::vector<std::string> values = hostile_values();
    std::string text = values[random_.below(values.size() - 2)];
    for (std::uint64_t i = random_.below(6); i > 0; --i) text.push_back(static_cast<char>(random_.below(256)));
    return text;
  }

  Random random_;
};

// Where `plain` has a text or 0, `parsed` may have any value that is filled in; all else is the same.
bool same_shape(const boost::json::value& plain, const boost::json::value& parsed) {
  if (const auto* object = plain.if_object()) {
    const auto* other = parsed.if_object();
    return other != nullptr && std::ranges::equal(*object, *other, [](const auto& one, const auto& two) {
             return one.key() == two.key() && same_shape(one.value(), two.value());
           });
  }
  if (const auto* list = plain.if_array()) {
    const auto* other = parsed.if_array();
    return other != nullptr && std::ranges::equal(*list, *other, same_shape);
  }
  if (plain == boost::json::value(0)) return true;
  if (!plain.is_string() || plain == boost::json::value("t") || plain == boost::json::value("}}")) return plain == parsed;
  const auto* text = parsed.if_string();
  return text != nullptr && text->starts_with("a ") && text->ends_with(" z");
}

TEST(TemplateProperty, RandomTemplatesWithRandomRecordsKeepTheirShapeOrAreRefused) {
  std::size_t rendered = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    Maker maker{Seed{seed}};
    std::string text;
    std::string plain;
    maker.body(text, plain, 0);
    boost::json::object record;
    for (const char* name : {"a", "b", "c"}) record[name] = maker.value(0);
    const auto body = render(text, TemplatePlace::json_body, record);
    if (!body) {
      EXPECT_EQ(body.error().code(), Code::invalid) << "seed " << seed;
      continue;
    }
    ++rendered;
    EXPECT_FALSE(has_raw_control(*body)) << "seed " << seed;
    boost::json::error_code failed;
    boost::json::parse_options options;
    options.max_depth = 128;
    const boost::json::value parsed = boost::json::parse(*body, failed, {}, options);
    ASSERT_FALSE(failed) << "seed " << seed << ": " << text << " gives " << *body;
    EXPECT_TRUE(same_shape(test::json_value(plain), parsed)) << "seed " << seed << ": " << text << " gives " << *body;
  }
  EXPECT_GT(rendered, 1000U);
}

TEST(TemplateEncode, WritesValuesExactly) {
  const auto written = [](const boost::json::value& value) {
    std::string out;
    EXPECT_TRUE(append_json_value(out, value));
    return out;
  };
  EXPECT_EQ(written(UINT64_MAX), "18446744073709551615");
  EXPECT_EQ(written(INT64_MIN), "-9223372036854775808");
  EXPECT_EQ(written(5.0), "5.0");
  EXPECT_EQ(written(-0.0), "-0.0");
  EXPECT_EQ(written(0.1), "0.1");
  EXPECT_EQ(written(1e300), "1e+300");
  EXPECT_EQ(written(nullptr), "null");
  EXPECT_EQ(written(boost::json::array{}), "[]");
  EXPECT_EQ(written(boost::json::object{}), "{}");
  EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(plain_text_of(true), "true");
  EXPECT_EQ(plain_text_of(nullptr), std::nullopt);
  EXPECT_EQ(plain_text_of(boost::json::array{}), std::nullopt);
}

}  // namespace
}  // namespace tidegate
