// `enroll` whole: arguments in, files, exit code and text out, with a processor of the test's own.
#include <simdjson.h>
#include <sys/stat.h>

#include <cstdlib>
#include <thread>

#include "agent/edges/identity_files.h"
#include "config/parse.h"
#include "tests/unit/agent/cli_fixture.h"
#include "tests/unit/agent/edges/enrolment_authority.h"
#include "transport/certificate_request.h"

namespace tidegate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testkit::enrolment_token;
using testkit::EnrolmentAuthority;

class CliEnrollTest : public AgentCliTest {
 protected:
  void SetUp() override {
    ::unsetenv("TIDEGATE_TOKEN");
    listen(centre_.admitting(enrolment_token));
  }
  void TearDown() override { stop(); }

  void listen(EnrolmentAuthority::Answer answer) {
    stop();
    loop_.restart();
    peer_ = std::make_unique<testkit::Peer>(loop_, centre_.script(std::move(answer)), centre_.server());
    thread_ = std::thread{[this] { loop_.run(); }};
  }
  void stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }

  int enroll(std::vector<std::string> more = {}) {
    std::vector<std::string> words{"enroll", "--processor", place(), "--state-directory", state()};
    for (std::string& word : more) words.push_back(std::move(word));
    return run(std::move(words));
  }
  // As an operator would do it.
  int enroll_well(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--token", enrolment_token, "--name", "zurich-01", "--ca-file", centre_.ca_file()});
    return enroll(std::move(more));
  }

  std::string place() const { return "127.0.0.1:" + std::to_string(peer_->port()); }
  std::string state() const { return folder_.path() / "state"; }
  std::string root_fingerprint() const { return certificate_facts(content_of(centre_.ca_file()))->fingerprint; }

  boost::asio::io_context loop_;
  EnrolmentAuthority centre_{folder_.path() / "centre"};
  std::unique_ptr<testkit::Peer> peer_;
  std::thread thread_;
};

TEST_F(CliEnrollTest, ASensorIsMadeOfATokenAndItsConfigurationIsValid) {
  EXPECT_EQ(enroll_well(), 0) << err_;
  EXPECT_THAT(out_,
              AllOf(HasSubstr("enrolled as zurich-01"), HasSubstr("wrote " + config_file()), Not(HasSubstr(enrolment_token))));
  EXPECT_TRUE(IdentityFiles{state()}.load());
  const ParsedAgent parsed = parse_agent_file(config_file());
  ASSERT_TRUE(parsed.config) << to_text(parsed.errors);
  EXPECT_EQ(parsed.config->sensor.name, "zurich-01");
  EXPECT_EQ(parsed.config->sensor.state_directory, state());
  EXPECT_EQ(parsed.config->processor.control, "wss://" + place() + "/v1/opamp");
  ASSERT_EQ(parsed.config->processor.data.size(), 1u);
  EXPECT_EQ(parsed.config->processor.data.front(), (HostPort{"127.0.0.1", 24224}));
  EXPECT_EQ(parsed.config->processor.tls.private_key_file, IdentityFiles{state()}.private_key_file());
}

TEST_F(CliEnrollTest, AFingerprintStandsInForAFile) {
  std::string shown = root_fingerprint();
  for (std::size_t at = 2; at < shown.size(); at += 3) shown.insert(at, ":");
  EXPECT_EQ(enroll({"--token", enrolment_token, "--name", "zurich-01", "--ca-sha256", shown}), 0) << err_;
  EXPECT_EQ(enroll({"--token", enrolment_token, "--name", "zurich-01", "--ca-sha256", std::string(64, '0')}), 1);
  EXPECT_THAT(err_, HasSubstr("the token was not sent"));
  EXPECT_EQ(centre_.forms.size(), 1u);
}

TEST_F(CliEnrollTest, TheTokenComesFromAFileOrTheEnvironmentAsWell) {
  const std::string file = folder_.path() / "token";
  std::ofstream{file} << enrolment_token << "\n";
  const std::string ca = centre_.ca_file();
  EXPECT_EQ(enroll({"--token-file", file, "--name", "a", "--ca-file", ca}), 0) << err_;
  ::setenv("TIDEGATE_TOKEN", enrolment_token, 1);
  EXPECT_EQ(enroll({"--name", "a", "--ca-file", ca}), 0) << err_;
  ::unsetenv("TIDEGATE_TOKEN");
  EXPECT_EQ(enroll({"--name", "a", "--ca-file", ca}), 2);
  EXPECT_THAT(err_, HasSubstr("TIDEGATE_TOKEN"));
  EXPECT_EQ(centre_.forms.size(), 2u);
}

