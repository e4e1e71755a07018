// The TLS of the processor's ports as a stranger's scanner sees it: sslscan against the delivered program (P10).
//
// sslscan is not part of this tree: `./dev setup --check` unpacks it into third/; one that is installed will do as well. Skipped,
// with the reason, where it is missing.
#include <gtest/gtest.h>

#include <map>
#include <regex>

#include "tests/interop/control_plane_fixture.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr auto scan_max = 120s;

using Attributes = std::map<std::string, std::string>;

// The elements of that name, with what they say.
std::vector<Attributes> elements_of(const std::string& xml, const std::string& name) {
  const std::regex element{"<" + name + "\\s+([^>]*)>"};
  static const std::regex attribute{"([a-z0-9_-]+)=\"([^\"]*)\""};
  std::vector<Attributes> elements;
  for (std::sregex_iterator at{xml.begin(), xml.end(), element}, end; at != end; ++at) {
    const std::string said = (*at)[1].str();
    Attributes attributes;
    for (std::sregex_iterator each{said.begin(), said.end(), attribute}, last; each != last; ++each)
      attributes[(*each)[1].str()] = (*each)[2].str();
    elements.push_back(std::move(attributes));
  }
  return elements;
}

// The suites that a version was spoken with, to the end of its handshake.
std::vector<std::string> suites_of(const std::string& xml, const std::string& version) {
  std::vector<std::string> suites;
  for (const Attributes& cipher : elements_of(xml, "cipher"))
    if (cipher.at("sslversion") == version) suites.push_back(cipher.at("cipher"));
  return suites;
}

void expect_versions(const std::string& xml) {
  std::map<std::string, std::string> enabled;
  for (const Attributes& protocol : elements_of(xml, "protocol"))
    enabled[protocol.at("type") + protocol.at("version")] = protocol.at("enabled");
  const std::map<std::string, std::string> wanted{{"ssl2", "0"},   {"ssl3", "0"},   {"tls1.0", "0"},
                                                  {"tls1.1", "0"}, {"tls1.2", "1"}, {"tls1.3", "1"}};
  EXPECT_EQ(enabled, wanted);
}

void expect_suites(const std::string& xml) {
  static const std::regex good{"(TLS|ECDHE-(ECDSA|RSA))[-_](AES(_|)(128|256)[-_]GCM|CHACHA20[-_]POLY1305).*"};
  for (const Attributes& cipher : elements_of(xml, "cipher"))
    EXPECT_TRUE(std::regex_match(cipher.at("cipher"), good)) << cipher.at("sslversion") << " " << cipher.at("cipher");
}

// Debian's OpenSSL cannot ask for compression: then the scanner says nothing of it.
void expect_no_known_weakness(const std::string& xml) {
  for (const Attributes& compression : elements_of(xml, "compression")) EXPECT_EQ(compression.at("supported"), "0");
  const std::vector<Attributes> renegotiations = elements_of(xml, "renegotiation");
  ASSERT_FALSE(renegotiations.empty());
  for (const Attributes& renegotiation : renegotiations)
    EXPECT_TRUE(renegotiation.at("supported") == "0" || renegotiation.at("secure") == "1");
  const std::vector<Attributes> heartbleeds = elements_of(xml, "heartbleed");
  ASSERT_FALSE(heartbleeds.empty());
  for (const Attributes& heartbleed : heartbleeds) EXPECT_EQ(heartbleed.at("vulnerable"), "0") << heartbleed.at("sslversion");
}

void expect_strong_key(const std::string& xml) {
  const std::vector<Attributes> keys = elements_of(xml, "pk");
  ASSERT_FALSE(keys.empty());
  for (Attributes key : keys) {
    const bool rsa = key["type"] == "RSA" && std::stoi("0" + key["bits"]) >= 2048;
    const bool curve = key["type"] == "EC" && (key["curve_name"] == "prime256v1" || key["curve_name"] == "secp384r1");
    EXPECT_TRUE(rsa || curve) << key["type"] << " " << key["bits"] << " " << key["curve_name"];
  }
}

void expect_strong(const std::string& report) {
  expect_versions(report);
  EXPECT_FALSE(suites_of(report, "TLSv1.2").empty());
  EXPECT_FALSE(suites_of(report, "TLSv1.3").empty());
  expect_suites(report);
  expect_no_known_weakness(report);
  expect_strong_key(report);
}

class TlsScan : public ControlPlane {
 protected:
  void SetUp() override {
    const std::string unpacked = std::string{TIDEGATE_TREE} + "/third/usr/bin/sslscan";
    scanner_ = std::filesystem::exists(unpacked) ? unpacked : "sslscan";
    const Result<ProgramRun> version = run_program({.program = scanner_, .arguments = {"--version"}}, 60s);
    if (!version || !version->end.ok()) GTEST_SKIP() << "no sslscan: run ./dev setup --check";
    ASSERT_NO_FATAL_FAILURE(ControlPlane::SetUp());
  }

  // Its report, XML. `options`: who the scanner is, if anybody.
  std::string scan(std::uint16_t port, Words options = {}) {
    options.insert(options.end(), {"--no-colour", "--xml=-", "127.0.0.1:" + std::to_string(port)});
    const Result<ProgramRun> ran = run_program({.program = scanner_, .arguments = std::move(options)}, scan_max);
    EXPECT_TRUE(ran && ran->end.ok()) << (ran ? ran->output : ran.error().text());
    return ran ? ran->output : std::string{};
  }

  // As a sensor that has enrolled.
  Words as_sensor(const std::string& sensor) {
    const Result<std::string> token = rig_->token("acme");
    EXPECT_TRUE(token) << token.error().text();
    if (!token) return {};
    const Result<ProgramRun> enrolled = rig_->enrol(sensor, *token);
    EXPECT_TRUE(enrolled && enrolled->end.ok());
    const std::filesystem::path identity = rig_->state_of(sensor) / "identity";
    return {"--certs=" + (identity / "certificate.pem").string(), "--pk=" + (identity / "key.pem").string()};
  }

  std::string scanner_;
};

TEST_F(TlsScan, TheDataPortSpeaksStrongTlsWithSensors) {
  const std::string report = scan(rig_->data_port(), as_sensor("zurich-01"));
  SCOPED_TRACE(report);
  expect_strong(report);
}

// In TLS 1.3 a client is done before it is refused, which a scanner does not wait for; in TLS 1.2 it is not.
TEST_F(TlsScan, TheDataPortEndsNoHandshakeWithAClientThatShowsNoCertificate) {
  const std::string report = scan(rig_->data_port());
  SCOPED_TRACE(report);
  expect_versions(report);
  EXPECT_TRUE(suites_of(report, "TLSv1.2").empty());
  expect_suites(report);
}

TEST_F(TlsScan, TheControlPortSpeaksStrongTlsWithThoseWhoHaveNoCertificateYet) {
  const std::string report = scan(rig_->control_port());
  SCOPED_TRACE(report);
  expect_strong(report);
}

}  // namespace
}  // namespace tidegate
