#include "config/connectors_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/diff.h"
#include "config/parse.h"
#include "tests/unit/config/samples.h"

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string least_document = R"(revision: 7
credentials:
  - {name: acme-key, bearer_token: abc.def.ghi}
connectors:
  - name: acme-eu
    type: trendmicro_visionone
    tenant: {id: acme, name: ACME Corp}
    region: eu
    credential: acme-key
)";

std::string document_errors(const std::string& yaml, const RemotePolicy& policy = {}) {
  return to_text(parse_connectors(yaml, policy).errors);
}

// The least document with a line more in its connector.
std::string with_line(const std::string& line) { return least_document + "    " + line + "\n"; }

TEST(ConnectorsDocument, TheLeastOneIsReadAndItsCredentialResolved) {
  const ParsedConnectors parsed = parse_connectors(least_document, {});
  ASSERT_TRUE(parsed.document) << to_text(parsed.errors);
  EXPECT_EQ(parsed.document->revision, 7u);
  EXPECT_THAT(parsed.document->credentials, ElementsAre(Credential{"acme-key", Secret{"abc.def.ghi"}}));
  ConnectorConfig expected;
  expected.name = "acme-eu";
  expected.type = "trendmicro_visionone";
  expected.tenant = {"acme", "ACME Corp"};
  expected.region = "eu";
  expected.api_base_url = "https://api.eu.xdr.trendmicro.com";
  expected.bearer_token = Secret{"abc.def.ghi"};
  EXPECT_THAT(parsed.document->connectors, ElementsAre(expected));
  EXPECT_EQ(parsed.document->credential_of.at("acme-eu"), "acme-key");
}

TEST(ConnectorsDocument, AConnectorIsWrittenAsInTheSensorsOwnFile) {
  const ParsedAgent file = parse_agent(least_agent, "agent.yaml");
  ASSERT_TRUE(file.config) << to_text(file.errors);
  const std::string list = least_agent.substr(least_agent.find("connectors:"));
  const ParsedConnectors parsed = parse_connectors("revision: 1\n" + list, {});
  ASSERT_TRUE(parsed.document) << to_text(parsed.errors);
  EXPECT_EQ(parsed.document->connectors, file.config->connectors);
}

TEST(ConnectorsDocument, EveryKeyOfAConnectorInTheSensorsOwnFileIsOneOfTheDocument) {
  std::size_t rows = 0;
  for (const Field& field : agent_fields()) {
    if (!field.path.starts_with("connectors[]")) continue;
    ++rows;
    const Field* const own = find_field(connectors_fields(), field.path);
    ASSERT_NE(own, nullptr) << field.path;
    EXPECT_EQ(own->kind, field.kind) << field.path;
    EXPECT_EQ(own->most, field.most) << field.path;
    EXPECT_EQ(own->privacy, field.privacy) << field.path;
  }
  EXPECT_GT(rows, 20u);
}

TEST(P8ABadConfigurationIsANoOp, AnEmptyDocumentNeverErases) {
  for (const std::string text : {"", "\n", "# nothing\n", "{}", "---\n", "null"}) {
    const ParsedConnectors parsed = parse_connectors(text, {});
    EXPECT_FALSE(parsed.document) << text;
    EXPECT_THAT(to_text(parsed.errors), HasSubstr("is empty, which changes nothing")) << text;
    EXPECT_EQ(parsed.errors.size(), 1u) << text;
  }
}

TEST(P8ABadConfigurationIsANoOp, NoListOfConnectorsIsNotAnEmptyOne) {
  EXPECT_THAT(document_errors("revision: 3\n"), HasSubstr("connectors: is missing; list the connectors; to take "
                                                          "all of them away"));
  EXPECT_THAT(document_errors("revision: 3\nconnectors:\n"), HasSubstr("connectors: has no value"));
  EXPECT_THAT(document_errors("revision: 3\nconnectors: {}\n"), HasSubstr("connectors: is not a list"));
  const ParsedConnectors none = parse_connectors("revision: 3\nconnectors: []\n", {});
  ASSERT_TRUE(none.document) << to_text(none.errors);
  EXPECT_TRUE(none.document->connectors.empty());
}

