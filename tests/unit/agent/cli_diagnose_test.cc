// `diagnose` whole: what the bundle holds, and what it must not hold (P10).
#include <sys/stat.h>

#include "tests/unit/agent/cli_fixture.h"
#include "tests/unit/agent/edges/enrolment_authority.h"

namespace tidegate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CliDiagnoseTest : public AgentCliTest {
 protected:
  std::string output() const { return folder_.path() / "bundle.txt"; }
  std::string state() const { return folder_.path() / "state"; }

  // Every secret that a configuration can hold, and a file of the state with one more.
  void plant() {
    std::filesystem::create_directories(state() + "/identity");
    std::ofstream{state() + "/identity/key.pem"} << "planted-private-key";
    std::ofstream{config_file()} << "sensor: {name: zurich-01, state_directory: " << state()
                                 << "}\n"
                                    "processor:\n"
                                    "  data: [127.0.0.1:1]\n"
                                    "  tls: {ca_file: /ca, certificate_file: /c, private_key_file: /k}\n"
                                    "metrics: {listen: \"127.0.0.1:1\"}\n"
                                    "control: {socket: "
                                 << state()
                                 << "/none.sock}\n"
                                    "connectors:\n"
                                    "  - name: acme-visionone\n"
                                    "    type: trendmicro_visionone\n"
                                    "    tenant: {id: acme, name: ACME Corp}\n"
                                    "    bearer_token: planted-token\n"
                                    "    proxy: http://planted-user:planted-password@127.0.0.1:3128\n"
                                    "    api_base_url: https://127.0.0.1:1\n";
  }
};

TEST_F(CliDiagnoseTest, P10TheBundleHoldsWhatIsAskedForAndNoSecret) {
  plant();
  EXPECT_EQ(run({"diagnose", "--output", output()}), 0) << err_;
  const std::string bundle = content_of(output());
  EXPECT_THAT(bundle, AllOf(HasSubstr("version: tidegate-agent "), HasSubstr("\nvalid\n"), HasSubstr("zurich-01"), HasSubstr("***"),
                            HasSubstr("acme-visionone"), HasSubstr("identity/key.pem\t19"), HasSubstr("state_disk_free_bytes: ")));
  EXPECT_THAT(bundle, HasSubstr("== running agent: /status.json\nno answer: ")) << "there is none, which is said";
  EXPECT_THAT(bundle, Not(HasSubstr("planted")));
  struct stat status{};
  ASSERT_EQ(::stat(output().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(CliDiagnoseTest, ABrokenConfigurationIsPartOfTheBundle) {
  std::ofstream{config_file()} << "sensor: {nam: zurich-01}\nconnectors: [{bearer_token: planted-token, interval: soon}]\n";
  EXPECT_EQ(run({"diagnose", "--output", output()}), 0) << err_;
  EXPECT_THAT(content_of(output()), AllOf(HasSubstr("sensor.nam"), HasSubstr("connectors[0].interval"), Not(HasSubstr("planted"))));
}

TEST_F(CliDiagnoseTest, AFileThatCannotBeWrittenEndsWithOne) {
  plant();
  EXPECT_EQ(run({"diagnose", "--output", folder_.path() / "absent" / "bundle.txt"}), 1);
  EXPECT_THAT(err_, HasSubstr("bundle.txt"));
  EXPECT_EQ(run({"diagnose"}), 2);
}

}  // namespace
}  // namespace tidegate
