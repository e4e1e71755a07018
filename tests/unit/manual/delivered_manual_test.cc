// The manual pages and completions of the delivered programs, as the build made them, read by those who will read them: man, groff
// and bash. Where one of them is missing its test is skipped, and says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <sstream>

#include "agent/cli.h"
#include "manual/bash_completion.h"
#include "manual/command_tree.h"
#include "manual/roff.h"
#include "processor/cli.h"
#include "tests/support/file_content.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace tidegate {
namespace {

using testing::HasSubstr;

constexpr std::chrono::seconds reader_wait_max{50};

std::filesystem::path delivered(const std::string& name) { return std::filesystem::path{TIDEGATE_DOCS} / name; }

class DeliveredManual : public testing::TestWithParam<std::string> {
 protected:
  // What it prints on either stream. Absent: it cannot be run here.
  std::optional<ProgramRun> run(const std::string& program, std::vector<std::string> arguments) {
    const std::filesystem::path errors = folder_.path() / "errors";
    Result<ProgramRun> ran = run_program(
        {.program = program, .arguments = std::move(arguments), .output_file = errors, .environment = {"LC_ALL=C.UTF-8"}},
        reader_wait_max);
    if (!ran || ran->end.exit_code == 127) return std::nullopt;
    errors_ = content_of(errors);
    return *std::move(ran);
  }

  std::string program() const { return GetParam(); }
  std::vector<ManualCommand> tree() const { return command_tree(program() == "tidegate-agent" ? agent_.app() : processor_.app()); }
  std::filesystem::path completion() const { return delivered("completions/" + program()); }

  // What is offered for each list of words, the last of which is being typed; a line for each.
  std::string offered(const std::vector<std::string>& words) {
    const std::filesystem::path script = folder_.path() / "ask.bash";
    std::ofstream out{script};
    out << "source '" << completion().string() << "'\n";
    for (const std::string& each : words) {
      out << "COMP_WORDS=(" << program() << " " << each << "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
          << completion_function(program()) << "\necho \"${COMPREPLY[*]}\"\n";
    }
    out.close();
    const std::optional<ProgramRun> ran = run("bash", {"--norc", script.string()});
    EXPECT_TRUE(ran && ran->end.ok() && errors_.empty()) << errors_;
    return ran ? ran->output : std::string{};
  }

