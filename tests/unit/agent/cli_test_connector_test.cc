// `test-connector` whole: arguments in, exit code and text out, with the simulator as the API.
#include <simdjson.h>

#include "tests/support/vision_one_keys.h"
#include "tests/unit/agent/cli_fixture.h"

namespace tidegate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class CliTestConnectorTest : public AgentCliTest {
 protected:
  void serve(std::vector<Endpoint> forbidden = {}) {
    SimOptions options;
    options.data.alerts.backlog = 48;
    options.serve.forbidden = std::move(forbidden);
    AgentCliTest::serve(options, token_);
  }

  int run(std::vector<std::string> words) {
    words.insert(words.begin(), "test-connector");
    return AgentCliTest::run(std::move(words));
  }

  std::string token_ = token_of_shape({});
};

TEST_F(CliTestConnectorTest, PrintsALineAStageAndEndsWithZeroWhereAllIsWell) {
  serve();
  EXPECT_EQ(run({"acme-visionone"}), 0) << out_ << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("ok       resolve"), HasSubstr("ok       data alerts"), HasSubstr("skipped  tls"),
                          HasSubstr("verdict: ok: 0 of 9 stages failed")));
  EXPECT_EQ(out_.find(token_), std::string::npos);
}

TEST_F(CliTestConnectorTest, EndsWithOneWhereAStageFailedAndSaysWhatToDo) {
  serve({Endpoint::alerts});
  EXPECT_EQ(run({"acme-visionone"}), 1);
  EXPECT_THAT(out_, AllOf(HasSubstr("failed   data alerts"), HasSubstr("Workbench: View, filter, and search"),
                          HasSubstr("verdict: failed: 1 of 9 stages failed")));
}

TEST_F(CliTestConnectorTest, JsonIsOneDocumentAndNothingElse) {
  serve({Endpoint::techniques});
  EXPECT_EQ(run({"acme-visionone", "--json"}), 1);
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_EQ(parser.parse(out_).get(root), simdjson::SUCCESS) << out_;
  EXPECT_EQ(std::string_view{root["verdict"]}, "failed");
  EXPECT_EQ(simdjson::dom::array{root["stages"]}.size(), 9u);
  EXPECT_TRUE(err_.empty()) << err_;
}

TEST_F(CliTestConnectorTest, AnUnknownConnectorOrAConfigurationThatIsNotValidEndsWithTwo) {
  serve();
  EXPECT_EQ(run({"acme"}), 2);
  EXPECT_THAT(err_, HasSubstr("acme-visionone"));
  EXPECT_EQ(run({}), 2);
  std::ofstream{config_file()} << "sensor: {nom: x}\n";
  EXPECT_EQ(run({"acme-visionone"}), 2);
  EXPECT_TRUE(out_.empty());
}

}  // namespace
}  // namespace tidegate