TEST_F(CliEnrollTest, AConfigurationThatIsThereStaysAndIsToldWhatToSay) {
  configure("https://api.example.net", "secret-token-of-a-connector");
  const std::string before = content_of(config_file());
  EXPECT_EQ(enroll_well(), 0) << err_;
  EXPECT_EQ(content_of(config_file()), before);
  EXPECT_THAT(out_, AllOf(HasSubstr("left as it is; let it say"), HasSubstr("certificate_file: " + state()),
                          Not(HasSubstr("secret-token"))));
  EXPECT_EQ(enroll_well({"--force"}), 0) << err_;
  EXPECT_THAT(content_of(config_file()), HasSubstr(state()));
  EXPECT_EQ(enroll_well(), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("says all that is needed"));
}

TEST_F(CliEnrollTest, AnEnrolmentThatWasInterruptedGoesOnWithItsKey) {
  listen([](const QueryPairs&) { return EnrolmentAuthority::http(503, "not possible at the moment"); });
  EXPECT_EQ(enroll_well(), 3);
  EXPECT_THAT(err_, HasSubstr("not possible at the moment"));
  const std::string key = content_of(IdentityFiles{state()}.private_key_file());
  ASSERT_FALSE(key.empty());
  listen(centre_.admitting(enrolment_token));
  EXPECT_EQ(enroll_well(), 0) << err_;
  EXPECT_EQ(content_of(IdentityFiles{state()}.private_key_file()), key);
}

TEST_F(CliEnrollTest, ARefusalEndsWithOneAndWritesNeitherCertificateNorConfiguration) {
  EXPECT_EQ(enroll({"--token", "tge_wrong", "--name", "zurich-01", "--ca-file", centre_.ca_file()}), 1);
  EXPECT_THAT(err_, AllOf(HasSubstr("the token is unknown"), Not(HasSubstr("tge_wrong"))));
  EXPECT_EQ(IdentityFiles{state()}.load().error().code(), Code::absent);
  EXPECT_FALSE(std::filesystem::exists(config_file()));
}

TEST_F(CliEnrollTest, WrongUsageEndsWithTwoAndAsksNobody) {
  const std::string ca = centre_.ca_file();
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--token", enrolment_token, "--ca-file", ca, "--ca-sha256", root_fingerprint()},
           {"--token", enrolment_token, "--ca-sha256", "abc"},
           {"--token", enrolment_token, "--ca-file", folder_.path() / "absent.pem", "--name", "a"},
           {"--token", enrolment_token, "--ca-file", ca, "--name", "b\xc3\xa9"},
           {"--token", enrolment_token, "--token-file", "x", "--ca-file", ca}})
    EXPECT_EQ(enroll(words), 2) << words[2] << out_;
  EXPECT_EQ(run({"enroll", "--processor", "https://dp1/x", "--token", enrolment_token}), 2);
  EXPECT_THAT(err_, HasSubstr("write it as HOST or HOST:PORT"));
  EXPECT_TRUE(centre_.forms.empty());
}

TEST_F(CliEnrollTest, JsonIsOneDocumentAndNothingElse) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  EXPECT_EQ(enroll_well({"--json"}), 0);
  ASSERT_EQ(parser.parse(out_).get(root), simdjson::SUCCESS) << out_;
  EXPECT_EQ(std::string_view{root["sensor"]}, "zurich-01");
  EXPECT_TRUE(bool{root["config_written"]});
  EXPECT_EQ(enroll({"--json", "--token", "tge_wrong", "--name", "a", "--ca-file", centre_.ca_file()}), 1);
  ASSERT_EQ(parser.parse(out_).get(root), simdjson::SUCCESS) << out_;
  EXPECT_THAT(std::string{std::string_view{root["error"]}}, HasSubstr("refused"));
  EXPECT_TRUE(err_.empty()) << err_;
}

}  // namespace
}  // namespace tidegate
