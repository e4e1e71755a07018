#include "config/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "config/document.h"
#include "tests/unit/config/samples.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(Parse, TheLeastConfigurationGetsTheDefaults) {
  const ParsedAgent parsed = parse_agent(least_agent, "agent.yaml");
  ASSERT_TRUE(parsed.config) << to_text(parsed.errors);
  AgentConfig expected;
  expected.sensor.name = "zurich-01";
  expected.processor.data = {{"dp1.example.net", 24224}};
  expected.processor.tls = {"/etc/tidegate/ca.pem", "/etc/tidegate/sensor.pem", "/etc/tidegate/sensor.key"};
  ConnectorConfig connector;
  connector.name = "acme-visionone";
  connector.type = "trendmicro_visionone";
  connector.tenant = {"acme", "ACME Corp"};
  connector.region = "us";
  connector.api_base_url = "https://api.xdr.trendmicro.com";
  connector.bearer_token = Secret{"abc.def.ghi"};
  expected.connectors.push_back(connector);
  EXPECT_EQ(*parsed.config, expected);
}

TEST(Parse, EveryKeyReachesItsMember) {
  const ParsedAgent parsed = parse_agent(R"(sensor: {name: s1, state_directory: /tmp/s1}
processor:
  data: ["dp1.example.net:24224", "[2001:db8::1]:24224"]
  control: wss://dp1.example.net:4320/v1/opamp
  tls: {ca_file: /ca, certificate_file: /c, private_key_file: /k}
storage: {budget: 64MiB, keep_free: 0B}
ship:
  {receiver: forward, compression: none, in_flight: 1MiB, bandwidth: 20Mbit/s, refusals: 12, shared_key_file: /k2, username: u, password_file: /p}
metrics: {listen: "127.0.0.1:0"}
control: {socket: /tmp/a.sock}
log: {level: debug, format: json}
connectors:
  - name: acme visionone
    type: trendmicro_visionone
    tenant: {id: acme, name: Zürich AG}
    api_base_url: HTTPS://api.example.net:8443/x//
    bearer_token_file: /token
    interval: 500ms
    content_types: [audit_logs, alerts]
    techniques_from: pipeline
    pipeline_risk_levels: [high, critical]
    audit_logs_interval: 1min
    first_read: 7d
    overlap: 5min
    settle: 0s
    window: 1h
    window_records_max: 100
    requests_per_minute: 60
    proxy: http://user:pass@proxy.example.net:3128/
    ca_file: /ca2
    enabled: false
)",
                                         "agent.yaml");
  ASSERT_TRUE(parsed.config) << to_text(parsed.errors);
  const AgentConfig& config = *parsed.config;
  EXPECT_EQ(config.sensor, (SensorConfig{"s1", "/tmp/s1", ""}));
  EXPECT_EQ(config.processor.data, (std::vector<HostPort>{{"dp1.example.net", 24224}, {"2001:db8::1", 24224}}));
  EXPECT_EQ(config.processor.control, "wss://dp1.example.net:4320/v1/opamp");
  EXPECT_EQ(config.storage, (StorageConfig{64u << 20, 0}));
  EXPECT_EQ(config.ship, (ShipConfig{Receiver::forward, ShipCompression::none, 1u << 20, 20'000'000, {}, 12, "/k2", "u", "/p"}));
  EXPECT_EQ(config.metrics_listen, (HostPort{"127.0.0.1", 0}));
  EXPECT_EQ(config.control_socket, "/tmp/a.sock");
  EXPECT_EQ(config.log, (LogConfig{Level::debug, LogOutput::json}));
  const ConnectorConfig& connector = config.connectors.at(0);
  EXPECT_EQ(connector.name, "acme visionone");
  EXPECT_EQ(connector.tenant.name, "Zürich AG");
  EXPECT_EQ(connector.api_base_url, "https://api.example.net:8443/x");
  EXPECT_EQ(connector.region, "");
  EXPECT_EQ(connector.bearer_token_file, "/token");
  EXPECT_EQ(connector.interval_of(ContentType::alerts), 500ms);
  EXPECT_EQ(connector.interval_of(ContentType::audit_logs), 1min);
  EXPECT_EQ(connector.content_types, (std::set<ContentType>{ContentType::alerts, ContentType::audit_logs}));
  EXPECT_EQ(connector.techniques_from, TechniquesFrom::pipeline);
  EXPECT_EQ(connector.pipeline_risk_levels, (std::set<RiskLevel>{RiskLevel::high, RiskLevel::critical}));
  EXPECT_EQ(connector.first_read, 168h);
  EXPECT_EQ(connector.overlap, 5min);
  EXPECT_EQ(connector.settle, 0s);
  EXPECT_EQ(connector.window, 1h);
  EXPECT_EQ(connector.window_records_max, 100u);
  EXPECT_EQ(connector.requests_per_minute, 60u);
  EXPECT_EQ(connector.proxy.reveal(), "http://user:pass@proxy.example.net:3128");
  EXPECT_EQ(connector.ca_file, "/ca2");
  EXPECT_FALSE(connector.enabled);
}

