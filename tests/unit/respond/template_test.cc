#include "respond/template.h"

#include <gtest/gtest.h>

#include "tests/support/json_samples.h"

namespace tidegate {
namespace {

using test::json_object;

// What it renders to, or the error's text.
std::string rendered(std::string_view text, std::string_view record, TemplatePlace place = TemplatePlace::json_body,
                     std::string_view given = "{}") {
  const Result<RequestTemplate> parsed = RequestTemplate::parse(text, place);
  if (!parsed) return "no template: " + parsed.error().text();
  const boost::json::object given_object = json_object(given);
  const boost::json::object record_object = json_object(record);
  const Result<std::string> out = parsed->render({given_object, record_object});
  return out ? *out : out.error().text();
}

std::string rendered_path(std::string_view text, std::string_view record) {
  return rendered(text, record, TemplatePlace::path_and_query);
}

struct Rendering {
  std::string text;
  std::string record;
  std::string expected;  // all of it, or of what refuses it
};

const std::string is_object = ": is an object, which stands bare in a body alone: use the path of a value in it";
const std::string is_missing = ": is neither given nor in the record: give it a value, or the template a default";
const std::string changes_the_path = R"(a value makes a segment of the path "." or "..", or the path begin with "//")";

std::string no_template(int column, const std::string& why) {
  return "no template: line 1, column " + std::to_string(column) + ": " + why;
}
std::string each_alone(int column) {
  return no_template(column,
                     "each stands alone in a string of an object that is an element of a list, as in "
                     R"([{"ip": "{{ips | each}}"}])");
}
std::string no_json(int column) { return no_template(column, "the body is no JSON: "); }

// Why it is none is said by the JSON library.
std::string without_library_words(std::string text) {
  const std::string_view own = ": the body is no JSON: ";
  const std::size_t at = text.find(own);
  if (at != std::string::npos && !text.ends_with("something follows the value")) text.resize(at + own.size());
  return text;
}

void expect_renderings(const std::vector<Rendering>& all, TemplatePlace place) {
  for (const Rendering& each : all) {
    const std::string out = without_library_words(rendered(each.text, each.record, place));
    EXPECT_EQ(out, each.expected) << each.text << "\n  with " << each.record;
  }
}

TEST(RequestTemplateBody, TextStandsInStringsAndValuesKeepTheirTypeBare) {
  const std::string record = R"({"s": "x", "n": 18446744073709551615, "i": -9223372036854775808, "r": 5.0, "t": 0.1, "b": true,
    "o": {"k": [1]}, "l": [1, "a", null, 1]})";
  expect_renderings({{R"({"a": "{{s}}"})", record, R"({"a": "x"})"},
                     {R"({"a": "<{{ s }}>, {{s}}"})", record, R"({"a": "<x>, x"})"},
                     {R"(["{{n}}", "{{i}}", "{{r}}", "{{t}}", "{{b}}"])", record,
                      R"(["18446744073709551615", "-9223372036854775808", "5.0", "0.1", "true"])"},
                     {R"([{{n}}, {{i}}, {{r}}, {{t}}, {{b}}, {{s}}])", record,
                      R"([18446744073709551615, -9223372036854775808, 5.0, 0.1, true, "x"])"},
                     {R"({"a": {{o}}, "b": {{l}}})", record, R"({"a": {"k":[1]}, "b": [1,"a",null,1]})"},
                     {R"({{s}})", record, R"("x")"},
                     {R"({"a": "{{o}}"})", record, "o" + is_object},
                     {R"({"a": 12345678901234567890.12e3, "b": "}}"})", record, R"({"a": 12345678901234567890.12e3, "b": "}}"})"}},
                    TemplatePlace::json_body);
}

TEST(RequestTemplateBody, PathsLeadThroughListsWhichHoldEqualValuesOnce) {
  const std::string record =
      R"({"a": [{"b": 1}, {"b": [2, 1, [3, null, ""]]}, {"c": 9}, 7], "one": [["x"]], "none": [null, "", []]})";
  expect_renderings({{R"({"v": {{a.b}}})", record, R"({"v": [1,2,3]})"},
                     {R"({"v": "{{a.b}}"})", record, "a.b: has 3 values where one is wanted: use first or join"},
                     {R"({"v": "{{a.b | first}}", "w": {{a.b | first}}})", record, R"({"v": "1", "w": 1})"},
                     {R"({"v": "{{a.b | join: ', '}}", "w": {{a.b | join: "+"}}})", record, R"({"v": "1, 2, 3", "w": "1+2+3"})"},
                     {R"({"v": "{{one}}"})", record, R"({"v": "x"})"},
                     {R"({"v": {{a | first}}})", record, R"({"v": {"b":1}})"},
                     {R"({"v": {{none}}})", record, "none" + is_missing}},
                    TemplatePlace::json_body);
}

