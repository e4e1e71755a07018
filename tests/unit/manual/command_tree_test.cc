#include "manual/command_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/manual/sample_program.h"

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> names_of(const std::vector<ManualOption>& options) {
  std::vector<std::string> names;
  for (const ManualOption& option : options) names.push_back(option.names.back());
  return names;
}

class CommandTree : public testing::Test {
 protected:
  SampleProgram sample_;
  std::vector<ManualCommand> tree_ = command_tree(sample_.app);
};

TEST_F(CommandTree, HoldsEachCommandBeforeItsSubcommands) {
  std::vector<std::string> paths;
  for (const ManualCommand& command : tree_) paths.push_back(command.path);
  EXPECT_THAT(paths, ElementsAre("", "show", "gate", "gate open"));
  EXPECT_THAT(tree_[0].subcommands, ElementsAre("show", "gate"));
  EXPECT_THAT(tree_[2].subcommands, ElementsAre("open"));
}

TEST_F(CommandTree, TellsWhatRunsFromWhatNeedsASubcommand) {
  EXPECT_FALSE(tree_[0].runs);
  EXPECT_TRUE(tree_[1].runs);
  EXPECT_FALSE(tree_[2].runs);
  EXPECT_TRUE(tree_[3].runs);
}

TEST_F(CommandTree, TellsArgumentsOptionsAndWhatFallsThroughToTheCommandsAbove) {
  EXPECT_THAT(names_of(tree_[3].arguments), ElementsAre("NAME", "side"));
  EXPECT_THAT(names_of(tree_[3].options), ElementsAre("--help", "--times", "--keeper", "--into"));
  EXPECT_THAT(names_of(tree_[3].inherited), ElementsAre("--version", "--config"));
  EXPECT_THAT(tree_[3].options[1].names, ElementsAre("-n", "--times"));
}

TEST_F(CommandTree, ReadsWhatAnOptionTakes) {
  const ManualOption& name = tree_[3].arguments[0];
  EXPECT_TRUE(name.argument && name.required && !name.repeated);
  EXPECT_THAT(tree_[3].arguments[1].choices, testing::UnorderedElementsAre("sea", "land"));
  const ManualOption& times = tree_[3].options[1];
  EXPECT_EQ(times.bounds, "from 1 to 9");
  EXPECT_EQ(times.fallback, "2");
  EXPECT_TRUE(tree_[3].options[2].repeated);
  EXPECT_TRUE(tree_[3].options[3].is_directory());
  const ManualOption& config = tree_[0].options.back();
  EXPECT_TRUE(config.is_file());
  EXPECT_EQ(config.fallback, "/etc/sample.yaml");
}

TEST_F(CommandTree, AFlagTakesNothing) {
  for (const ManualOption& flag : {tree_[0].options[0], tree_[0].options[1], tree_[1].options[1]}) {
    EXPECT_THAT(flag.placeholder, IsEmpty()) << flag.names.back();
  }
}

}  // namespace
}  // namespace tidegate