TEST(Parse, CompressionFollowsTheReceiverWhereItIsNotGiven) {
  EXPECT_EQ(parse_agent(least_agent + "ship: {receiver: forward}\n", "f").config->ship.compression, ShipCompression::gzip);
  EXPECT_EQ(parse_agent(least_agent + "ship: {receiver: forward, compression: zstd}\n", "f").config->ship.compression,
            ShipCompression::zstd);
  EXPECT_EQ(parse_agent(least_agent, "f").config->ship.compression, ShipCompression::zstd);
}

TEST(Parse, AnErrorNamesFileLineFieldValueProblemAndRemedy) {
  EXPECT_EQ(errors_of(least_agent + "    interval: 5 parsecs\n"),
            "agent.yaml:14: connectors[0].interval: '5 parsecs' is not a duration; write for example 30s, 5min, 24h or 7d\n");
}

TEST(Parse, EveryErrorIsNamedAtOnceInTheOrderOfLines) {
  const std::string text = errors_of(R"(sensor: {name: "Zürich"}
processor: {data: []}
storage: {budget: 1MiB}
ship: {compresion: zstd}
log: {level: loud}
connectors:
  - name: a
    type: splunk
    interval: 1d
    interval: 2d
    enabled: maybe
    first_read: 1500ms
)");
  EXPECT_EQ(text,
            "agent.yaml:1: sensor.name: 'Zürich' is not a name; use letters a-z, digits, dots, dashes and underscores, beginning "
            "with a letter or digit\n"
            "agent.yaml:2: processor.data: '0 elements' is too small; write between 1 and 16\n"
            "agent.yaml:2: processor.tls.ca_file: is missing, and the receiver is tidegate; name the PEM file\n"
            "agent.yaml:2: processor.tls.certificate_file: is missing, and the receiver is tidegate; name the PEM file\n"
            "agent.yaml:2: processor.tls.private_key_file: is missing, and the receiver is tidegate; name the PEM file\n"
            "agent.yaml:3: storage.budget: '1MiB' is too small; write between 64MiB and 64TiB\n"
            "agent.yaml:4: ship.compresion: is not a known key; the nearest known key is compression\n"
            "agent.yaml:5: log.level: 'loud' is not known here; write debug, info, warning or error\n"
            "agent.yaml:7: connectors[0].tenant.id: is missing; give a label\n"
            "agent.yaml:7: connectors[0].tenant.name: is missing; give a text\n"
            "agent.yaml:7: connectors[0].region: is missing, and so is api_base_url; give one of the two\n"
            "agent.yaml:7: connectors[0].bearer_token: is missing, and so is bearer_token_file; give one of the two\n"
            "agent.yaml:8: connectors[0].type: 'splunk' is not known here; write trendmicro_visionone\n"
            "agent.yaml:10: connectors[0].interval: stands here again, first on line 9; keep one of the two\n"
            "agent.yaml:11: connectors[0].enabled: 'maybe' is not true or false; write true or false\n"
            "agent.yaml:12: connectors[0].first_read: '1500ms' has a fraction of a second; write whole seconds, for example 30s\n");
}

TEST(Parse, AnEmptyFileMissesWhatIsRequired) {
  const std::string text = errors_of("");
  EXPECT_THAT(text, HasSubstr("agent.yaml: sensor.name: is missing"));
  EXPECT_THAT(text, HasSubstr("agent.yaml: processor.data: is missing"));
}

TEST(Parse, AMissingChoiceNamesWhatMayStandThere) {
  EXPECT_THAT(errors_of(replaced(least_agent, "    type: trendmicro_visionone\n", "")),
              HasSubstr("connectors[0].type: is missing; write trendmicro_visionone\n"));
}

TEST(Parse, UnknownKeysAreErrorsWithAHint) {
  EXPECT_THAT(errors_of(least_agent + "sensors: {}\n"), HasSubstr("sensors: is not a known key; the nearest known key is sensor"));
  EXPECT_THAT(errors_of(least_agent + "audit_logs_interval: 1h\n"), HasSubstr("it belongs at connectors[].audit_logs_interval"));
  EXPECT_THAT(errors_of(least_agent + "zzz: 1\n"), HasSubstr("known here: sensor, processor, storage, ship"));
  EXPECT_THAT(errors_of(least_agent + "sensor.name: x\n"), HasSubstr("sensor.name: is not a known key"));
  EXPECT_THAT(errors_of(least_agent + "    log_filter: []\n"), HasSubstr("connectors[0].log_filter: is not a known key"));
}