TEST(RequestTemplateBody, DefaultsStandInForWhatIsMissing) {
  const std::string record = R"({"null": null, "empty": "", "zero": 0, "no": false})";
  expect_renderings({{R"({"v": "{{a | default: "x"}}"})", record, R"({"v": "x"})"},
                     {R"({"v": "{{a | default: \"x\"}}"})", record, R"({"v": "x"})"},
                     {R"({"v": "{{null | default: 'a "b"'}}"})", record, R"({"v": "a \"b\""})"},
                     {R"({"v": "{{empty | default: ""}}"})", record, R"({"v": ""})"},
                     {R"({"v": {{a | default: "x"}}, "w": {{a | default: -1.5}}, "x": {{a | default: true}}})", record,
                      R"({"v": "x", "w": -1.5, "x": true})"},
                     {R"({"v": "{{a | first | default: 5}}"})", record, R"({"v": "5"})"},
                     {R"({"v": {{zero | default: 1}}, "w": {{no | default: true}}})", record, R"({"v": 0, "w": false})"}},
                    TemplatePlace::json_body);
}

TEST(RequestTemplateBody, EachRepeatsItsElement) {
  const std::string record = R"({"ips": ["192.0.2.1", "192.0.2.2", "192.0.2.1"], "why": "seen \"twice\"", "objects": [{"a": 1}]})";
  expect_renderings(
      {{R"([{"ip": "{{ips | each}}", "description": "{{why}}"}])", record,
        R"([{"ip": "192.0.2.1", "description": "seen \"twice\""},{"ip": "192.0.2.2", "description": "seen \"twice\""}])"},
       {R"({"list": [1, {"ip": "{{ips | each}}"}, {"n": {{ips}}}]})", record,
        R"({"list": [1, {"ip": "192.0.2.1"},{"ip": "192.0.2.2"}, {"n": ["192.0.2.1","192.0.2.2","192.0.2.1"]}]})"},
       {R"([{"ip": "{{why | each}}"}])", record, R"([{"ip": "seen \"twice\""}])"},
       {R"([{"ip": "{{none | each | default: "0.0.0.0"}}"}])", record, R"([{"ip": "0.0.0.0"}])"},
       {R"([{"ip": "{{none | each}}"}])", record, "none" + is_missing},
       {R"([{"ip": "{{objects | each}}"}])", record, "objects" + is_object},
       {R"([{"a": [{"x": "{{ips | each}}"}], "b": "{{why}}"}])", record,
        R"([{"a": [{"x": "192.0.2.1"},{"x": "192.0.2.2"}], "b": "seen \"twice\""}])"},
       {R"([{"ip": "{{ips | each}}", "b": "{{why | each}}"}])", record, no_template(33, "an element has one each")},
       {R"([{"ip": "{{ips | each}}", "b": [{"c": "{{why | each}}"}]}])", record,
        no_template(40, "each stands in no element inside of another one with each")},
       {R"([{"b": [{"c": "{{why | each}}"}], "ip": "{{ips | each}}"}])", record,
        no_template(42, "each stands in no element inside of another one with each")},
       {R"([{"ip": "x {{ips | each}}"}])", record, each_alone(12)},
       {R"([{"ip": "{{ips | each}} x"}])", record, each_alone(10)},
       {R"([{"ip": {{ips | each}}}])", record, each_alone(9)},
       {R"([["{{ips | each}}"]])", record, each_alone(4)},
       {R"({"ip": "{{ips | each}}"})", record, each_alone(9)},
       {R"([{"x": {"ip": "{{ips | each}}"}}])", record, each_alone(16)}},
      TemplatePlace::json_body);
}

