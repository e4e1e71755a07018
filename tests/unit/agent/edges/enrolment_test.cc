// Enrolment on the sensor, against a processor of the test's own: who is let near the token, and what is taken for an answer.
#include "agent/edges/enrolment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/edges/enrolment_authority.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testkit::enrolment_token;
using testkit::EnrolmentAuthority;
using testkit::Peer;

class EnrolmentTest : public ::testing::Test {
 protected:
  Peer& serve(EnrolmentAuthority::Answer answer, const IdentityOptions& options = {}) {
    peer_ = std::make_unique<Peer>(loop_, centre_.script(std::move(answer)), centre_.server(options));
    plan_.host = "127.0.0.1";
    plan_.port = peer_->port();
    plan_.sensor = "zurich-01";
    plan_.token = Secret{enrolment_token};
    plan_.ca_file = centre_.ca_file();
    return *peer_;
  }

  Result<Enrolled> run() { return testkit::run(loop_, enrol(plan_, key_, clock_)); }

  // Refused with these words, and the token was sent to nobody.
  void expect_held_back(Code code, const ::testing::Matcher<const std::string&>& words) {
    const Result<Enrolled> enrolled = run();
    ASSERT_FALSE(enrolled);
    EXPECT_EQ(enrolled.error().code(), code) << enrolled.error().text();
    EXPECT_THAT(enrolled.error().text(), words);
    EXPECT_TRUE(centre_.forms.empty());
  }

  void expect_refused(Code code, const ::testing::Matcher<const std::string&>& words) {
    const Result<Enrolled> enrolled = run();
    ASSERT_FALSE(enrolled);
    EXPECT_EQ(enrolled.error().code(), code) << enrolled.error().text();
    EXPECT_THAT(enrolled.error().text(), AllOf(words, Not(HasSubstr(enrolment_token))));
    EXPECT_EQ(centre_.forms.size(), 1u);
  }

  std::string root_fingerprint() const { return certificate_facts(content_of(centre_.ca_file()))->fingerprint; }

  TemporaryDirectory folder_;
  EnrolmentAuthority centre_{folder_.path() / "centre"};
  asio::io_context loop_;
  std::unique_ptr<Peer> peer_;
  EnrolmentPlan plan_;
  Secret key_ = *make_private_key();
  SystemClock clock_;
};

TEST_F(EnrolmentTest, ATokenAndARequestBecomeACertificateForTheSensorsKey) {
  serve(centre_.admitting(enrolment_token));
  const Result<Enrolled> enrolled = run();
  ASSERT_TRUE(enrolled) << enrolled.error().text();
  EXPECT_TRUE(key_belongs_to(key_, enrolled->certificate_pem));
  EXPECT_EQ(enrolled->certificate.common_name, "zurich-01");
  EXPECT_EQ(enrolled->certificate.serial, "1267");
  EXPECT_EQ(certificate_facts(enrolled->ca_pem)->fingerprint, root_fingerprint());
  ASSERT_EQ(centre_.forms.size(), 1u);
  EXPECT_THAT(centre_.heads.front(), AllOf(HasSubstr("POST /v1/enroll HTTP/1.1"), HasSubstr("application/x-www-form-urlencoded")));
  EXPECT_EQ(centre_.forms.front().at("sensor"), "zurich-01");
  EXPECT_EQ(centre_.forms.front().count("key"), 0u);
}

TEST_F(EnrolmentTest, TheKeyNeverLeavesTheSensor) {
  serve(centre_.admitting(enrolment_token));
  ASSERT_TRUE(run());
  for (const auto& [name, value] : centre_.forms.front()) EXPECT_THAT(value, Not(HasSubstr("PRIVATE"))) << name;
}

TEST_F(EnrolmentTest, AFingerprintTrustsThatAuthorityAlone) {
  serve(centre_.admitting(enrolment_token));
  plan_.ca_file.clear();
  plan_.ca_sha256 = root_fingerprint();
  EXPECT_TRUE(run());
}

TEST_F(EnrolmentTest, AFingerprintThatNobodyShowsHoldsTheTokenBack) {
  serve(centre_.admitting(enrolment_token));
  plan_.ca_file.clear();
  plan_.ca_sha256 = std::string(64, 'a');
  expect_held_back(Code::denied, AllOf(HasSubstr("none of the 2 certificates"), HasSubstr(root_fingerprint()),
                                       HasSubstr("the token was not sent")));
}

TEST_F(EnrolmentTest, TheFingerprintOfTheServersOwnCertificateIsNoAuthoritys) {
  serve(centre_.admitting(enrolment_token));
  plan_.ca_file.clear();
  plan_.ca_sha256 = certificate_facts(content_of(centre_.dir() / "processor.pem"))->fingerprint;
  expect_held_back(Code::denied, HasSubstr("no root authority"));
}

TEST_F(EnrolmentTest, AnAuthorityThatIsPinnedMustStillNameTheHost) {
  IdentityOptions elsewhere;
  elsewhere.dns_names = {"dp9.example.net"};
  elsewhere.addresses = {};
  serve(centre_.admitting(enrolment_token), elsewhere);
  plan_.ca_file.clear();
  plan_.ca_sha256 = root_fingerprint();
  expect_held_back(Code::denied, AllOf(HasSubstr("another host name"), HasSubstr("dp9.example.net"), HasSubstr("127.0.0.1")));
}

