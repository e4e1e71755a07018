// `tidegate-processor rollout …`: asked of the running daemon; and how a roll-out is followed.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "config/document.h"
#include "processor/cli_fleet.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds follow_deadline{40};  // the daemon answers within 20 s
constexpr std::string_view state_done = "done";
constexpr std::string_view state_rolled_back = "rolled back";

struct RolloutArguments : FleetArguments {
  std::string id;
  bool retry_failed = false;
  bool detach = false;
};

// Of a JSON object: JSON is YAML, whose reader has bounds.
std::string member_of(const Bytes& json, std::string_view key) {
  const YamlDocument document = read_document(json);
  if (!document.root || !document.errors.empty()) return {};
  const auto found = std::ranges::find(document.root->children, key, &YamlNode::key);
  return found == document.root->children.end() ? std::string{} : found->text;
}

// With --json nothing is printed but the last state, as one document.
int follow_rollout(const FleetArguments& arguments, const std::string& id) {
  std::string seen;
  while (true) {
    const FleetAnswer now = answer_of_processor(
        arguments, {.path = "/rollouts/follow", .query = {{"id", id}, {"seen", seen}}, .deadline = follow_deadline});
    if (now.status != 200) {
      if (now.status == 0) std::fprintf(stderr, "roll-out %s goes on without being followed\n", id.c_str());
      return print_answer(now);
    }
    const std::string progress = member_of(now.body, "progress");
    if (!arguments.json && progress != seen) {
      std::fputs(member_of(now.body, "line").c_str(), stdout);
      std::fflush(stdout);
    }
    seen = progress;
    if (member_of(now.body, "ended") != "true") continue;
    const std::string state = member_of(now.body, "state");
    const bool well = state == state_done || (state == state_rolled_back && member_of(now.body, "why").empty());
    const int shown = ask_processor(arguments, {.path = "/rollouts/show", .query = {{"id", id}}});
    return shown == processor_exit_done && !well ? processor_exit_failed : shown;
  }
}

int change_rollout(const RolloutArguments& arguments, const std::string& what) {
  FleetQuestion question{.method = "POST", .path = "/rollouts/" + what, .query = {{"id", arguments.id}}};
  if (arguments.retry_failed) question.query.emplace_back("retry_failed", "true");
  if (arguments.detach || what == "cancel") return ask_processor(arguments, question);
  const FleetAnswer answer = answer_of_processor(arguments, question);
  return answer.status == 200 ? follow_rollout(arguments, arguments.id) : print_answer(answer);
}

}  // namespace

int begin_rollout(const FleetArguments& arguments, const FleetQuestion& question, Following following) {
  FleetArguments as_json = arguments;
  as_json.json = true;  // for the id in it
  FleetAnswer answer = answer_of_processor(as_json, question);
  if (answer.status != 200) return print_answer(answer);
  const std::string id = member_of(answer.body, "id");
  if (following == Following::none && arguments.json) return print_answer(answer);
  if (!arguments.json) {
    std::printf("roll-out %s begins; `tidegate-processor rollout show %s` tells how far it is\n", id.c_str(), id.c_str());
    std::fflush(stdout);
  }
  return following == Following::none ? answer.code : follow_rollout(arguments, id);
}

std::vector<FleetCommand> rollout_commands(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("rollout", "Changes of many sensors, in stages; `connector apply --stages` begins one");
  app->require_subcommand(1);
  const auto arguments = std::make_shared<RolloutArguments>();  // the parser writes to it before a command runs
  CLI::App* list = add_fleet_command(*app, "list", "Show all roll-outs, the newest first", *arguments);
  CLI::App* show = add_fleet_command(*app, "show", "Show a roll-out and each of its sensors", *arguments);
  CLI::App* resume = add_fleet_command(*app, "resume", "Go on with one that is paused", *arguments);
  CLI::App* cancel = add_fleet_command(*app, "cancel", "End one; what was pushed stays", *arguments);
  CLI::App* rollback = add_fleet_command(*app, "rollback", "Give its sensors what they had before it", *arguments);
  for (CLI::App* command : {show, resume, cancel, rollback})
    command->add_option("ID", arguments->id, "The roll-out's id")->required();
  resume->add_flag("--retry-failed", arguments->retry_failed, "Try the sensors that failed again");
  for (CLI::App* command : {resume, rollback}) command->add_flag("--detach", arguments->detach, "Do not wait for its end");
  const auto changes = [arguments](const std::string& what) {
    return [arguments, what] { return change_rollout(*arguments, what); };
  };
  return {{list, [arguments] { return ask_processor(*arguments, {.path = "/rollouts"}); }},
          {show, [arguments] { return ask_processor(*arguments, {.path = "/rollouts/show", .query = {{"id", arguments->id}}}); }},
          {resume, changes("resume")},
          {cancel, changes("cancel")},
          {rollback, changes("rollback")}};
}

}  // namespace tidegate