TEST(RequestTemplateBody, RefusesWhatIsNoTemplateWithPlaceAndRemedy) {
  expect_renderings(
      {{R"({"a": "{{b"})", "{}", no_template(11, "expected }} here: a placeholder is {{path}} or {{path | filter}}")},
       {"{\n \"a\": \"{{}}\"}", "{}", "no template: line 2, column 10: a placeholder is empty: write {{path}}"},
       {R"({"a": "{{b c}}"})", "{}", no_template(12, "expected }} here: a placeholder is {{path}} or {{path | filter}}")},
       {R"({"a": "{{b..c}}"})", "{}", no_template(10, "a path has a word on each side of a dot")},
       {R"({"a": "{{.b}}"})", "{}", no_template(10, "a path has a word on each side of a dot")},
       {R"({"a": "{{b | upper}}"})", "{}", no_template(19, "'upper' is no filter: there are default, each, first and join")},
       {R"({"a": "{{b | first | join: ","}}"})", "{}", no_template(26, "of first, join and each a placeholder has one")},
       {R"({"a": "{{b | join}}"})", "{}", no_template(18, R"(join takes what stands between, as in join: ", ")")},
       {R"({"a": "{{b | default}}"})", "{}", no_template(21, R"(default takes a value, as in default: "x")")},
       {R"({"a": "{{b | default: 1e999}}"})", "{}", no_template(23, "a default is a text in quotes, a number, true or false")},
       {R"({"a": "{{b | default: null}}"})", "{}", no_template(23, "a default is a text in quotes, a number, true or false")},
       {R"({"a": "{{b | default: 1 | default: 2}}"})", "{}", no_template(34, "a placeholder has one default")},
       {R"({"a": "{{b | default: 'x}}"})", "{}", no_template(23, "a text in quotes does not end on its line")},
       {R"({"a": "{{b | default: 'x\n'}}"})", "{}", no_template(23, R"(a text in quotes has no backslash; quotes are "…" or '…')")},
       {R"({"{{a}}": 1})", "{}", no_template(2, "a placeholder stands in a key: only values can be filled in")},
       {R"({{{a}}: 1})", "{}", no_template(3, "expected a path here, as in {{trendmicro_visionone.id}}")},
       {R"({"x": 1, {{a}} : 1})", "{}", no_template(10, "a placeholder stands as a key: only values can be filled in")},
       {R"({"a": {{b}}{{c}}})", "{}", no_json(12)},
       {R"({"a": 1{{b}}})", "{}", no_json(8)},
       {R"({"a": -{{b}}})", "{}", no_json(8)},
       {R"({"a": "\{{b}}"})", "{}", no_json(9)},
       {R"({"a": "\u00{{b}}"})", "{}", no_json(12)},
       {R"({"a": "\ud83d{{b}}"})", "{}", no_json(14)},
       {R"({"a": "{{b}}")", "{}", no_json(14)},
       {R"([1] ])", "{}", no_template(5, "the body is no JSON: something follows the value")},
       {R"(]}"{{a | first}}")", "{}", no_json(1)},
       {"", "{}", no_json(1)},
       {"\"\xff\"", "{}", "no template: the template is no UTF-8"},
       {std::string(40, '[') + std::string(40, ']'), "{}", no_json(33)},
       {'"' + std::string(template_bytes_max, 'a') + '"', "{}", "no template: the template is longer than 65536 bytes"}},
      TemplatePlace::json_body);
  std::string many = "[1";
  for (std::size_t i = 0; i <= template_placeholders_max; ++i) many.append(", {{a}}");
  EXPECT_EQ(rendered(many + "]", "{}"), no_template(1797, "more than 256 placeholders"));
}

TEST(RequestTemplateBody, BracesAreWrittenAsATextInQuotes) {
  EXPECT_EQ(rendered(R"({"a": "{{"{{"}}x{{'}}'}}", "b": {{"say \"no\""}}})", "{}"),
            no_template(35, "a text in quotes has no backslash; quotes are \"…\" or '…'"));
  EXPECT_EQ(rendered(R"({"a": "{{"{{"}}x{{'}}'}} {{\"{{\"}}", "b": {{'say "no"'}}})", R"({"x": "no"})"),
            R"({"a": "{{x}} {{", "b": "say \"no\""})");
}

TEST(RequestTemplatePath, EncodesValuesForWhereTheyStand) {
  expect_renderings(
      {{"/v1/{{id}}/x?a={{v}}&b=1", R"({"id": "a/b c?d", "v": "1&b=2#x"})", "/v1/a%2Fb%20c%3Fd/x?a=1%26b%3D2%23x&b=1"},
       {"/v1/{{n}}-{{b}}", R"({"n": 5, "b": true})", "/v1/5-true"},
       {"/x?ips={{ips | join: ','}}", R"({"ips": ["1", "2"]})", "/x?ips=1%2C2"},
       {"/x/{{ips}}", R"({"ips": ["1", "2"]})", "ips: has 2 values where one is wanted: use first or join"},
       {"/x/{{o}}", R"({"o": {"a": 1}})", "o" + is_object},
       {"/x/{{\"{{\"}}?q={{a | default: 'b c'}}", "{}", "/x/%7B%7B?q=b%20c"},
       {"/a/{{v}}/b", R"({"v": ".."})", changes_the_path},
       {"/a/.{{v}}/b", R"({"v": "."})", changes_the_path},
       {"/a/{{v}}", R"({"v": "x/../y"})", changes_the_path},
       {"/a/{{v}}", R"({"v": "..\\y"})", changes_the_path},
       {"/a/%2e{{v}}", R"({"v": "."})", changes_the_path},
       {"/a/{{v}}", R"({"v": "...x.."})", "/a/...x.."},
       {"/a?v={{v}}", R"({"v": ".."})", "/a?v=.."},
       {"/{{v | default: ''}}/x", "{}", changes_the_path}},
      TemplatePlace::path_and_query);
}

TEST(RequestTemplatePath, ItsOwnTextIsThatOfAPath) {
  for (const std::string text : {"x", "", "{{a}}", "http://host/x"})
    EXPECT_EQ(rendered_path(text, R"({"a": "/x"})"), no_template(1, "a path begins with '/', as in /v3.0/response/tasks")) << text;
  for (const std::string text : {"/a b", "/a#b", "/a\r\nHost: x", "/a\\b", "/a\"", "/ä", "/a{b}", "/a\x7f", "/a}}"})
    EXPECT_EQ(rendered_path(text, "{}"), no_template(text == "/ä" ? 2 : 3,
                                                     "a path or query has no such character: write it "
                                                     "percent-encoded, as in %20 for a blank"))
        << text;
  for (const std::string text : {"/%", "/%2", "/%zz", "/%{{a}}", "/%2{{a}}"})
    EXPECT_EQ(rendered_path(text, R"({"a": "2f"})"), no_template(2, "'%' stands before two hexadecimal digits: write %25 for it"))
        << text;
  for (const std::string text : {"/../x", "/a/%2e%2E/b", "/./x", "//host/x", "/a/..%2fb"})
    EXPECT_EQ(rendered_path(text, "{}"), no_template(1, R"(a path has no segment "." or "..", and does not begin with "//")"))
        << text;
  EXPECT_EQ(rendered_path("/x?a={{ips | each}}", "{}"), no_template(6, "each stands in a JSON body alone: use first or join"));
  EXPECT_EQ(rendered_path("/v3.0/x%20y;a=1/~z?q='a',(b)*+!$&r=@:/?", "{}"), "/v3.0/x%20y;a=1/~z?q='a',(b)*+!$&r=@:/?");
}

TEST(RequestTemplateLookup, GivenValuesComeBeforeTheRecords) {
  const std::string text = R"(["{{a.b}}", "{{c}}"])";
  const std::string record = R"({"a": {"b": "record"}, "c": "record"})";
  const auto with = [&](std::string_view given) { return rendered(text, record, TemplatePlace::json_body, given); };
  EXPECT_EQ(with("{}"), R"(["record", "record"])");
  EXPECT_EQ(with(R"({"a": {"b": "nested"}})"), R"(["nested", "record"])");
  EXPECT_EQ(with(R"({"a.b": "flat", "a": {"b": "nested"}, "c": 1})"), R"(["flat", "1"])");
  EXPECT_EQ(with(R"({"a.b": null, "c": ""})"), R"(["record", "record"])") << "what is missing is not given";
}

TEST(RequestTemplateMissing, IsRefusedWithALineForEachFieldAndWhatTheRecordHas) {
  const std::string record = R"({"trendmicro_visionone": {"id": "WB-1",
    "endpoint": {"endpointName": "WS-7", "agentGuid": "11111111-2222-3333-4444-555555555555", "ips": ["192.0.2.7"]},
    "indicators": [{"type": "email_message_id", "field": "msgId", "value": "<1@mail.example>"}]}})";
  const std::string out =
      rendered(R"([{"a": "{{agentGuid}}", "b": "{{x.messageId}}", "c": {{nothing}}, "d": "{{agentGuid}}"}])", record);
  EXPECT_EQ(out,
            "agentGuid: is neither given nor in the record; the record has: agentGuid 11111111-2222-3333-4444-555555555555 "
            "(endpoint WS-7) at trendmicro_visionone.endpoint.agentGuid, endpointName WS-7 at "
            "trendmicro_visionone.endpoint.endpointName\n"
            "x.messageId: is neither given nor in the record; the record has: messageId <1@mail.example> at "
            "trendmicro_visionone.indicators.value\n"
            "nothing: is neither given nor in the record: give it a value, or the template a default");
  EXPECT_EQ(rendered(R"("{{agentGuid}}")", "{}"), "agentGuid: is not given, and there is no record to take it from");
}

TEST(RequestTemplateMissing, AtMostFiveCandidatesAreNamedAndNoneBreaksTheLine) {
  std::string values;
  for (int i = 0; i < 7; ++i) values.append(i > 0 ? "," : "").append("\"http://bad.example/" + std::to_string(i) + "\"");
  const std::string out = rendered(R"("{{url}}")", R"({"d": {"k\ney": {"request": [)" + values + "]}}}");
  EXPECT_EQ(out,
            "url: is neither given nor in the record; the record has: url http://bad.example/0 at d.k ey.request, "
            "url http://bad.example/1 at d.k ey.request, url http://bad.example/2 at d.k ey.request, "
            "url http://bad.example/3 at d.k ey.request, url http://bad.example/4 at d.k ey.request, and more");
}

TEST(RequestTemplateMissing, AMailBoxIsOneOfThoseOfTheRecord) {
  const std::string record = R"({"e": [{"entityType": "emailAddress", "entityValue": "user@example.com"}]})";
  EXPECT_EQ(rendered(R"("{{mailBox}}")", record),
            "mailBox: is neither given nor in the record; the record has: user@example.com at e.entityValue");
}

TEST(RequestTemplateBounds, WhatRendersTooLongIsRefused) {
  const std::string mebibyte(1u << 20, 'a');
  const std::string record = R"({"big": ")" + mebibyte + R"(", "line": ")" + std::string(400u << 10, '\x7f') + R"("})";
  const std::string too_long = "it renders to more than 1048576 bytes";
  EXPECT_EQ(rendered(R"("{{big}}")", record), too_long);
  EXPECT_EQ(rendered(R"({{big}})", record), too_long);
  EXPECT_EQ(rendered(R"("{{line}}")", record), too_long) << "escapes count";
  EXPECT_EQ(rendered_path("/{{line}}", record), "it renders to more than 8192 bytes");

  std::string ips = R"({"why": ")" + std::string(2000, 'w') + R"(", "ips": [)";
  std::string elements;
  for (int i = 0; i < 1000; ++i) {
    const std::string ip = "\"" + std::to_string(i) + "\"";
    ips.append(ip).append(",");
    elements.append(i > 0 ? "," : "").append("{\"ip\": ").append(ip).append("}");
  }
  EXPECT_EQ(rendered(R"([{"ip": "{{ips | each}}"}])", ips + "0]}"), "ips: has 1001 values: each takes at most 1000");
  ips.back() = ']';
  EXPECT_EQ(rendered(R"([{"ip": "{{ips | each}}"}])", ips + "}"), "[" + elements + "]");
  EXPECT_EQ(rendered(R"([{"ip": "{{ips | each}}", "why": "{{why}}"}])", ips + "}"), too_long);
}

TEST(RequestTemplateBounds, WhatIsNestedTooDeepIsRefused) {
  boost::json::value deep = 1;
  for (int i = 0; i < 70; ++i) {
    boost::json::object around;
    around["a"] = std::move(deep);
    deep = std::move(around);
  }
  boost::json::object record;
  record["deep"] = std::move(deep);
  const boost::json::object given;
  const auto parsed = RequestTemplate::parse("{{deep}}", TemplatePlace::json_body);
  ASSERT_TRUE(parsed);
  const auto out = parsed->render({given, record});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error(), Error(Code::invalid, "deep: is nested deeper than 64"));
}

}  // namespace
}  // namespace tidegate