TEST(Parse, WrongShapesAreNamed) {
  EXPECT_THAT(errors_of("[]"), HasSubstr("agent.yaml:1: is not a map of keys"));
  EXPECT_THAT(errors_of("just words"), HasSubstr("is not a map of keys"));
  EXPECT_THAT(errors_of("connectors: {}"), HasSubstr("connectors: is not a list"));
  EXPECT_THAT(errors_of("connectors: [x]"), HasSubstr("connectors[0]: is not a map of keys"));
  EXPECT_THAT(errors_of("sensor: {name: [a]}"), HasSubstr("sensor.name: is a list, not a single value"));
  EXPECT_THAT(errors_of("processor: {data: dp1:1}"), HasSubstr("processor.data: 'dp1:1' is a single value, not a list"));
  EXPECT_THAT(errors_of("sensor: {name: }"), HasSubstr("sensor.name: has no value"));
}

TEST(Parse, ListsOfChoicesAndPlacesAreChecked) {
  EXPECT_THAT(errors_of(least_agent + "    content_types: [alerts, alerts]\n"), HasSubstr("'alerts' stands in the list twice"));
  EXPECT_THAT(errors_of(least_agent + "    content_types: []\n"), HasSubstr("is an empty list"));
  EXPECT_THAT(errors_of(least_agent + "    content_types: [emails]\n"), HasSubstr("'emails' is not known here"));
  EXPECT_THAT(errors_of("processor: {data: [a:1, a:1]}"), HasSubstr("'a:1' stands in the list twice"));
  EXPECT_THAT(errors_of("processor: {data: [a:0]}"), HasSubstr("'a:0' is not a host and a port"));
  EXPECT_THAT(errors_of("processor: {data: [[a]]}"), HasSubstr("is not a host and a port"));
}

TEST(Parse, UrlsMustKeepTheTokenSecret) {
  const auto with_url = [](const std::string& url) {
    return errors_of(replaced(least_agent, "region: us", "api_base_url: '" + url + "'"));
  };
  EXPECT_EQ(with_url("https://api.eu.xdr.trendmicro.com/"), "");
  EXPECT_EQ(with_url("http://127.0.0.1:8080"), "");
  EXPECT_EQ(with_url("http://[::1]:8080/"), "");
  EXPECT_THAT(with_url("http://api.example.net"), HasSubstr("would send the token in the clear; write https://"));
  EXPECT_THAT(with_url("ftp://api.example.net"), HasSubstr("is not an https URL"));
  EXPECT_THAT(with_url("api.example.net"), HasSubstr("is not an https URL"));
  EXPECT_THAT(with_url("https://u:p@api.example.net"), HasSubstr("holds more than scheme, host, port and path"));
  EXPECT_THAT(with_url("https://api.example.net/?x=1"), HasSubstr("holds more than scheme, host, port and path"));
  EXPECT_THAT(errors_of("processor: {control: 'ws://x/'}"), HasSubstr("processor.control: 'ws://x/' is not a wss URL"));
}

TEST(Parse, SecretsAppearInNoError) {
  const auto check = [](const std::string& yaml) {
    const std::string text = errors_of(yaml);
    EXPECT_NE(text, "") << yaml;
    EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  };
  check(replaced(least_agent, "abc.def.ghi", "'hunter2 with a space'"));
  check(replaced(least_agent, "abc.def.ghi", "[hunter2]"));
  check(replaced(least_agent, "bearer_token", "bearer_tokn"));
  check(replaced(least_agent, "bearer_token: abc.def.ghi", "bearer_tokn: hunter2"));
  check(least_agent + "    proxy: https://user:hunter2@proxy.example.net:3128\n");
  check(replaced(least_agent, "bearer_token: abc", "bearer_token_file: eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.hunter2.abc"));
  check(least_agent + "ship: {receiver: forward, shared_key_file: hunter2}\n");
  check(least_agent + "ship: {receiver: forward, username: u, password_file: hunter2}\n");
  EXPECT_THAT(errors_of(replaced(least_agent, "abc.def.ghi", "'hunter2 2'")),
              HasSubstr("connectors[0].bearer_token: '***' is not a token"));
}

