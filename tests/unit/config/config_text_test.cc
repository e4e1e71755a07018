#include "config/config_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "config/parse.h"
#include "config/regions.h"
#include "tests/unit/config/samples.h"

namespace tidegate {
namespace {

using testing::HasSubstr;
using testing::Not;

// Everything that a document may say, at random, within the table's bounds.
class RandomDocument {
 public:
  explicit RandomDocument(std::uint64_t seed) : random_(Seed{seed}) {}

  ConnectorsDocument make() {
    ConnectorsDocument document;
    document.revision = 1 + random_.below(1'000'000);
    const std::size_t credentials = random_.below(4);
    for (std::size_t i = 0; i < credentials; ++i) document.credentials.push_back({label() + std::to_string(i), Secret{token()}});
    const std::size_t connectors = random_.below(6);
    for (std::size_t i = 0; i < connectors; ++i) add_connector(document, i);
    return document;
  }

 private:
  void add_connector(ConnectorsDocument& document, std::size_t number) {
    ConnectorConfig connector;
    connector.name = label() + std::to_string(number);
    connector.type = "trendmicro_visionone";
    connector.tenant = {label(), text()};
    if (random_.chance(2)) {
      connector.region = "eu";
      connector.api_base_url = "https://api.eu.xdr.trendmicro.com";
    } else {
      connector.api_base_url = "https://api.xdr.trendmicro.com";
    }
    if (!document.credentials.empty() && random_.chance(2)) {
      const Credential& credential = document.credentials[random_.below(document.credentials.size())];
      connector.bearer_token = credential.bearer_token;
      document.credential_of.emplace(connector.name, credential.name);
    } else {
      connector.bearer_token = Secret{token()};
    }
    if (random_.chance(2)) connector.interval = std::chrono::milliseconds{random_.between(100, 86'400'000)};
    if (random_.chance(2)) connector.overlap = std::chrono::seconds{random_.between(0, 259'200)};
    if (random_.chance(3)) connector.content_types = {ContentType::audit_logs};
    if (random_.chance(3)) connector.techniques_from = TechniquesFrom::pipeline;
    if (random_.chance(3)) connector.pipeline_risk_levels = {RiskLevel::high, RiskLevel::critical};
    if (random_.chance(3)) connector.requests_per_minute = 1 + random_.below(100'000);
    if (random_.chance(4)) connector.enabled = false;
    const std::size_t filters = random_.below(3);
    for (std::size_t i = 0; i < filters; ++i) {
      LogFilterConfig filter;
      filter.name = label() + std::to_string(i);
      (random_.chance(2) ? filter.include : filter.exclude) = R"(filters.riskLevel: "in\"fo" and not x: #y)";
      connector.log_filters.push_back(std::move(filter));
    }
    document.connectors.push_back(std::move(connector));
  }

  // Printable ASCII without spaces at its ends, as awkward for YAML as can be.
  std::string label() { return "'" + pick(printable_, 1 + random_.below(12)) + "~"; }
  std::string token() { return pick(printable_, 1 + random_.below(40)); }
  std::string text() {
    static constexpr std::string_view odd[] = {"null", "- a", "{x: y}", "#", "Zürich \u2603", "a: b", "\"",
                                               "\\n",  "yes", "1e3",    "*"};
    return std::string{odd[random_.below(std::size(odd))]};
  }
  std::string pick(std::string_view from, std::size_t length) {
    std::string picked;
    while (picked.size() < length) picked.push_back(from[random_.below(from.size())]);
    return picked;
  }

  static constexpr std::string_view printable_ = "abz09:#-?!&*|>%@`\"'\\{}[],~=./_";
  Random random_;
};

TEST(ConfigText, ARandomDocumentIsReadBackEqual) {
  std::size_t connectors = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const ConnectorsDocument document = RandomDocument{seed}.make();
    const std::string yaml = to_yaml(document, SecretsAs::plain);
    const ParsedConnectors parsed = parse_connectors(yaml, {});
    ASSERT_TRUE(parsed.document) << seed << "\n" << to_text(parsed.errors) << yaml;
    ASSERT_EQ(*parsed.document, document) << seed << "\n" << yaml;
    connectors += document.connectors.size();
  }
  EXPECT_GT(connectors, 500u);
}

TEST(ConfigText, AMaskedDocumentHoldsNoSecretAndNamesItsCredentials) {
  ConnectorsDocument document;
  document.revision = 3;
  document.credentials.push_back({"key", Secret{"planted.secret.one"}});
  ConnectorConfig connector;
  connector.name = "acme";
  connector.type = "trendmicro_visionone";
  connector.tenant = {"acme", "ACME"};
  connector.region = "eu";
  connector.api_base_url = "https://api.eu.xdr.trendmicro.com";
  connector.bearer_token = Secret{"planted.secret.one"};
  connector.proxy = Secret{"http://user:planted.secret.two@proxy.example.net:3128"};
  document.connectors.push_back(connector);
  document.credential_of.emplace("acme", "key");
  const std::string yaml = to_yaml(document, SecretsAs::masked);
  EXPECT_THAT(yaml, Not(HasSubstr("planted")));
  EXPECT_THAT(yaml, HasSubstr("    credential: key\n"));
  EXPECT_THAT(yaml, HasSubstr("    proxy: \"***\"\n"));
  EXPECT_THAT(yaml, Not(HasSubstr("api_base_url")));
  EXPECT_THAT(yaml, Not(HasSubstr("interval")));
}

TEST(ConfigText, NoConnectorsAreWrittenAsAnEmptyList) {
  ConnectorsDocument document;
  document.revision = 1;
  EXPECT_EQ(to_yaml(document, SecretsAs::plain), "revision: 1\nconnectors: []\n");
}

TEST(ConfigText, AnEffectiveConfigurationIsReadBackEqualButForItsSecrets) {
  std::string yaml = least_agent;
  yaml = replaced(yaml, "processor:\n", "processor:\n  control: wss://dp1.example.net:4320/v1/opamp\n");
  yaml +=
      "ship:\n  receiver: forward\n  compression: zstd\n  bandwidth: 20Mbit/s\n  bandwidth_schedule:\n"
      "    - {days: [mon, fri], from: 08:00, to: 18:00, bandwidth: 5Mbit/s}\n"
      "    - {from: 22:00, to: 24:00, bandwidth: unlimited}\n"
      "remote: {accept: false, api_hosts: ['api.example.net:443', '[::1]:8443'], proxies: [proxy.example.net:3128]}\n"
      "metrics: {listen: '[::1]:9273'}\n";
  const ParsedAgent given = parse_agent(yaml, "agent.yaml");
  ASSERT_TRUE(given.config) << to_text(given.errors);
  const std::string text = to_yaml(*given.config);
  EXPECT_THAT(text, Not(HasSubstr("abc.def.ghi")));
  const ParsedAgent back = parse_agent(text, "effective");
  ASSERT_TRUE(back.config) << to_text(back.errors) << text;
  AgentConfig expected = *given.config;
  expected.connectors.front().bearer_token = Secret{"***"};
  EXPECT_EQ(*back.config, expected) << text;
}

}  // namespace
}  // namespace tidegate
