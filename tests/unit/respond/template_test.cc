#include "respond/template.h"

#include <gtest/gtest.h>

#include "tests/unit/respond/json_samples.h"

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
  std::string expected;  // all of it, or a part of what refuses it
};

void expect_renderings(const std::vector<Rendering>& all, TemplatePlace place) {
  for (const Rendering& each : all) {
    const std::string out = rendered(each.text, each.record, place);
    EXPECT_NE(out.find(each.expected), std::string::npos)
        << each.text << "\n  with     " << each.record << "\n  gives    " << out << "\n  expected " << each.expected;
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
                     {R"({"a": "{{o}}"})", record, "o: is an object, which stands bare"},
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
                     {R"({"v": {{none}}})", record, "none: is neither given nor in the record"}},
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
       {R"([{"ip": "{{none | each}}"}])", record, "none: is neither given nor in the record"},
       {R"([{"ip": "{{objects | each}}"}])", record, "objects: is an object"},
       {R"([{"a": [{"x": "{{ips | each}}"}], "b": "{{why}}"}])", record,
        R"([{"a": [{"x": "192.0.2.1"},{"x": "192.0.2.2"}], "b": "seen \"twice\""}])"},
       {R"([{"ip": "{{ips | each}}", "b": "{{why | each}}"}])", record, "line 1, column 33: an element has one each"},
       {R"([{"ip": "{{ips | each}}", "b": [{"c": "{{why | each}}"}]}])", record, "inside of another one with each"},
       {R"([{"b": [{"c": "{{why | each}}"}], "ip": "{{ips | each}}"}])", record, "inside of another one with each"},
       {R"([{"ip": "x {{ips | each}}"}])", record, "each stands alone"},
       {R"([{"ip": "{{ips | each}} x"}])", record, "each stands alone"},
       {R"([{"ip": {{ips | each}}}])", record, "each stands alone"},
       {R"([["{{ips | each}}"]])", record, "each stands alone"},
       {R"({"ip": "{{ips | each}}"})", record, "each stands alone"},
       {R"([{"x": {"ip": "{{ips | each}}"}}])", record, "each stands alone"}},
      TemplatePlace::json_body);
}