TEST(ConnectorsDocument, EveryErrorIsSaidAtOnceWithPathValueAndRemedy) {
  const std::string errors = document_errors(R"(revision: zero
responders: []
credentials:
  - {name: a, bearer_token: "hidden words"}
  - {name: b, bearer_token: abc}
  - {name: b, bearer_token: def}
connectors:
  - {name: one, type: trendmicro_visionone, tenant: {id: acme, name: A}, region: mars, credential: a}
  - {name: one, type: trendmicro_visionone, tenant: {id: acme, name: A}, region: eu, credential: acme-kee, intervall: 5min}
  - {name: two, type: trendmicro_visionone, tenant: {id: acme}, region: eu,
     api_base_url: "https://api.eu.xdr.trendmicro.com:1", credential: b, bearer_token: x}
  - {name: three, type: trendmicro_visionone, tenant: {id: acme, name: A}, region: eu}
)");
  EXPECT_THAT(errors, HasSubstr("connectors.yaml:1: revision: 'zero' is not"));
  EXPECT_THAT(errors, HasSubstr("connectors.yaml:2: responders: is not a known key"));
  EXPECT_THAT(errors, HasSubstr("connectors.yaml:4: credentials[0].bearer_token: '***'"));
  EXPECT_THAT(errors, HasSubstr("credentials[2].name: 'b' is the name of credentials[1] as well"));
  EXPECT_THAT(errors, HasSubstr("connectors[0].region: 'mars'"));
  EXPECT_THAT(errors, HasSubstr("connectors[1].name: 'one' is the name of connectors[0] as well"));
  EXPECT_THAT(errors, HasSubstr("connectors[1].credential: 'acme-kee' is no "
                                "credential of the document"));
  EXPECT_THAT(errors, HasSubstr("connectors[1].intervall: is not a known key; "
                                "the nearest known key is interval"));
  EXPECT_THAT(errors, HasSubstr("connectors[2].tenant.name: is missing"));
  EXPECT_THAT(errors, HasSubstr("connectors[2].api_base_url: stands beside region"));
  EXPECT_THAT(errors, HasSubstr("connectors[2].credential: stands beside "
                                "bearer_token; keep one of the two"));
  EXPECT_THAT(errors, HasSubstr("connectors[3].credential: is missing, and so "
                                "is bearer_token; name a credential"));
  EXPECT_THAT(errors, Not(HasSubstr("hidden words")));
}

TEST(ConnectorsDocument, AMistypedCredentialIsToldTheNearest) {
  const std::string text = replaced(least_document, "credential: acme-key", "credential: acme-kee");
  EXPECT_THAT(document_errors(text), HasSubstr("connectors[0].credential: 'acme-kee' is no credential "
                                               "of the document; the nearest one is acme-key"));
}

TEST(ConnectorsDocument, ACredentialThatNoConnectorNamesIsNoError) {
  const std::string text = replaced(least_document, "connectors:\n", "  - {name: other, bearer_token: x}\nconnectors:\n");
  EXPECT_EQ(document_errors(text), "");
}

TEST(ConnectorsDocument, ACredentialThatIsRotatedChangesEachConnectorThatNamesItAndNoOther) {
  const std::string second = with_line("enabled: true") + R"(  - name: acme-us
    type: trendmicro_visionone
    tenant: {id: acme, name: ACME Corp}
    region: us
    credential: acme-key
  - name: own
    type: trendmicro_visionone
    tenant: {id: acme, name: ACME Corp}
    region: us
    bearer_token: its.own.token
)";
  const ParsedConnectors before = parse_connectors(second, {});
  const ParsedConnectors after = parse_connectors(replaced(second, "abc.def.ghi", "new.one.now"), {});
  ASSERT_TRUE(before.document && after.document) << to_text(before.errors) << to_text(after.errors);
  const std::vector<ConfigChange> changes = diff(with_document({}, *before.document), with_document({}, *after.document));
  ASSERT_EQ(changes.size(), 2u);
  for (const ConfigChange& change : changes) {
    EXPECT_THAT(change.path, HasSubstr(".bearer_token"));
    EXPECT_EQ(change.after, "***");
    EXPECT_EQ(change.applies, Applies::live);
  }
}

// P10: a processor in wrong hands.
TEST(P10SecretsStayIn, ADocumentNamesNoFileOfTheSensor) {
  const std::string token = replaced(least_document, "credential: acme-key", "bearer_token_file: /etc/shadow");
  EXPECT_EQ(document_errors(token),
            "connectors.yaml:9: connectors[0].bearer_token_file: names a file "
            "of the sensor, which a document of the processor may "
            "not; name a credential of the document\n");
  EXPECT_THAT(document_errors(with_line("ca_file: /tmp/ca.pem")), HasSubstr("connectors[0].ca_file: names a file of the sensor"));
}