TEST_F(EnrolmentTest, AForeignAuthorityHoldsTheTokenBack) {
  serve(centre_.admitting(enrolment_token));
  const EnrolmentAuthority stranger{folder_.path() / "stranger"};
  plan_.ca_file = stranger.ca_file();
  expect_held_back(Code::denied, AllOf(HasSubstr("not signed by an authority that is trusted here"), HasSubstr("--ca-sha256")));
  plan_.ca_file.clear();  // the system's do not know it either
  expect_held_back(Code::denied, HasSubstr("--ca-file"));
}

TEST_F(EnrolmentTest, ClocksThatDifferAreNamed) {
  IdentityOptions over;
  over.not_before = -72h;
  over.not_after = -48h;
  serve(centre_.admitting(enrolment_token), over);
  expect_held_back(Code::denied, AllOf(HasSubstr("its certificate ended"), HasSubstr("this sensor's clock says")));
  IdentityOptions later;
  later.not_before = 48h;
  later.not_after = 72h;
  serve(centre_.admitting(enrolment_token), later);
  expect_held_back(Code::denied, AllOf(HasSubstr("its certificate begins"), HasSubstr("NTP")));
}

TEST_F(EnrolmentTest, APlaceThatCannotBeReachedSaysWhatToAllow) {
  serve(centre_.admitting(enrolment_token));
  peer_.reset();
  const std::uint16_t taken = plan_.port;
  {
    asio::ip::tcp::acceptor free{loop_, {asio::ip::address_v4::loopback(), 0}};
    plan_.port = free.local_endpoint().port();
  }
  ASSERT_NE(plan_.port, taken);
  expect_held_back(Code::unavailable, AllOf(HasSubstr("listen.control"), HasSubstr(std::to_string(plan_.port))));
  plan_.host = "no-such-host.invalid";
  expect_held_back(Code::unavailable, HasSubstr("--processor"));
}

TEST_F(EnrolmentTest, APortWithoutTlsIsNoControlPort) {
  const Peer plain{loop_, [](testkit::Channel& channel) -> asio::awaitable<void> {
                     co_await channel.read();
                     co_await channel.write("HTTP/1.1 400 Bad Request\r\n\r\n");
                   }};
  serve(centre_.admitting(enrolment_token));
  plan_.port = plain.port();
  expect_held_back(Code::unavailable, AllOf(HasSubstr("does not speak TLS"), HasSubstr("4320")));
}

TEST_F(EnrolmentTest, ARefusalCarriesTheProcessorsLine) {
  serve(centre_.admitting("tge_another"));
  expect_refused(Code::denied, AllOf(HasSubstr("refused: the token is unknown (HTTP 403)"), HasSubstr("ask for a new token")));
}

TEST_F(EnrolmentTest, EachStatusSaysWhatToDoNext) {
  for (const auto& [status, code, words] : {std::tuple{400u, Code::denied, "--name"},
                                            {404u, Code::denied, "no control port"},
                                            {409u, Code::denied, "another --name"},
                                            {429u, Code::unavailable, "in 30 s"},
                                            {500u, Code::unavailable, "log of the processor"},
                                            {503u, Code::unavailable, "in 30 s"}}) {
    const std::string answer = EnrolmentAuthority::http(status, "no: \x1b[2J\nmore", "Retry-After: 30\r\n");
    serve([answer](const QueryPairs&) { return answer; });
    expect_refused(code, AllOf(HasSubstr("no: ?[2J (HTTP " + std::to_string(status)), HasSubstr(words)));
    centre_.forms.clear();
  }
}

TEST_F(EnrolmentTest, AnAnswerThatCannotBeUsedIsNotTaken) {
  const auto answers = [this](const std::string& body) {
    serve([body](const QueryPairs&) { return EnrolmentAuthority::http(200, body); });
  };
  const std::string root = content_of(centre_.ca_file());
  const std::string other_key = centre_.sign(*make_certificate_request(*make_private_key(), "zurich-01"));
  const std::string csr = *make_certificate_request(key_, "zurich-01");
  const EnrolmentAuthority stranger{folder_.path() / "stranger"};
  const std::vector<std::pair<std::string, std::string>> cases{
      {"<html>welcome</html>", "there is none in PEM"},
      {centre_.sign(csr), "no authority beside"},
      {other_key + root, "for another key"},
      {stranger.sign(csr) + root, "not signed by any of the authorities"},
      {centre_.sign(csr, 48h, 72h) + root, "costs no further use of the token"},
      {centre_.sign(csr) + root.substr(0, root.size() / 2) + "\n-----END CERTIFICATE-----\n", "damaged"},
      {std::string(100'000, 'x'), "127.0.0.1"},
  };
  for (const auto& [body, words] : cases) {
    answers(body);
    const Result<Enrolled> enrolled = run();
    ASSERT_FALSE(enrolled) << words;
    EXPECT_THAT(enrolled.error().text(), HasSubstr(words));
  }
}

TEST_F(EnrolmentTest, AHostThatIsNoneIsRefusedAtOnce) {
  serve(centre_.admitting(enrolment_token));
  plan_.host = "dp1 example";
  expect_held_back(Code::invalid, HasSubstr("--processor"));
}

}  // namespace
}  // namespace tidegate
