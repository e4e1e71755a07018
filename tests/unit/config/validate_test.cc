#include "config/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/parse.h"
#include "tests/unit/config/samples.h"

namespace tidegate {
namespace {

using testing::HasSubstr;

TEST(Validate, AParsedModelBreaksNoRule) {
  EXPECT_TRUE(validate(*parse_agent(least_agent, "f").config).empty());
  EXPECT_TRUE(validate(*parse_processor(least_processor, "f").config).empty());
}

TEST(Validate, RegionAndUrlExcludeEachOther) {
  EXPECT_EQ(errors_of(least_agent + "    api_base_url: https://api.example.net\n"),
            "agent.yaml:14: connectors[0].api_base_url: stands beside region; keep one of the two\n");
  EXPECT_EQ(errors_of(replaced(least_agent, "    region: us\n", "")),
            "agent.yaml:9: connectors[0].region: is missing, and so is api_base_url; give one of the two\n");
}

TEST(Validate, AWrongUrlIsNotMissingAsWell) {
  const std::string text = errors_of(replaced(least_agent, "region: us", "api_base_url: nowhere"));
  EXPECT_THAT(text, HasSubstr("'nowhere' is not an https URL"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  const std::string empty = errors_of(replaced(least_agent, "region: us", "api_base_url:"));
  EXPECT_EQ(std::count(empty.begin(), empty.end(), '\n'), 1) << empty;
}

TEST(Validate, TokenAndItsFileExcludeEachOther) {
  EXPECT_THAT(errors_of(least_agent + "    bearer_token_file: /t\n"), HasSubstr("bearer_token_file: stands beside bearer_token"));
  EXPECT_THAT(errors_of(replaced(least_agent, "    bearer_token: abc.def.ghi\n", "")),
              HasSubstr("connectors[0].bearer_token: is missing, and so is bearer_token_file"));
}

TEST(Validate, ConnectorsHaveNamesOfTheirOwn) {
  const std::string connector = least_agent.substr(least_agent.find("  - name"));
  EXPECT_EQ(errors_of(least_agent + connector),
            "agent.yaml:14: connectors[1].name: 'acme-visionone' is the name of connectors[0] as well; give each connector a name "
            "of its own\n");
  EXPECT_EQ(errors_of(least_agent + replaced(connector, "acme-visionone", "other")), "");
}

TEST(Validate, ConnectorNamesAreSingleByteCharacters) {
  EXPECT_THAT(errors_of(replaced(least_agent, "acme-visionone", "Zürich")),
              HasSubstr("'Zürich' holds other than single-byte characters"));
  EXPECT_THAT(errors_of(replaced(least_agent, "acme-visionone", "' a'")), HasSubstr("has a space at its end"));
  EXPECT_THAT(errors_of(replaced(least_agent, "acme-visionone", std::string(65, 'a'))),
              HasSubstr("is too long; write at most 64 bytes"));
}

TEST(Validate, AProcessorOfOursIsMetWithACertificate) {
  const std::string without = replaced(least_agent, "    certificate_file: /etc/tidegate/sensor.pem\n", "");
  EXPECT_THAT(errors_of(without), HasSubstr("processor.tls.certificate_file: is missing, and the receiver is tidegate"));
  EXPECT_THAT(errors_of(without + "ship: {receiver: forward}\n"),
              HasSubstr("certificate_file: is missing beside private_key_file"));
  const std::string neither = replaced(without, "    private_key_file: /etc/tidegate/sensor.key\n", "");
  EXPECT_EQ(errors_of(neither + "ship: {receiver: forward}\n"), "");
}

TEST(Validate, AnotherReceiverMayDoWithoutFilesOfTls) {
  const std::string tls =
      least_agent.substr(least_agent.find("  tls:"), least_agent.find("connectors:") - least_agent.find("  tls:"));
  EXPECT_EQ(errors_of(replaced(least_agent, tls, "") + "ship: {receiver: forward}\n"), "");
}

TEST(Validate, AHandshakeIsForReceiversOfOthers) {
  EXPECT_EQ(errors_of(least_agent + "ship: {shared_key_file: /key, username: sensor, password_file: /password}\n"),
            "agent.yaml:14: ship.shared_key_file: '***' is of no use where the receiver is tidegate; take it away, or write "
            "receiver: forward\n"
            "agent.yaml:14: ship.username: 'sensor' is of no use where the receiver is tidegate; take it away, or write "
            "receiver: forward\n"
            "agent.yaml:14: ship.password_file: '***' is of no use where the receiver is tidegate; take it away, or write "
            "receiver: forward\n");
  const auto with = [](const std::string& keys) { return errors_of(least_agent + "ship: {receiver: forward, " + keys + "}\n"); };
  EXPECT_EQ(with("shared_key_file: /key"), "");
  EXPECT_EQ(with("shared_key_file: /key, username: sensor, password_file: /password"), "");
}

TEST(Validate, AUserHasAKeyAndAPassword) {
  const auto with = [](const std::string& keys) { return errors_of(least_agent + "ship: {receiver: forward, " + keys + "}\n"); };
  EXPECT_EQ(with("username: sensor, password_file: /password"),
            "agent.yaml:14: ship.username: 'sensor' stands without shared_key_file; give shared_key_file, or take it away\n");
  EXPECT_EQ(with("shared_key_file: /key, username: sensor"),
            "agent.yaml:14: ship.username: 'sensor' stands without password_file; give password_file, or take it away\n");
  EXPECT_EQ(with("shared_key_file: /key, password_file: /password"),
            "agent.yaml:14: ship.password_file: '***' stands without username; give username, or take it away\n");
  EXPECT_THAT(with("shared_key_file: /key, password_file: /password, username: " + std::string(129, 'u')),
              HasSubstr("ship.username: "));
}

// Passes run over windows of any length side by side, so the overlap is no bound of theirs.
TEST(Validate, AWindowMayBeShorterThanTheOverlap) {
  EXPECT_EQ(errors_of(least_agent + "    window: 1min\n    overlap: 10min\n"), "");
}

TEST(Validate, TheProcessorListensAtTwoPlaces) {
  const ParsedProcessor parsed = parse_processor(least_processor + "listen: {data: '127.0.0.1:9274'}\n", "processor.yaml");
  ASSERT_EQ(parsed.errors.size(), 1u);
  EXPECT_THAT(to_text(parsed.errors[0]), HasSubstr("metrics.listen: '127.0.0.1:9274' is the place of listen.data as well"));
  const std::string three = least_processor + "listen: {data: '[::]:1', control: '[::]:1'}\n";
  EXPECT_THAT(to_text(parse_processor(three, "f").errors),
              HasSubstr("listen.control: '[::]:1' is the place of listen.data as well"));
  const std::string any_free = "listen: {data: '127.0.0.1:0'}\nmetrics: {listen: '127.0.0.1:0'}\n";
  EXPECT_TRUE(parse_processor(least_processor + any_free, "processor.yaml").config);
}

TEST(Validate, AProcessorsCertificatesAreAllGivenOrNone) {
  const std::string half = "listen: {control: '[::]:4320'}\ntls: {ca_file: /ca.pem}\n";
  EXPECT_EQ(to_text(parse_processor(half, "f").errors),
            "f:2: tls.certificate_file: is missing beside the rest of tls; name the PEM file\n"
            "f:2: tls.private_key_file: is missing beside the rest of tls; name the PEM file\n");
}

}  // namespace
}  // namespace tidegate
