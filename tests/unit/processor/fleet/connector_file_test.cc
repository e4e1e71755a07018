#include "processor/fleet/connector_file.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

constexpr std::string_view good =
    "# the sensor in Zurich\n"
    "sensor: zurich-01\n"
    "connectors:\n"
    "  - name: acme-v1\n"
    "    type: trendmicro_visionone\n"
    "    tenant: {id: acme, name: ACME Corp}\n"
    "    region: eu\n"
    "    credential: acme-key\n";

ParsedConnectors parse(std::string_view yaml) {
  return parse_connector_file({.yaml = yaml, .file_name = "acme.yaml", .tenants = {"acme"}, .credentials = {"acme-key"}});
}

std::string all(const ParsedConnectors& parsed) { return to_text(parsed.errors); }

TEST(ConnectorFile, NamesItsSensorAndRefersToCredentialsThatAreKept) {
  EXPECT_EQ(sensor_of_file(good), "zurich-01");
  const ParsedConnectors parsed = parse(good);
  ASSERT_TRUE(parsed.document) << all(parsed);
  EXPECT_EQ(parsed.document->revision, 0u);
  ASSERT_EQ(parsed.document->connectors.size(), 1u);
  EXPECT_EQ(parsed.document->connectors[0].name, "acme-v1");
  EXPECT_EQ(parsed.document->credential_of.at("acme-v1"), "acme-key");
}

TEST(ConnectorFile, ASensorMayBeNamedElsewhere) {
  const std::string yaml{good.substr(good.find("connectors:"))};
  EXPECT_EQ(sensor_of_file(yaml), "");
  EXPECT_TRUE(parse(yaml).document);
}

TEST(ConnectorFile, EveryErrorIsThereAtOnceWithItsLineAndTheFilesName) {
  const ParsedConnectors parsed = parse(
      "sensor: zurich-01\n"
      "connectors:\n"
      "  - name: acme-v1\n"
      "    type: trendmicro_visionone\n"
      "    tenant: {id: blue, name: Blue}\n"
      "    region: mars\n"
      "    credential: other-key\n"
      "    interval: 5 parsecs\n");
  EXPECT_FALSE(parsed.document);
  for (const char* line :
       {"acme.yaml:5: connectors[0].tenant.id: 'blue' is no tenant of this sensor", "acme.yaml:6: connectors[0].region: 'mars'",
        "acme.yaml:7: connectors[0].credential: 'other-key' is no credential that the processor keeps",
        "acme.yaml:8: connectors[0].interval: '5 parsecs'"})
    EXPECT_NE(all(parsed).find(line), std::string::npos) << line << "\n" << all(parsed);
}

TEST(ConnectorFile, WhatTheProcessorAddsMayNotStandInIt) {
  const ParsedConnectors parsed = parse(std::string{good} + "revision: 7\ncredentials:\n  - {name: a, bearer_token: planted}\n");
  EXPECT_FALSE(parsed.document);
  EXPECT_NE(all(parsed).find("revision: is counted by the processor"), std::string::npos) << all(parsed);
  EXPECT_NE(all(parsed).find("credentials: does not stand in this file"), std::string::npos) << all(parsed);
  EXPECT_EQ(all(parsed).find("planted"), std::string::npos);
}

TEST(ConnectorFile, EmptyIsNotTakingAllAway) {  // P8
  for (const std::string_view yaml : {"", "\n", "{}", "sensor: zurich-01\n", "sensor: zurich-01\nconnectors:\n", "- a list\n"}) {
    const ParsedConnectors parsed = parse(yaml);
    EXPECT_FALSE(parsed.document) << yaml;
    EXPECT_FALSE(parsed.errors.empty()) << yaml;
  }
}

TEST(ConnectorFile, OddShapesAreErrorsAndNothingElse) {
  for (const std::string_view yaml :
       {"{sensor: zurich-01, connectors: []}", "sensor:\n  zurich-01\nconnectors: []\n", "sensor: [a]\nconnectors: []\n",
        "  sensor: zurich-01\n  connectors: []\n", "sensor: a\nsensor: b\nconnectors: []\n", "sensor: &a b\nconnectors: []\n",
        "sensor: zurich-01\nconnectors: {a: b}\n", "sensor: zurich-01\nconnectors: [a, [b]]\n",
        "\"sensor\": a\nconnectors: []\n"}) {
    const ParsedConnectors parsed = parse(yaml);
    EXPECT_FALSE(parsed.document) << yaml;
    EXPECT_FALSE(parsed.errors.empty()) << yaml;
  }
}

TEST(ConnectorFile, PlacesThatOnlyTheSensorCanPermitAreLeftToIt) {
  std::string yaml{good};
  yaml.replace(yaml.find("region: eu"), 10, "api_base_url: https://api.example.net");
  yaml.append("    proxy: http://proxy.example.net:3128\n");
  EXPECT_TRUE(parse(yaml).document) << all(parse(yaml));
}

TEST(ConnectorFile, WhatWasPushedIsReadBackWithItsTokens) {
  const Result<ConnectorsDocument> document = read_pushed(Secret{
      "revision: 3\ncredentials:\n  - {name: k, bearer_token: t}\nconnectors:\n  - {name: a, type: trendmicro_visionone, tenant: "
      "{id: acme, name: ACME}, api_base_url: 'https://api.example.net', credential: k}\n"});
  ASSERT_TRUE(document) << document.error().text();
  EXPECT_EQ(document->connectors.at(0).bearer_token.reveal(), "t");
  EXPECT_EQ(read_pushed(Secret{"revision: 3\n"}).error().code(), Code::corrupt);
}

}  // namespace
}  // namespace tidegate