TEST(RequestTemplateBody, RefusesWhatIsNoTemplateWithPlaceAndRemedy) {
  expect_renderings({{R"({"a": "{{b"})", "{}", "line 1, column 11: expected }} here"},
                     {"{\n \"a\": \"{{}}\"}", "{}", "line 2, column 10: a placeholder is empty"},
                     {R"({"a": "{{b c}}"})", "{}", "column 12: expected }}"},
                     {R"({"a": "{{b..c}}"})", "{}", "a path has a word on each side of a dot"},
                     {R"({"a": "{{.b}}"})", "{}", "a path has a word on each side of a dot"},
                     {R"({"a": "{{b | upper}}"})", "{}", "'upper' is no filter: there are default, each, first and join"},
                     {R"({"a": "{{b | first | join: ","}}"})", "{}", "of first, join and each a placeholder has one"},
                     {R"({"a": "{{b | join}}"})", "{}", "join takes what stands between"},
                     {R"({"a": "{{b | default}}"})", "{}", "default takes a value"},
                     {R"({"a": "{{b | default: 1e999}}"})", "{}", "a default is a text in quotes, a number, true or false"},
                     {R"({"a": "{{b | default: null}}"})", "{}", "a default is a text in quotes, a number, true or false"},
                     {R"({"a": "{{b | default: 1 | default: 2}}"})", "{}", "a placeholder has one default"},
                     {R"({"a": "{{b | default: 'x}}"})", "{}", "a text in quotes does not end on its line"},
                     {R"({"a": "{{b | default: 'x\n'}}"})", "{}", "a text in quotes has no backslash"},
                     {R"({"{{a}}": 1})", "{}", "line 1, column 2: a placeholder stands in a key"},
                     {R"({{{a}}: 1})", "{}", "expected a path here"},
                     {R"({"x": 1, {{a}} : 1})", "{}", "line 1, column 10: a placeholder stands as a key"},
                     {R"({"a": {{b}}{{c}}})", "{}", "column 12: the body is no JSON"},
                     {R"({"a": 1{{b}}})", "{}", "the body is no JSON"},
                     {R"({"a": -{{b}}})", "{}", "the body is no JSON"},
                     {R"({"a": "\{{b}}"})", "{}", "the body is no JSON"},
                     {R"({"a": "\u00{{b}}"})", "{}", "the body is no JSON"},
                     {R"({"a": "\ud83d{{b}}"})", "{}", "the body is no JSON"},
                     {R"({"a": "{{b}}")", "{}", "the body is no JSON"},
                     {R"([1] ])", "{}", "column 5: the body is no JSON: something follows the value"},
                     {R"(]}"{{a | first}}")", "{}", "the body is no JSON"},
                     {"", "{}", "the body is no JSON"},
                     {"\"\xff\"", "{}", "the template is no UTF-8"},
                     {std::string(40, '[') + std::string(40, ']'), "{}", "the body is no JSON"},
                     {'"' + std::string(template_bytes_max, 'a') + '"', "{}", "the template is longer than 65536 bytes"}},
                    TemplatePlace::json_body);
  std::string many = "[1";
  for (std::size_t i = 0; i <= template_placeholders_max; ++i) many.append(", {{a}}");
  EXPECT_NE(rendered(many + "]", "{}").find("more than 256 placeholders"), std::string::npos);
}

TEST(RequestTemplateBody, BracesAreWrittenAsATextInQuotes) {
  EXPECT_EQ(rendered(R"({"a": "{{"{{"}}x{{'}}'}}", "b": {{"say \"no\""}}})", "{}").find("no template"), 0U)
      << "no backslash in quotes";
  EXPECT_EQ(rendered(R"({"a": "{{"{{"}}x{{'}}'}} {{\"{{\"}}", "b": {{'say "no"'}}})", R"({"x": "no"})"),
            R"({"a": "{{x}} {{", "b": "say \"no\""})");
}

TEST(RequestTemplatePath, EncodesValuesForWhereTheyStand) {
  expect_renderings(
      {{"/v1/{{id}}/x?a={{v}}&b=1", R"({"id": "a/b c?d", "v": "1&b=2#x"})", "/v1/a%2Fb%20c%3Fd/x?a=1%26b%3D2%23x&b=1"},
       {"/v1/{{n}}-{{b}}", R"({"n": 5, "b": true})", "/v1/5-true"},
       {"/x?ips={{ips | join: ','}}", R"({"ips": ["1", "2"]})", "/x?ips=1%2C2"},
       {"/x/{{ips}}", R"({"ips": ["1", "2"]})", "ips: has 2 values where one is wanted"},
       {"/x/{{o}}", R"({"o": {"a": 1}})", "o: is an object"},
       {"/x/{{\"{{\"}}?q={{a | default: 'b c'}}", "{}", "/x/%7B%7B?q=b%20c"},
       {"/a/{{v}}/b", R"({"v": ".."})", "a value makes a segment of the path \".\" or \"..\""},
       {"/a/.{{v}}/b", R"({"v": "."})", "a value makes a segment"},
       {"/a/{{v}}", R"({"v": "x/../y"})", "a value makes a segment"},
       {"/a/{{v}}", R"({"v": "..\\y"})", "a value makes a segment"},
       {"/a/%2e{{v}}", R"({"v": "."})", "a value makes a segment"},
       {"/a/{{v}}", R"({"v": "...x.."})", "/a/...x.."},
       {"/a?v={{v}}", R"({"v": ".."})", "/a?v=.."},
       {"/{{v | default: ''}}/x", "{}", "begin with \"//\""}},
      TemplatePlace::path_and_query);
}

TEST(RequestTemplatePath, ItsOwnTextIsThatOfAPath) {
  for (const std::string text : {"x", "", "{{a}}", "http://host/x"})
    EXPECT_NE(rendered_path(text, R"({"a": "/x"})").find("a path begins with '/'"), std::string::npos) << text;
  for (const std::string text : {"/a b", "/a#b", "/a\r\nHost: x", "/a\\b", "/a\"", "/ä", "/a{b}", "/a\x7f", "/a}}"})
    EXPECT_NE(rendered_path(text, "{}").find("a path or query has no such character"), std::string::npos) << text;
  for (const std::string text : {"/%", "/%2", "/%zz", "/%{{a}}", "/%2{{a}}"})
    EXPECT_NE(rendered_path(text, R"({"a": "2f"})").find("'%' stands before two hexadecimal digits"), std::string::npos) << text;
  for (const std::string text : {"/../x", "/a/%2e%2E/b", "/./x", "//host/x", "/a/..%2fb"})
    EXPECT_NE(rendered_path(text, "{}").find("a path has no segment"), std::string::npos) << text;
  EXPECT_NE(rendered_path("/x?a={{ips | each}}", "{}").find("each stands in a JSON body alone"), std::string::npos);
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
  EXPECT_NE(out.find("http://bad.example/4"), std::string::npos) << out;
  EXPECT_EQ(out.find("http://bad.example/5"), std::string::npos) << out;
  EXPECT_TRUE(out.ends_with(", and more")) << out;
  EXPECT_EQ(out.find('\n'), std::string::npos) << out;
}

TEST(RequestTemplateMissing, AMailBoxIsOneOfThoseOfTheRecord) {
  const std::string record = R"({"e": [{"entityType": "emailAddress", "entityValue": "user@example.com"}]})";
  EXPECT_EQ(rendered(R"("{{mailBox}}")", record),
            "mailBox: is neither given nor in the record; the record has: user@example.com at e.entityValue");
}

TEST(RequestTemplateNeeded, NamesThePathsWithoutADefaultOnce) {
  const auto parsed =
      RequestTemplate::parse(R"(["{{b}}", "{{a.c | first}}", "{{b}}", "{{d | default: 1}}", "{{"x"}}"])", TemplatePlace::json_body);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->needed(), (std::vector<std::string>{"b", "a.c"}));
}

TEST(RequestTemplateBounds, WhatRendersTooLongIsRefused) {
  const std::string mebibyte(1u << 20, 'a');
  const std::string record = R"({"big": ")" + mebibyte + R"(", "line": ")" + std::string(400u << 10, '\x7f') + R"("})";
  EXPECT_NE(rendered(R"("{{big}}")", record).find("it renders to more than 1048576 bytes"), std::string::npos);
  EXPECT_NE(rendered(R"({{big}})", record).find("it renders to more than"), std::string::npos);
  EXPECT_NE(rendered(R"("{{line}}")", record).find("it renders to more than"), std::string::npos) << "escapes count";
  EXPECT_NE(rendered_path("/{{line}}", record).find("it renders to more than 8192 bytes"), std::string::npos);

  std::string ips = R"({"why": ")" + std::string(2000, 'w') + R"(", "ips": [)";
  for (int i = 0; i < 1000; ++i) ips.append("\"").append(std::to_string(i)).append("\",");
  EXPECT_NE(rendered(R"([{"ip": "{{ips | each}}"}])", ips + "0]}").find("ips: has 1001 values: each takes at most 1000"),
            std::string::npos);
  ips.back() = ']';
  EXPECT_TRUE(rendered(R"([{"ip": "{{ips | each}}"}])", ips + "}").starts_with("[{"));
  EXPECT_NE(rendered(R"([{"ip": "{{ips | each}}", "why": "{{why}}"}])", ips + "}").find("it renders to more than"),
            std::string::npos);
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
