// `filter try` whole: arguments in, exit code and text out, with the simulator as the API.
#include "tests/unit/agent/cli_fixture.h"

namespace tidegate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* api_token = "abc.def.ghi";

class CliFilterTest : public AgentCliTest {
 protected:
  void serve(std::vector<Endpoint> forbidden = {}) {
    SimOptions options;
    options.data.alerts.backlog = 12;
    options.data.audit_logs.backlog = 100;
    options.data.techniques.backlog = 300;
    options.serve.forbidden = std::move(forbidden);
    AgentCliTest::serve(options, api_token);
    // A tenth of it is what the command asks with.
    configure_more("requests_per_minute: 100000");
  }

  // One more line of the connector.
  void configure_more(const std::string& line) { std::ofstream{config_file(), std::ios::app} << "    " << line << "\n"; }

  int run(std::vector<std::string> words) {
    words.insert(words.begin(), {"filter", "try"});
    return AgentCliTest::run(std::move(words));
  }
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

TEST_F(CliFilterTest, WithADataPipelineItWarnsThatTheRecordsHaveOtherFields) {
  serve();
  configure_more("techniques_from: pipeline");
  EXPECT_EQ(run({"acme-visionone", "filters.riskLevel: info", "--pages", "100"}), 1) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr(" of 300 records match"), HasSubstr("  warning: with techniques_from: pipeline"),
                          HasSubstr("filterRiskLevel"), HasSubstr("in place of filters.riskLevel")));
  EXPECT_EQ(run({"acme-visionone", "*", "--content-type", "observed_attack_techniques", "--json"}), 1) << err_;
  EXPECT_THAT(out_, HasSubstr(R"(,"warning":"with techniques_from: pipeline)"));
  // The other content types are what is collected.
  EXPECT_EQ(run({"acme-visionone", "*", "--content-type", "audit_logs"}), 0) << err_;
  EXPECT_EQ(out_.find("warning"), std::string::npos);
}

TEST_F(CliFilterTest, AWrongQueryIsExitCodeTwoWithItsPosition) {
  configure("https://api.example.net", api_token);
  EXPECT_EQ(run({"acme-visionone", "severity: (low"}), 2);
  EXPECT_EQ(err_, "query: character 11: this ( is never closed\n");
  EXPECT_EQ(run({"acme-visionone", "*", "--content-type", "emails"}), 2);
  EXPECT_EQ(run({"acme-visionone", "*", "--hours", "0"}), 2);
  EXPECT_EQ(run({"acme-visionone"}), 2);
}

TEST_F(CliFilterTest, AnUnknownConnectorIsExitCodeTwoAndTheKnownOnesAreNamed) {
  configure("https://api.example.net", api_token);
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