  AgentCommandLine agent_;
  ProcessorCommandLine processor_;
  TemporaryDirectory folder_;
  std::string errors_;
};

TEST_P(DeliveredManual, EveryCommandAndOptionSaysWhatItIsFor) {
  for (const ManualCommand& command : tree()) {
    EXPECT_GE(command.description.size(), 5u) << program() << " " << command.path;
    for (const std::vector<ManualOption>* options : {&command.options, &command.arguments}) {
      for (const ManualOption& option : *options) {
        EXPECT_GE(option.description.size(), 5u) << program() << " " << command.path << " " << option.names.back();
      }
    }
  }
}

TEST_P(DeliveredManual, EveryCommandAndOptionIsInThePage) {
  const std::string page = content_of(delivered("man/" + program() + ".1"));
  ASSERT_FALSE(page.empty());
  const std::size_t of_program = page.find(".SH \"OPTIONS\"\n");
  ASSERT_NE(of_program, std::string::npos);
  for (const ManualCommand& command : tree()) {
    std::size_t begin = of_program;
    if (!command.path.empty()) begin = page.find(".SS \"" + roff(command.path) + "\"\n");
    ASSERT_NE(begin, std::string::npos) << command.path;
    const std::size_t end = std::min(page.find("\n.S", begin + 1), page.size());
    const std::string part = page.substr(begin, end - begin) + page.substr(of_program);
    for (const ManualOption& option : command.options)
      for (const std::string& name : option.names) EXPECT_THAT(part, HasSubstr(roff_bold(name))) << command.path;
    for (const ManualOption& argument : command.arguments)
      EXPECT_THAT(part, HasSubstr(".TP\n" + roff_italic(argument.names.front()) + "\n")) << command.path;
  }
}

TEST_P(DeliveredManual, GroffAndManReadThePagesWithoutAWarning) {
  if (!run("groff", {"--version"})) GTEST_SKIP() << "no groff: run ./dev setup --check";
  const bool has_man = run("man", {"--version"}).has_value();
  for (const std::string& file : {program() + ".1", program() + ".yaml.5"}) {
    const std::string page = delivered("man/" + file).string();
    const std::optional<ProgramRun> groff = run("groff", {"-man", "-ww", "-z", "-Tutf8", page});
    ASSERT_TRUE(groff);
    EXPECT_TRUE(groff->end.ok() && errors_.empty()) << page << ": " << errors_;
    if (!has_man) continue;
    const std::optional<ProgramRun> man = run("man", {"--warnings", "-E", "UTF-8", "-l", page});
    ASSERT_TRUE(man);
    EXPECT_TRUE(man->end.ok() && errors_.empty()) << page << ": " << errors_;
    EXPECT_THAT(man->output, HasSubstr("SEE ALSO"));
  }
}

TEST_P(DeliveredManual, BashTakesTheCompletion) {
  const std::optional<ProgramRun> read = run("bash", {"-n", completion().string()});
  ASSERT_TRUE(read) << "no bash";
  EXPECT_TRUE(read->end.ok() && errors_.empty()) << errors_;
}

TEST_P(DeliveredManual, EveryCommandAndOptionIsCompleted) {
  ASSERT_TRUE(run("bash", {"--version"})) << "no bash";
  std::vector<std::string> words;
  for (const ManualCommand& command : tree()) {
    words.push_back(command.path + " --");
    words.push_back(command.path + " ''");
  }
  std::istringstream lines{offered(words)};
  for (const ManualCommand& command : tree()) {
    std::string options;
    std::string others;
    ASSERT_TRUE(std::getline(lines, options) && std::getline(lines, others)) << command.path;
    for (const ManualOption& option : command.options)
      EXPECT_THAT(" " + options + " ", HasSubstr(" " + option.names.back() + " ")) << command.path;
    for (const std::string& subcommand : command.subcommands)
      EXPECT_THAT(" " + others + " ", HasSubstr(" " + subcommand + " ")) << command.path;
  }
}

TEST_P(DeliveredManual, FilesAreCompletedWhereAnOptionTakesOne) {
  ASSERT_TRUE(run("bash", {"--version"})) << "no bash";
  std::ofstream{folder_.path() / "gate.yaml"} << "";
  const std::string begun = (folder_.path() / "ga").string();
  const std::string whole = (folder_.path() / "gate.yaml").string();
  EXPECT_EQ(offered({"run --config " + begun, "run --config = " + begun}), whole + "\n" + whole + "\n");
}

INSTANTIATE_TEST_SUITE_P(Programs, DeliveredManual, testing::Values("tidegate-agent", "tidegate-processor"),
                         [](const testing::TestParamInfo<std::string>& which) {
                           return completion_function(which.param).substr(1);
                         });

// What one types at a shell, and what bash then offers.
class DeliveredCompletion : public DeliveredManual {};

TEST_P(DeliveredCompletion, OffersTheCommandThatWasBegun) {
  ASSERT_TRUE(run("bash", {"--version"})) << "no bash";
  if (program() == "tidegate-agent") {
    EXPECT_EQ(offered({"st", "backfill st", "--config status sta", "--config = status sta"}), "status\nstart\nstatus\nstatus\n");
  } else {
    EXPECT_EQ(offered({"val", "connector ro", "search gate --limit token --te"}), "validate\nrollback\n--tenant\n");
  }
}

TEST_P(DeliveredCompletion, OffersTheValuesOfAClosedSet) {
  ASSERT_TRUE(run("bash", {"--version"})) << "no bash";
  if (program() == "tidegate-agent") {
    const std::string types = "alerts audit_logs observed_attack_techniques";
    EXPECT_EQ(offered({"filter try --content-type ''", "filter try --content-type =", "cursor rewind acme au"}),
              types + "\n" + types + "\naudit_logs\n");
  } else {
    EXPECT_EQ(offered({"search --index ''", "search --index = sys"}), "syslog\nsyslog\n");
  }
}

TEST_P(DeliveredCompletion, OffersNothingWhereAnythingMayStand) {
  ASSERT_TRUE(run("bash", {"--version"})) << "no bash";
  EXPECT_EQ(offered({program() == "tidegate-agent" ? "enroll --token ''" : "search --tenant ''"}), "\n");
}

INSTANTIATE_TEST_SUITE_P(Programs, DeliveredCompletion, testing::Values("tidegate-agent", "tidegate-processor"),
                         [](const testing::TestParamInfo<std::string>& which) {
                           return completion_function(which.param).substr(1);
                         });

}  // namespace
}  // namespace tidegate
