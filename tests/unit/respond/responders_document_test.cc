#include "respond/responders_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace tidegate {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string least_vision_one = R"(responders:
  - name: acme-v1
    type: trendmicro_visionone
    tenants: [acme]
    credential: acme-key
)";
const std::string least_webhook = R"(responders:
  - name: ticket
    type: webhook
    tenants: all
    host: tickets.example.net
    path: /hooks/{{record_id}}
)";
const std::string whole_vision_one = R"(responders:
  - name: acme-v1
    type: trendmicro_visionone
    tenants: [acme, blue]
    host: api.eu.xdr.trendmicro.com
    port: 8443
    protocol: https
    verify_certificate: true
    ca_file: /etc/tidegate/ca.pem
    proxy: http://proxy.example.net:3128
    api_key: planted.api.key
    actions: [isolate_endpoint, quarantine_email]
    bodies:
      isolate_endpoint: |
        [{
          "agentGuid": "{{agentGuid}}"
        }]
      quarantine_email: '[{"messageId": "{{messageId}}"}]'
    approval: true
    protect: [dc01.example.com, "*.example.com", 10.0.0.0/8, 192.0.2.7, "2001:db8::/32", ceo@example.com]
)";
const std::string whole_webhook = R"(responders:
  - name: ticket
    type: webhook
    tenants: [acme]
    host: tickets.example.net
    method: put
    path: /hooks/{{record_id}}?q={{tenantid}}
    headers: {X-Team: "soc 1", X-From: tidegate}
    json_body: '{"id": "{{record_id}}", "n": {{score}}}'
    auth: oauth2
    token_url: https://login.example.net/oauth2/token
    client_id: tide
    scopes: [tickets.write, tickets.read]
    secret: "planted secret: ü"
)";

std::string flaws_in(const std::string& yaml) { return to_text(parse_responders(yaml).errors); }

// "responders[0].method: is of no use where" of the line "method: post".
std::string of_no_use(const std::string& line) {
  return "responders[0]." + line.substr(0, line.find(':')) + ": is of no use where ";
}

// The errors, with lines added to the one responder of a document.
std::string flaws_with(const std::string& document, const std::string& lines) { return flaws_in(document + lines); }

Responder only_one(const std::string& yaml) {
  ParsedResponders parsed = parse_responders(yaml);
  EXPECT_TRUE(parsed.responders) << to_text(parsed.errors);
  if (!parsed.responders || parsed.responders->size() != 1) return {};
  return parsed.responders->front();
}

TEST(RespondersDocument, TheLeastOfEachTypeIsReadWithItsDefaults) {
  Responder expected;
  expected.name = "acme-v1";
  expected.tenants = {"acme"};
  expected.credential = "acme-key";
  EXPECT_EQ(only_one(least_vision_one), expected);
  expected = {};
  expected.name = "ticket";
  expected.type = ResponderType::webhook;
  expected.host = "tickets.example.net";
  expected.webhook.path = "/hooks/{{record_id}}";
  expected.actions.clear();
  EXPECT_EQ(only_one(least_webhook), expected);
}

