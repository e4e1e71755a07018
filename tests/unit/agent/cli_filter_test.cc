// `filter try` whole: arguments in, exit code and text out, with the simulator as the API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "agent/cli.h"
#include "tests/support/vision_one_server.h"
#include "tests/unit/transport/loopback.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

class CliFilterTest : public ::testing::Test {
 protected:
  void serve(std::vector<Endpoint> forbidden = {}) {
    SimOptions options;
    options.data.origin = clock_.wall();
    options.data.live = 0s;
    options.data.alerts.backlog = 12;
    options.data.audit_logs.backlog = 100;
    options.data.techniques.backlog = 300;
    options.serve.tokens = {"abc.def.ghi"};
    options.serve.forbidden = std::move(forbidden);
    sim_ = std::make_unique<VisionOneSim>(options, Seed{5});
    server_ = std::make_unique<VisionOneServerThread>(*sim_, clock_, VisionOneServerOptions{});
    ASSERT_TRUE(server_->start());
    configure(server_->base_url());
  }

  void configure(const std::string& api_base_url) {
    std::ofstream{config_file()} << "sensor: {name: zurich-01}\n"
                                    "processor:\n"
                                    "  data: [dp1.example.net:24224]\n"
                                    "  tls: {ca_file: /ca, certificate_file: /c, private_key_file: /k}\n"
                                    "connectors:\n"
                                    "  - name: acme-visionone\n"
                                    "    type: trendmicro_visionone\n"
                                    "    tenant: {id: acme, name: ACME Corp}\n"
                                    "    bearer_token: abc.def.ghi\n"
                                    "    settle: 0s\n"
                                    "    api_base_url: "
                                 << api_base_url << "\n";
  }

  std::string config_file() const { return (folder_.path() / "agent.yaml").string(); }

  int run(std::vector<std::string> words) {
    words.insert(words.begin(), {"tidegate-agent", "--config", config_file(), "filter", "try"});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int code = agent_main(static_cast<int>(argv.size()), argv.data());
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    return code;
  }

  SystemClock clock_;
  testing::Folder folder_;
  std::unique_ptr<VisionOneSim> sim_;
  std::unique_ptr<VisionOneServerThread> server_;
  std::string out_;
  std::string err_;
};

TEST_F(CliFilterTest, ShowsWhatWouldMatchAmongRecentRecords) {
  serve();
  EXPECT_EQ(run({"acme-visionone", "filters.riskLevel: info", "--pages", "100"}), 0) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr(" of 300 records match"), HasSubstr("filters.riskLevel: "), HasSubstr("audit_logs: 0 of 100")));
  EXPECT_EQ(run({"acme-visionone", "*", "--content-type", "audit_logs", "--json"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr(R"("content_types":[{"content_type":"audit_logs","records":100,"matching":100,)"));
}

TEST_F(CliFilterTest, NamesTheNearestFieldForOneThatNoRecordHas) {
  serve();
  EXPECT_EQ(run({"acme-visionone", "filters.risklevel: info"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("no record has the field filters.risklevel; the nearest field is filters.riskLevel\n"));
}

TEST_F(CliFilterTest, AWrongQueryIsExitCodeTwoWithItsPosition) {
  configure("https://api.example.net");
  EXPECT_EQ(run({"acme-visionone", "severity: (low"}), 2);
  EXPECT_EQ(err_, "query: character 11: this ( is never closed\n");
  EXPECT_EQ(run({"acme-visionone", "*", "--content-type", "emails"}), 2);
  EXPECT_EQ(run({"acme-visionone", "*", "--hours", "0"}), 2);
  EXPECT_EQ(run({"acme-visionone"}), 2);
}

TEST_F(CliFilterTest, AnUnknownConnectorIsExitCodeTwoAndTheKnownOnesAreNamed) {
  configure("https://api.example.net");
  EXPECT_EQ(run({"other", "*"}), 2);
  EXPECT_EQ(err_, "connector 'other' is not in the configuration; there are: acme-visionone\n");
}

TEST_F(CliFilterTest, AnApiThatCannotBeReachedIsExitCodeThree) {
  serve();
  server_->stop();
  EXPECT_EQ(run({"acme-visionone", "*"}), 3);
  EXPECT_THAT(out_, HasSubstr("alerts: could not be read: "));
}

TEST_F(CliFilterTest, OneContentTypeThatIsRefusedIsExitCodeOneAndTheOthersAreShown) {
  serve({Endpoint::alerts});
  EXPECT_EQ(run({"acme-visionone", "*"}), 1);
  EXPECT_THAT(out_, AllOf(HasSubstr("alerts: could not be read: "), HasSubstr("audit_logs: 100 of 100 records match (100.0 %)")));
}

}  // namespace
}  // namespace tidegate
