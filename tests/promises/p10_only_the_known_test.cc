// P10, Only the known get in, secrets stay in: on the delivered programs, in all that they print, log and keep.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/interop/control_plane_fixture.h"

namespace tidegate {
namespace {

TEST_F(ControlPlane, P10OnlyTheKnownGetIn) {
  add_sensor("zurich-01");
  collect("zurich-01", "acme-v1");
  // A token that nobody made, one that is used up, and one that was revoked.
  const Result<std::string> once = rig_->token("acme");
  const Result<std::string> revoked = rig_->token("acme");
  ASSERT_TRUE(once && revoked);
  const Result<ProgramRun> second = rig_->enrol("bern-01", *once);
  ASSERT_TRUE(second && second->end.ok()) << second->output;
  ASSERT_TRUE(rig_->ask({"token", "revoke", revoked->substr(4, 8)}));
  for (const std::string& token : {"tge_" + std::string(32, 'a'), *once, *revoked}) {
    const Result<ProgramRun> refused = rig_->enrol("basel-01", token);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->end.exit_code, exit_failed) << refused->output;
    EXPECT_FALSE(std::filesystem::exists(rig_->agent_file("basel-01")));
    EXPECT_FALSE(holds(refused->output, token)) << "the token is shown";
    EXPECT_TRUE(rig_->files_with(token).empty()) << rig_->files_with(token).front();
  }
  // The end of access ends both links of a running sensor, and tells nobody else anything.
  ASSERT_TRUE(rig_->start_agent("bern-01"));
  ASSERT_TRUE(rig_->says({"sensor", "show", "bern-01"}, "state: connected"));
  const Result<ProgramRun> ended = rig_->ask({"sensor", "revoke", "bern-01"});
  ASSERT_TRUE(ended && ended->end.ok()) << ended->output;
  EXPECT_TRUE(rig_->says({"sensor", "show", "bern-01"}, "state: revoked"));
  EXPECT_TRUE(rig_->agent_says("bern-01", {"status"}, "unreachable")) << "the data link is still open";
  EXPECT_TRUE(rig_->indexed_more("acme-v1", rig_->indexed("acme-v1"))) << "the other sensor is disturbed";
}

TEST_F(ControlPlane, P10SecretsAreNowhere) {
  add_sensor("zurich-01");
  const std::string credential = "planted-credential." + std::string(500, 'c');
  const std::filesystem::path value = rig_->directory() / "inputs" / "credential";
  std::ofstream{value} << credential;
  const Result<ProgramRun> set = rig_->ask({"credential", "set", "acme-key", "--file", value.string()});
  ASSERT_TRUE(set && set->end.ok()) << set->output;
  collect("zurich-01", "acme-v1");
  // The API refuses the credential: every text of a failure is made as well.
  const Result<ProgramRun> refused =
      rig_->apply(rig_->connector_file("zurich-01", "acme-v2", {{"bearer_token", ""}, {"credential", "acme-key"}}));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->end.exit_code, exit_failed) << refused->output;

  std::string printed = set->output + refused->output;
  for (const Words& words : std::vector<Words>{{"sensor", "show", "zurich-01", "--json"},
                                               {"sensor", "list"},
                                               {"connector", "list", "--json"},
                                               {"connector", "show", "acme-v1"},
                                               {"connector", "history", "acme-v1"},
                                               {"connector", "test", "acme-v1", "--json"},
                                               {"credential", "list", "--json"},
                                               {"token", "list", "--json"}}) {
    const Result<ProgramRun> said = rig_->ask(words);
    ASSERT_TRUE(said && !said->output.empty()) << words.front();
    printed += said->output;
  }
  for (const Words& words : std::vector<Words>{{"status", "--json"}, {"test-connector", "acme-v1"}, {"cursor"}, {"queue"}}) {
    const Result<ProgramRun> said = rig_->ask_agent("zurich-01", words);
    ASSERT_TRUE(said && !said->output.empty()) << words.front();
    printed += said->output;
  }
  const std::filesystem::path bundle = rig_->directory() / "bundle.txt";
  const Result<ProgramRun> diagnosed = rig_->ask_agent("zurich-01", {"diagnose", "--output", bundle.string()});
  ASSERT_TRUE(diagnosed && diagnosed->end.ok()) << diagnosed->output;
  std::ifstream bundled{bundle};
  const std::string sections{std::istreambuf_iterator<char>{bundled}, {}};
  EXPECT_TRUE(holds(sections, "acme-v1") && holds(sections, "tidegate_records_collected_total")) << "nothing of the running agent";
  for (const std::string& secret : {rig_->api_token(), credential}) {
    EXPECT_FALSE(holds(printed, secret));
    EXPECT_TRUE(rig_->files_with(secret).empty()) << rig_->files_with(secret).front();
  }
  // Nor would a crash leave them.
  for (const char* part : {"processor", "zurich-01"}) {
    std::ifstream limits{"/proc/" + std::to_string(rig_->process(part).pid()) + "/limits"};
    const std::string text{std::istreambuf_iterator<char>{limits}, {}};
    const std::size_t at = text.find("Max core file size");
    ASSERT_NE(at, std::string::npos);
    EXPECT_EQ(text.find_first_not_of(' ', at + 18), text.find("0 ", at + 18)) << part << ": " << text.substr(at, 80);
  }
  // The search can find: what is no secret is there.
  EXPECT_FALSE(rig_->files_with("zurich-01").empty());
}

}  // namespace
}  // namespace tidegate