TEST(P10SecretsStayIn, ADocumentSendsTokensToNoHostThatTheSensorsFileDoesNotPermit) {
  const auto to = [](const std::string& url) { return replaced(least_document, "region: eu", "api_base_url: " + url); };
  for (const std::string url : {"https://collector.example.net", "https://api.eu.xdr.trendmicro.com:8443", "http://127.0.0.1:9273",
                                "https://api.eu.xdr.trendmicro.com.example.net", "https://[::1]"}) {
    EXPECT_THAT(document_errors(to(url)), HasSubstr("is no API host that the sensor's own file permits")) << url;
  }
  EXPECT_EQ(document_errors(to("https://API.eu.xdr.trendmicro.com/")), "") << "a region's host may be written as a URL";
  RemotePolicy policy;
  policy.api_places.insert({"collector.example.net", 443});
  EXPECT_EQ(document_errors(to("https://collector.example.net/v3"), policy), "");
  EXPECT_THAT(document_errors(to("https://collector.example.net:444"), policy), HasSubstr("is no API host"));
}

TEST(P10SecretsStayIn, ADocumentNamesNoProxyThatTheSensorsFileDoesNotPermit) {
  const std::string text = with_line("proxy: http://user:pass-word@proxy.example.net:3128");
  const std::string errors = document_errors(text);
  EXPECT_THAT(errors, HasSubstr("connectors[0].proxy: '***' is no proxy that "
                                "the sensor's own file permits"));
  EXPECT_THAT(errors, Not(HasSubstr("pass-word")));
  RemotePolicy policy;
  policy.proxies.insert({"proxy.example.net", 3128});
  EXPECT_EQ(document_errors(text, policy), "");
}

TEST(P10SecretsStayIn, ADocumentSpeaksForTheSensorsTenantsAlone) {
  RemotePolicy policy;
  policy.tenants = {"other"};
  EXPECT_THAT(document_errors(least_document, policy), HasSubstr("connectors[0].tenant.id: 'acme' is no tenant of this sensor"));
  policy.tenants.insert("acme");
  EXPECT_EQ(document_errors(least_document, policy), "");
}

TEST(ConnectorsDocument, AConnectorOfTheFileKeepsItsName) {
  RemotePolicy policy;
  policy.local_connectors = {"acme-eu"};
  EXPECT_THAT(document_errors(least_document, policy), HasSubstr("connectors[0].name: 'acme-eu' is the name of a "
                                                                 "connector of the sensor's own file"));
}

TEST(ConnectorsDocument, TheFilesOwnHostsAndProxiesArePermitted) {
  const std::string file = replaced(least_agent, "region: us",
                                    "api_base_url: https://Lab.example.net:8443\n    proxy: "
                                    "http://p.example.net:3128");
  const ParsedAgent local = parse_agent(file, "agent.yaml");
  ASSERT_TRUE(local.config) << to_text(local.errors);
  const RemotePolicy policy = policy_of(*local.config);
  EXPECT_EQ(policy.api_places, (std::set<HostPort>{{"lab.example.net", 8443}}));
  EXPECT_EQ(policy.proxies, (std::set<HostPort>{{"p.example.net", 3128}}));
  EXPECT_EQ(policy.local_connectors, std::set<std::string>{"acme-visionone"});
  const ParsedConnectors parsed = parse_connectors(least_document, policy);
  ASSERT_TRUE(parsed.document) << to_text(parsed.errors);
  const AgentConfig whole = with_document(*local.config, *parsed.document);
  ASSERT_EQ(whole.connectors.size(), 2u);
  EXPECT_EQ(whole.connectors[0].name, "acme-visionone");
  EXPECT_EQ(whole.connectors[1].name, "acme-eu");
}

TEST(ConnectorsDocument, ItIsBounded) {
  const auto many = [](std::size_t count) {
    std::string text = "revision: 1\nconnectors:\n";
    for (std::size_t i = 0; i < count; ++i)
      text += "  - {name: c" + std::to_string(i) +
              ", type: trendmicro_visionone, tenant: {id: a, name: A}, region: "
              "eu, bearer_token: x}\n";
    return text;
  };
  EXPECT_EQ(document_errors(many(connectors_max)), "");
  EXPECT_THAT(document_errors(many(connectors_max + 1)), HasSubstr("connectors: '257 elements' are too many"));
  RemotePolicy policy;
  policy.local_connectors = {"local"};
  EXPECT_THAT(document_errors(many(connectors_max), policy), HasSubstr("'257 connectors' are too many, with those of the "
                                                                       "sensor's own file"));
  std::string credentials = "revision: 1\nconnectors: []\ncredentials:\n";
  for (std::size_t i = 0; i <= credentials_max; ++i) credentials += "  - {name: k" + std::to_string(i) + ", bearer_token: x}\n";
  EXPECT_THAT(document_errors(credentials), HasSubstr("credentials: '257 elements' are too many"));
  EXPECT_THAT(document_errors(std::string(1024 * 1024 + 1, ' ')), HasSubstr("a configuration has at most"));
}

}  // namespace
}  // namespace tidegate
