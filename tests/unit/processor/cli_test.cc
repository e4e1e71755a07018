#include "processor/cli.h"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "processor/edges/stores.h"
#include "tests/support/test_pki.h"
#include "tests/unit/processor/records.h"

namespace tidegate {
namespace {

class CliTest : public testing::Test {
 protected:
  CliTest() {
    std::ofstream{config_file()} << "processor:\n  state_directory: " << (folder_.path() / "state").string()
                                 << "\ntls:\n  ca_file: /nowhere/ca.pem\n  certificate_file: /nowhere/dp1.pem\n"
                                    "  private_key_file: /nowhere/dp1.key\n";
  }

  std::string config_file() const { return (folder_.path() / "processor.yaml").string(); }

  int run(std::vector<std::string> words) {
    words.insert(words.begin(), "tidegate-processor");
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = run_cli(static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }

  void index_one() {
    SystemClock clock;
    Log log{clock, LogFormat::text, Level::error};
    Metrics metrics;
    Result<Stores> stores = open_stores(folder_.path() / "state", log, metrics);
    ASSERT_TRUE(stores);
    const Bytes document = test::record({});
    ASSERT_TRUE(stores->index->upsert(std::vector<IndexRecord>{{*read_record(document), "zurich-01", WallTime{}}}));
  }

  TemporaryDirectory folder_;
  std::string out_;
  std::string err_;
};

TEST_F(CliTest, EveryCommandHasHelpAndVersion) {
  EXPECT_EQ(run({"--help"}), 0);
  for (const char* command : {"run", "validate", "search"}) {
    EXPECT_NE(out_.find(command), std::string::npos);
  }
  for (const char* command : {"run", "validate", "search"}) {
    EXPECT_EQ(run({command, "--help"}), 0) << command;
    EXPECT_NE(out_.find("--config"), std::string::npos) << command;
    EXPECT_EQ(run({command, "--version"}), 0) << command;
    EXPECT_TRUE(out_.starts_with("tidegate-processor ")) << out_;
  }
}

TEST_F(CliTest, WrongUsageIsExitCodeTwo) {
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{}, {"fly"}, {"run", "--fast"}, {"search"}, {"search", "*", "--index", "alerts"}}) {
    EXPECT_EQ(run(wrong), 2);
    EXPECT_FALSE(err_.empty());
  }
}

TEST_F(CliTest, ValidateSaysWhetherTheConfigurationIsValid) {
  EXPECT_EQ(run({"validate", "--config", config_file()}), 0) << err_;
  std::ofstream{config_file(), std::ios::app} << "unknown_key: 1\nlog: {level: shout}\n";
  EXPECT_EQ(run({"validate", "--config", config_file()}), 2);
  EXPECT_NE(err_.find("unknown_key"), std::string::npos) << err_;
  EXPECT_NE(err_.find("shout"), std::string::npos) << "every error at once: " << err_;
}

TEST_F(CliTest, SearchFindsAndItsExitCodesSayWhatHappened) {
  EXPECT_EQ(run({"search", "*", "--config", config_file()}), 4) << "no index yet";
  index_one();
  EXPECT_EQ(run({"search", "msg_class: trendmicro_visionone_alerts", "--config", config_file(), "--from", "2026-11-01"}), 0)
      << err_;
  EXPECT_NE(out_.find("1 of 1 records"), std::string::npos) << out_;
  EXPECT_EQ(run({"search", "msg_class: other", "--config", config_file(), "--json", "--limit", "0"}), 1);
  EXPECT_TRUE(out_.starts_with("{\"query\":\"msg_class: other\"")) << out_;
  EXPECT_EQ(run({"search", "nothing_like_it: x", "--config", config_file()}), 2);
  EXPECT_EQ(run({"search", "*", "--config", config_file(), "--from", "-24h", "--to", "yesterday"}), 2);
  EXPECT_NE(err_.find("yesterday"), std::string::npos) << err_;
}

TEST_F(CliTest, RunWithCertificatesThatAreMissingNamesTheFileAndEndsWithTwo) {
  EXPECT_EQ(run({"run", "--config", config_file()}), 2);
  EXPECT_NE(err_.find("/nowhere/"), std::string::npos) << err_;
}

TEST_F(CliTest, RunWithoutAStateDirectoryItCanUseEndsWithFour) {
  Result<TestPki> pki = TestPki::make(folder_.path() / "pki");
  ASSERT_TRUE(pki);
  const Identity identity = *pki->issue("dp1.example.net");
  std::ofstream{folder_.path() / "state"} << "a file where the directory should be";
  std::ofstream{config_file()} << "processor: {state_directory: " << (folder_.path() / "state").string()
                               << "}\ntls:\n  ca_file: " << pki->ca_file().string()
                               << "\n  certificate_file: " << identity.certificate_file.string()
                               << "\n  private_key_file: " << identity.private_key_file.string() << "\n";
  EXPECT_EQ(run({"run", "--config", config_file()}), 4) << err_;
}

}  // namespace
}  // namespace tidegate