TEST(RespondersDocument, EveryKeyOfAVisionOneResponderIsRead) {
  Responder expected;
  expected.name = "acme-v1";
  expected.tenants = {"acme", "blue"};
  expected.host = "api.eu.xdr.trendmicro.com";
  expected.port = 8443;
  expected.ca_file = "/etc/tidegate/ca.pem";
  expected.proxy = "http://proxy.example.net:3128";
  expected.secret = Secret{"planted.api.key"};
  expected.actions = {ResponseAction::isolate_endpoint, ResponseAction::quarantine_email};
  expected.bodies = {{ResponseAction::isolate_endpoint, "[{\n  \"agentGuid\": \"{{agentGuid}}\"\n}]\n"},
                     {ResponseAction::quarantine_email, R"([{"messageId": "{{messageId}}"}])"}};
  expected.guards = {true, {"dc01.example.com", "*.example.com", "10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "ceo@example.com"}};
  EXPECT_EQ(only_one(whole_vision_one), expected);
}

TEST(RespondersDocument, EveryKeyOfAWebhookIsRead) {
  const Responder read = only_one(whole_webhook);
  const WebhookSpec expected{.method = "put",
                             .path = "/hooks/{{record_id}}?q={{tenantid}}",
                             .headers = {{"X-Team", "soc 1"}, {"X-From", "tidegate"}},
                             .json_body = R"({"id": "{{record_id}}", "n": {{score}}})",
                             .auth = WebhookAuth::oauth2,
                             .username = {},
                             .token_url = "https://login.example.net/oauth2/token",
                             .client_id = "tide",
                             .scopes = {"tickets.write", "tickets.read"},
                             .header_name = {}};
  EXPECT_EQ(read.webhook, expected);
  EXPECT_EQ(read.secret, Secret{"planted secret: ü"});
  const Responder basic = only_one(least_webhook + "    auth: basic\n    username: tide\n    credential: k\n");
  EXPECT_EQ(basic.webhook.username, "tide");
  const Responder header = only_one(least_webhook + "    auth: header\n    header_name: X-Api-Key\n    credential: k\n");
  EXPECT_EQ(header.webhook.header_name, "X-Api-Key");
  const Responder plain = only_one(least_webhook + "    protocol: http\n    port: 8080\n");
  EXPECT_EQ(origin_of(plain), "http://tickets.example.net:8080");
  EXPECT_FALSE(only_one(least_webhook + "    verify_certificate: false\n").verify_certificate);
}

TEST(RespondersDocument, WhatIsShownHasNoSecretAndIsReadBackEqual) {
  for (const std::string& yaml : {least_vision_one, whole_vision_one, least_webhook, whole_webhook}) {
    Responder responder = only_one(yaml);
    std::string text = to_yaml(responder);
    EXPECT_THAT(text, Not(HasSubstr("planted")));
    if (!responder.secret.empty()) {
      EXPECT_THAT(flaws_in(text), HasSubstr("is what stands in place of a secret that is not shown")) << text;
      const std::size_t mask = text.find("\"***\"");
      ASSERT_NE(mask, std::string::npos);
      text.replace(mask, 5, "\"" + std::string{responder.secret.reveal()} + "\"");
    }
    EXPECT_EQ(only_one(text), responder) << text;
  }
  Responder odd = only_one(least_webhook);
  odd.webhook.json_body = "{\"a\": \"\xc2\x85 \xe2\x80\xa8 \xef\xbb\xbf \\\\ ' # : {{a}}\"}\n\t\r\n";
  EXPECT_EQ(only_one(to_yaml(odd)), odd) << to_yaml(odd);
}

TEST(RespondersDocument, EveryRowIsReadAndWritten) {
  std::string written;
  for (const std::string& yaml : {whole_vision_one, whole_webhook}) written += to_yaml(only_one(yaml));
  written += to_yaml(only_one(least_webhook + "    auth: basic\n    username: tide\n    credential: k\n"));
  written += to_yaml(only_one(least_webhook + "    auth: header\n    header_name: X-Api-Key\n    credential: k\n"));
  written += to_yaml(only_one(least_webhook + "    verify_certificate: false\n"));
  written += to_yaml(only_one(least_webhook + "    sensor: zurich-01\n"));
  std::set<std::string_view> paths;
  for (const Field& field : responders_fields()) {
    EXPECT_TRUE(paths.insert(field.path).second) << field.path;
    EXPECT_EQ(field.doc.back(), '.') << field.path;
    const std::string_view key = field.path.substr(field.path.rfind('.') + 1);
    if (field.path.starts_with("responders[].bodies.")) continue;
    // With what stands before it, for one key ends as another does: name, username.
    const std::string line = (key == "name" ? "\n  - " : "\n    ") + std::string{key} + ":";
    EXPECT_THAT(written, testing::AnyOf(HasSubstr(line + " "), HasSubstr(line + "\n"))) << field.path;
  }
}

TEST(RespondersDocument, ATenantIsNamedOrAllAre) {
  const std::string none = "responders:\n  - {name: a, type: trendmicro_visionone, credential: k";
  EXPECT_EQ(flaws_in(none + "}\n"),
            "responders.yaml:2: responders[0].tenants: is missing; write a list of tenants, for example [acme], or all\n");
  EXPECT_TRUE(only_one(none + ", tenants: all}\n").tenants.empty());
  EXPECT_THAT(flaws_in(none + ", tenants: acme}\n"), HasSubstr("'acme' is no list, and not the word all"));
  EXPECT_THAT(flaws_in(none + ", tenants: [acme, all]}\n"), HasSubstr("'all' stands in a list; write tenants: all"));
  EXPECT_THAT(flaws_in(none + ", tenants: []}\n"), HasSubstr("responders[0].tenants"));
  EXPECT_THAT(flaws_in(none + ", tenants: ~}\n"), HasSubstr("has no value; write a list of tenants"));
  EXPECT_THAT(flaws_in(none + ", tenants: [a, a]}\n"), HasSubstr("stands in the list twice"));
}

TEST(RespondersDocument, P10ASensorReadsNoFileForAProcessor) {
  EXPECT_EQ(only_one(least_webhook + "    sensor: zurich-01\n").sensor, "zurich-01");
  EXPECT_THAT(flaws_with(least_webhook, "    sensor: zurich-01\n    ca_file: /etc/ca.pem\n"),
              HasSubstr("responders[0].ca_file: is of no use where a sensor carries it out"));
}

TEST(RespondersDocument, AHostStandsAlone) {
  const auto with_host = [](const std::string& host) { return flaws_with(least_vision_one, "    host: \"" + host + "\"\n"); };
  EXPECT_THAT(
      with_host("https://api.xdr.trendmicro.com"),
      HasSubstr("responders.yaml:6: responders[0].host: 'https://api.xdr.trendmicro.com' holds a scheme; write the host alone"));
  EXPECT_THAT(with_host("api.xdr.trendmicro.com/v3.0"), HasSubstr("holds a path"));
  EXPECT_THAT(with_host("api.xdr.trendmicro.com:443"), HasSubstr("write the host alone, and the port as port: 8443"));
  EXPECT_THAT(with_host("[::1]"), HasSubstr("holds a port, or brackets"));
  EXPECT_THAT(with_host("a b"), HasSubstr("is not a host name or an address"));
  EXPECT_EQ(with_host("::1"), "");
  EXPECT_THAT(flaws_with(least_vision_one, "    port: 0\n"), HasSubstr("is too small; write between 1 and 65535"));
  EXPECT_THAT(flaws_in("responders:\n  - {name: a, type: webhook, tenants: all, path: /}\n"),
              HasSubstr("responders[0].host: is missing, and the type is webhook"));
}

TEST(RespondersDocument, ASecretIsGivenOnceAndNeverShown) {
  EXPECT_THAT(flaws_with(least_vision_one, "    api_key: planted\n"),
              HasSubstr("responders[0].credential: stands beside api_key; keep one of the two"));
  const std::string neither = flaws_in("responders:\n  - {name: a, type: trendmicro_visionone, tenants: all}\n");
  EXPECT_THAT(
      neither,
      HasSubstr(
          "responders[0].credential: is missing, and so is api_key; keep the secret with `tidegate-processor credential set"));
  EXPECT_THAT(flaws_with(least_vision_one, "    api_key: \"planted key\"\n"), Not(HasSubstr("planted")));
  EXPECT_THAT(flaws_with(least_vision_one, "    secret: planted\n"),
              HasSubstr("responders[0].secret: is of no use where the type is trendmicro_visionone, whose secret is api_key"));
  EXPECT_THAT(flaws_with(least_webhook, "    secret: planted\n"),
              HasSubstr("responders[0].secret: is of no use where auth is none"));
  EXPECT_THAT(flaws_with(least_webhook, "    auth: header\n    header_name: X-Key\n    secret: \"plänted\"\n"),
              HasSubstr("responders[0].secret: holds characters that no header can carry"));
  EXPECT_THAT(flaws_with(least_webhook, "    api_key: planted\n"), HasSubstr("whose secret is secret"));
  EXPECT_THAT(flaws_with(least_vision_one, "    proxy: http://u:planted@proxy:3128\n"),
              testing::AllOf(HasSubstr("responders[0].proxy: holds credentials"), Not(HasSubstr("planted"))));
}

TEST(RespondersDocument, KeysThatHaveNoEffectAreRefused) {
  for (const std::string line : {"method: post", "path: /a", "headers: {X-A: b}", "json_body: '{}'", "auth: none", "username: a",
                                 "token_url: https://a.example.net", "client_id: a", "scopes: [a]", "header_name: X-A"})
    EXPECT_THAT(flaws_with(least_vision_one, "    " + line + "\n"), HasSubstr(of_no_use(line) + "the type is trendmicro_visionone"))
        << line;
  for (const std::string line : {"actions: [isolate_endpoint]", "protect: [a]"})
    EXPECT_THAT(flaws_with(least_webhook, "    " + line + "\n"), HasSubstr(of_no_use(line) + "the type is webhook")) << line;
  EXPECT_THAT(flaws_with(least_webhook, "    bodies: {isolate_endpoint: '[]'}\n"),
              HasSubstr("responders[0].bodies.isolate_endpoint: is of no use where the type is webhook"));
  for (const std::string line :
       {"username: a", "token_url: https://a.example.net", "client_id: a", "scopes: [a]", "header_name: X-A", "credential: k"})
    EXPECT_THAT(flaws_with(least_webhook, "    " + line + "\n"), HasSubstr(of_no_use(line) + "auth is none")) << line;
  EXPECT_THAT(flaws_with(least_vision_one, "    protocol: http\n    verify_certificate: false\n    ca_file: /a\n"),
              testing::AllOf(HasSubstr("responders[0].verify_certificate: is of no use where the protocol is http"),
                             HasSubstr("responders[0].ca_file: is of no use where the protocol is http")));
  EXPECT_THAT(flaws_with(least_vision_one, "    verify_certificate: false\n    ca_file: /a\n"),
              HasSubstr("responders[0].ca_file: is of no use where verify_certificate is false"));
  EXPECT_THAT(flaws_with(least_vision_one, "    actions: [restore_endpoint]\n    bodies: {isolate_endpoint: '[]'}\n"),
              HasSubstr("responders[0].bodies.isolate_endpoint: is of no use where actions does not name that action"));
}

TEST(RespondersDocument, AuthenticationHasAllThatItNeeds) {
  EXPECT_THAT(flaws_with(least_webhook, "    auth: basic\n"),
              testing::AllOf(HasSubstr("responders[0].username: is missing, and auth is basic"),
                             HasSubstr("responders[0].credential: is missing, and so is secret")));
  EXPECT_THAT(flaws_with(least_webhook, "    auth: basic\n    credential: k\n    username: \"a:b\"\n"), HasSubstr("holds a colon"));
  EXPECT_THAT(flaws_with(least_webhook, "    auth: oauth2\n    credential: k\n    scopes: [\"a b\"]\n"),
              testing::AllOf(HasSubstr("responders[0].token_url: is missing"), HasSubstr("responders[0].client_id: is missing"),
                             HasSubstr("'a b' is no scope")));
  EXPECT_THAT(
      flaws_with(least_webhook, "    auth: oauth2\n    credential: k\n    client_id: a\n    token_url: http://a.example.net\n"),
      HasSubstr("would send the token in the clear"));
  EXPECT_THAT(flaws_with(least_webhook, "    auth: header\n    credential: k\n"),
              HasSubstr("responders[0].header_name: is missing"));
  EXPECT_THAT(flaws_with(least_webhook, "    auth: header\n    credential: k\n    header_name: \"X Key\"\n"),
              HasSubstr("is no name of a header"));
  EXPECT_THAT(flaws_with(least_webhook, "    auth: header\n    credential: k\n    header_name: HOST\n"),
              HasSubstr("is a header that the request itself sets"));
  EXPECT_THAT(flaws_with(least_webhook, "    auth: header\n    credential: k\n    header_name: X-Key\n    headers: {x-key: a}\n"),
              HasSubstr("'X-Key' stands in headers as well"));
}

TEST(RespondersDocument, HeadersCarryNoSecretNoRecordAndNoSecondLine) {
  const auto with_headers = [](const std::string& headers) { return flaws_with(least_webhook, "    headers: " + headers + "\n"); };
  EXPECT_THAT(with_headers("{Authorization: Bearer x}"), HasSubstr("'Authorization' would keep a secret in the open"));
  EXPECT_THAT(with_headers("{content-length: 7}"), HasSubstr("is a header that the request itself sets"));
  EXPECT_THAT(with_headers("{X-A: \"{{record_id}}\"}"), HasSubstr("has a placeholder"));
  EXPECT_THAT(with_headers("{X-A: \"a\\r\\nHost: b\"}"), HasSubstr("has a value that no header can have"));
  EXPECT_THAT(with_headers("{X-A: \"\"}"), HasSubstr("has a value that no header can have"));
  EXPECT_THAT(with_headers("{\"X A\": b}"), HasSubstr("is no name of a header"));
  EXPECT_THAT(with_headers("{X-A: b, x-a: b}"), HasSubstr("stands here again in another case"));
  EXPECT_THAT(with_headers("{X-A: [b]}"), HasSubstr("has a value that is no text"));
  EXPECT_THAT(with_headers("[a]"), HasSubstr("is not a map of names to values"));
  EXPECT_THAT(with_headers("{}"), HasSubstr("is empty"));
  EXPECT_THAT(with_headers("{\"A A\": b, \"B B\": c}"), testing::AllOf(HasSubstr("'A A'"), HasSubstr("'B B'")))
      << "every error at once";
  std::string many = "{";
  for (int i = 0; i < 33; ++i) many += (i == 0 ? "X-" : ", X-") + std::to_string(i) + ": a";
  EXPECT_THAT(with_headers(many + "}"), HasSubstr("'33 headers' are too many; keep at most 32"));
}

TEST(RespondersDocument, WhatIsProtectedIsSomethingThatCanBe) {
  const auto with_entries = [](const std::string& list) { return flaws_with(least_vision_one, "    protect: " + list + "\n"); };
  EXPECT_EQ(with_entries("[dc01, 0.0.0.0/0, \"::/0\", \"https://example.com/a\", \"*.a.example.com\"]"), "");
  EXPECT_THAT(with_entries("[10.0.0.1/8]"), HasSubstr("'10.0.0.1/8' begins within the network; write 10.0.0.0/8"));
  EXPECT_THAT(with_entries("[\"2001:db8::1/32\"]"), HasSubstr("write 2001:db8::/32"));
  EXPECT_THAT(with_entries("[10.0.0.0/33]"), HasSubstr("10.0.0.0/33"));
  EXPECT_THAT(with_entries("[example.com/24]"), HasSubstr("is no network"));
  EXPECT_THAT(with_entries("[10.0.0.300]"), HasSubstr("'10.0.0.300' is no address"));
  EXPECT_THAT(with_entries("[10.0.0]"), HasSubstr("is no address"));
  EXPECT_THAT(with_entries("[\"a*.example.com\"]"), HasSubstr("a*.example.com"));
  EXPECT_THAT(with_entries("[\"10.0.0.0/33\", \"10.0.0\"]"), testing::AllOf(HasSubstr("10.0.0.0/33"), HasSubstr("'10.0.0'")));
  EXPECT_THAT(with_entries("[]"), HasSubstr("responders[0].protect"));
}

TEST(RespondersDocument, TemplatesAreParsed) {
  EXPECT_THAT(flaws_with(least_webhook, "    json_body: '{\"id\": {{a}'\n"),
              HasSubstr("responders.yaml:7: responders[0].json_body: is no template: "));
  EXPECT_THAT(flaws_with(least_webhook, "    json_body: {id: 7}\n"), HasSubstr("is a map, not a text"));
  EXPECT_THAT(flaws_with(least_webhook, "    json_body: ~\n"), HasSubstr("has no value"));
  EXPECT_THAT(flaws_in("responders:\n  - {name: a, type: webhook, tenants: all, host: h, path: hooks}\n"),
              HasSubstr("responders[0].path: is no template: "));
  EXPECT_THAT(flaws_with(least_vision_one, "    bodies: {isolate_endpoint: '[{{', isolate: '[]'}\n"),
              testing::AllOf(HasSubstr("responders[0].bodies.isolate_endpoint: is no template: "),
                             HasSubstr("responders[0].bodies.isolate: is not a known key")));
}

TEST(RespondersDocument, NamesAreUniqueAndActionsKnown) {
  EXPECT_THAT(flaws_in(least_vision_one + "  - {name: acme-v1, type: trendmicro_visionone, tenants: all, credential: k}\n"),
              HasSubstr("responders[1].name: 'acme-v1' is the name of responders[0] as well"));
  EXPECT_THAT(flaws_with(least_vision_one, "    actions: [isolate_endpiont]\n"), HasSubstr("the nearest one is isolate_endpoint"));
  EXPECT_THAT(flaws_with(least_vision_one, "    actions: []\n"), HasSubstr("responders[0].actions"));
  EXPECT_THAT(flaws_with(least_vision_one, "    actions: [isolate_endpoint, isolate_endpoint]\n"), HasSubstr("twice"));
  EXPECT_THAT(flaws_with(least_vision_one, "    protokol: http\n"), HasSubstr("the nearest known key is protocol"));
  EXPECT_THAT(
      flaws_in("responders:\n  - {name: \"zürich\", type: mail, tenants: all}\n"),
      testing::AllOf(HasSubstr("holds other than single-byte characters"), HasSubstr("write trendmicro_visionone or webhook")));
  std::string many = "responders:\n";
  for (std::size_t i = 0; i <= responders_max; ++i)
    many += "  - {name: r" + std::to_string(i) + ", type: trendmicro_visionone, tenants: all, credential: k}\n";
  EXPECT_THAT(flaws_in(many), HasSubstr("are too many; keep at most 256"));
}

TEST(P8ABadConfigurationIsANoOp, ADocumentOfRespondersIsWholeOrRefusedWithEveryError) {
  for (const std::string text : {"", "# nothing\n", "{}", "null", "responders:\n", "responders: []\n", "[]", "responder: []\n"}) {
    const ParsedResponders parsed = parse_responders(text);
    EXPECT_FALSE(parsed.responders) << text;
    EXPECT_FALSE(parsed.errors.empty()) << text;
  }
  const ParsedResponders parsed = parse_responders(least_vision_one + "  - {name: b, type: webhook, port: many, path: a}\n");
  EXPECT_FALSE(parsed.responders) << "one that is good does not stand for the others";
  std::set<std::string> fields;
  for (const ConfigError& error : parsed.errors) fields.insert(error.field);
  EXPECT_EQ(fields,
            (std::set<std::string>{"responders[1].port", "responders[1].path", "responders[1].host", "responders[1].tenants"}));
  EXPECT_THAT(flaws_in("responders: " + std::string(2u << 20, 'a')), HasSubstr("responders.yaml"));
}

}  // namespace
}  // namespace tidegate