TEST(Parse, ShownValuesAreOneShortLine) {
  const std::string text = errors_of(least_agent + "    interval: \"a\\nb\\e" + std::string(500, 'x') + "\"\n");
  EXPECT_THAT(text, HasSubstr("'a?b?xxx"));
  EXPECT_LT(text.size(), 300u);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(Parse, ErrorsAreBoundedAndTheRestIsCounted) {
  std::string yaml = "sensor:\n";
  for (int i = 0; i < 5000; ++i) yaml.append("  k").append(std::to_string(i)).append(": 1\n");
  const ParsedAgent parsed = parse_agent(yaml, "agent.yaml");
  ASSERT_EQ(parsed.errors.size(), config_errors_max + 1);
  EXPECT_THAT(parsed.errors.back().problem, HasSubstr("further errors"));
  EXPECT_FALSE(parsed.config);
}

TEST(Parse, TheNumberOfConnectorsIsBounded) {
  std::string yaml = "connectors:\n";
  for (int i = 0; i < 257; ++i) yaml.append("  - {name: a}\n");
  EXPECT_THAT(errors_of(yaml), HasSubstr("connectors: '257 elements' are too many; keep at most 256"));
}

TEST(Parse, TheProcessorHasATableOfItsOwn) {
  const ParsedProcessor parsed = parse_processor(least_processor, "processor.yaml");
  ASSERT_TRUE(parsed.config) << to_text(parsed.errors);
  ProcessorConfig expected;
  expected.tls = {"/etc/tidegate/ca.pem", "/etc/tidegate/processor.pem", "/etc/tidegate/processor.key"};
  EXPECT_EQ(*parsed.config, expected);

  const ParsedProcessor wrong = parse_processor("listen: {data: 24224}\nconnectors: []\n", "processor.yaml");
  const std::string text = to_text(wrong.errors);
  EXPECT_THAT(text, HasSubstr("processor.yaml:1: listen.data: '24224' is not a host and a port"));
  EXPECT_THAT(text, HasSubstr("processor.yaml:2: connectors: is not a known key"));
  EXPECT_THAT(text,
              HasSubstr("tls.ca_file: is missing, and there is no listen.control; name the PEM file, or give listen.control"));
}

TEST(Parse, AProcessorWithAControlPlaneNeedsNoCertificates) {
  const std::string yaml =
      "processor: {names: [dp1.example.net, '2001:db8::1'], sealing_key_file: /etc/tidegate/key}\n"
      "listen: {control: '0.0.0.0:4320'}\ncontrol: {socket: /run/p.sock}\n";
  const ParsedProcessor parsed = parse_processor(yaml, "processor.yaml");
  ASSERT_TRUE(parsed.config) << to_text(parsed.errors);
  EXPECT_EQ(parsed.config->processor.names, (std::vector<std::string>{"dp1.example.net", "2001:db8::1"}));
  EXPECT_EQ(parsed.config->processor.sealing_key_file, "/etc/tidegate/key");
  EXPECT_EQ(parsed.config->control_listen, (HostPort{"0.0.0.0", 4320}));
  EXPECT_EQ(parsed.config->control_socket, "/run/p.sock");
  EXPECT_TRUE(parsed.config->has_control());
  const auto wrong = [](const std::string& names) {
    return to_text(parse_processor("listen: {control: '[::]:0'}\nprocessor: {names: " + names + "}\n", "f").errors);
  };
  EXPECT_THAT(wrong("dp1"), HasSubstr("processor.names: 'dp1' is a single value, not a list"));
  EXPECT_THAT(wrong("['a b']"), HasSubstr("processor.names: 'a b' is not a host name or an address"));
  EXPECT_THAT(wrong("[a, a]"), HasSubstr("'a' stands in the list twice"));
}

TEST(Parse, AFileThatCannotBeReadIsAnErrorLikeOthers) {
  const ParsedAgent parsed = parse_agent_file("/nonexistent/agent.yaml");
  ASSERT_EQ(parsed.errors.size(), 1u);
  EXPECT_EQ(
      to_text(parsed.errors[0]),
      "/nonexistent/agent.yaml: cannot be opened: No such file or directory; name a readable configuration file with --config");
  EXPECT_FALSE(parse_processor_file("/").config);
}

TEST(Parse, AFileIsReadWhole) {
  const std::string path = testing::TempDir() + "tidegate_parse_test.yaml";
  std::ofstream{path} << least_agent;
  EXPECT_TRUE(parse_agent_file(path).config);
  std::ofstream{path} << std::string(YamlLimits{}.bytes_max + 1, '#');
  EXPECT_THAT(to_text(parse_agent_file(path).errors),
              HasSubstr("is larger than 1048576 bytes; make it smaller, or name the configuration file with --config"));
  std::remove(path.c_str());
}

}  // namespace
}  // namespace tidegate
