#include "tests/actions/action_run.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "respond/run_id.h"

namespace tidegate {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t broken_kept_max = 1000;
constexpr hours healing_most{24 * 4};

constexpr std::array<std::string_view, 7> refused_words{
    "action_not_supported",     "target_not_found",     "access_denied_no_scope", "feature_disabled",
    "insufficient_permissions", "unsupported_response", "internal_server_error"};

// Few, so that two runs are often about the same object.
ActionTarget draw_target(Random& dice, ResponseAction action) {
  const std::vector<ObjectType> types = object_types_of(action);
  ActionTarget target{types[static_cast<std::size_t>(dice.below(types.size()))], {}, {}, {}};
  const std::string number = std::to_string(dice.between(1, 6));
  switch (target.type) {
    case ObjectType::ip: target.value = "192.0.2." + number; break;
    case ObjectType::domain: target.value = "bad" + number + ".example"; break;
    case ObjectType::sender_mail_address: target.value = "mallory" + number + "@bad.example"; break;
    case ObjectType::file_sha1: target.value = std::string(39, 'a') + number; break;
    case ObjectType::file_sha256: target.value = std::string(63, 'b') + number; break;
    case ObjectType::url:
    case ObjectType::endpoint_name:
    case ObjectType::agent_guid:
    case ObjectType::message_id:
    case ObjectType::unique_id:
      target.value = dice.chance(8) ? std::string{refused_words[static_cast<std::size_t>(dice.below(refused_words.size()))]}
                                    : (dice.chance(10) ? "task_fails" : "object-" + number);
      break;
  }
  if (dice.chance(2)) target.description = "ticket " + number;
  return target;
}

ActionRun draw_run(Random& dice, ActionWorld& world) {
  ActionRun run;
  run.id = fresh_run_id(dice);
  run.responder = "responder-1";
  run.tenant = "tenant-1";
  run.action = all_response_actions[static_cast<std::size_t>(dice.below(all_response_actions.size()))];
  run.requested_by = "operator";
  run.created = world.clock().wall();
  if (dice.chance(8)) run.approval = Approval::awaited;
  if (dice.chance(12)) run.dry_run = true;
  if (dice.chance(4) && inverse_of(*run.action)) run.lasts = minutes{dice.between(1, 300)};
  const std::int64_t targets = dice.chance(5) ? dice.between(8, 25) : dice.between(1, 3);
  for (std::int64_t i = 0; i < targets; ++i) {
    TargetRun one;
    one.target = draw_target(dice, *run.action);
    one.changed = run.created;
    const auto same = [&one](const TargetRun& other) { return other.target.value == one.target.value; };
    if (std::ranges::none_of(run.targets, same)) run.targets.push_back(std::move(one));
  }
  return run;
}

SimOptions draw_api(Random& dice) {
  SimOptions options;
  // An agent that is online obeys in seconds; then the API takes a request that comes late for a new one.
  const bool quick = dice.chance(3);
  options.serve.task_queued = seconds{dice.between(1, quick ? 3 : 120)};
  options.serve.task_running = quick            ? seconds{dice.between(1, 5)}
                               : dice.chance(4) ? seconds{dice.between(60, 10'000)}
                                                : seconds{dice.between(1, 60)};
  return options;
}

// What can happen, one at a time.
class ActionBlows {
 public:
  ActionBlows(ActionWorld& world, Random& dice) : world_(world), dice_(dice) {}

  void strike() {
    using Blow = void (ActionBlows::*)();
    static constexpr Blow blows[] = {&ActionBlows::ask,  &ActionBlows::ask,   &ActionBlows::ask,    &ActionBlows::decide,
                                     &ActionBlows::undo, &ActionBlows::kill,  &ActionBlows::kill,   &ActionBlows::weather,
                                     &ActionBlows::away, &ActionBlows::fault, &ActionBlows::ledger, &ActionBlows::step_clock,
                                     &ActionBlows::stop};
    (this->*blows[dice_.below(std::size(blows))])();
  }
  void restart_if_down() {
    if (world_.running()) return;
    world_.tell("the process is started");
    world_.start();
  }
  void heal() {
    world_.tell("everything heals");
    world_.weather() = {};
    world_.api_away() = false;
    world_.ledger_fails() = 0;
    world_.api().serve().faults.clear();
    world_.kill_after(0);
    world_.set_may_send(true);
    restart_if_down();
  }

 private:
  void ask() {
    const ActionRun run = draw_run(dice_, world_);
    world_.tell("run " + run.id + ": " + std::string{name(*run.action)} + " of " + std::to_string(run.targets.size()) + " targets" +
                (run.dry_run ? ", a dry run" : "") + (run.approval == Approval::awaited ? ", waits for a person" : "") +
                (run.lasts ? ", for " + std::to_string(run.lasts->count()) + " s" : ""));
    world_.submit(run);
    asked_.push_back(run.id);
    if (dice_.chance(3)) kill();
  }
  std::string any_run() { return asked_.empty() ? std::string{} : asked_[static_cast<std::size_t>(dice_.below(asked_.size()))]; }
  void decide() {
    for (const auto& [id, run] : world_.kept())
      if (run.approval == Approval::awaited) world_.decide(id, !dice_.chance(3));
  }
  void undo() {
    const std::string id = any_run();
    if (id.empty()) return;
    world_.tell("run " + id + " is to be undone");
    world_.undo(id);
    if (dice_.chance(2)) world_.undo(id);  // a double click
  }
  void kill() { world_.kill_after(dice_.below(300) + 1); }
  void weather() {
    world_.weather() = dice_.chance(3) ? ActionWeather{} : ActionWeather{dice_.below(30), dice_.below(40), dice_.below(20)};
    world_.tell("the net loses " + std::to_string(world_.weather().lost) + ", leaves " +
                std::to_string(world_.weather().unanswered) + " unanswered and makes " + std::to_string(world_.weather().late) +
                " of a hundred late");
  }
  void away() {
    world_.api_away() = !world_.api_away();
    world_.tell(world_.api_away() ? "the API is away" : "the API is there again");
  }
  void fault() {
    static constexpr std::array kinds{
        FaultKind::too_many_requests, FaultKind::internal_error, FaultKind::bad_gateway, FaultKind::unavailable,
        FaultKind::garbage,           FaultKind::truncated,      FaultKind::cut_off,     FaultKind::html};
    auto& faults = world_.api().serve().faults;
    faults.clear();
    if (dice_.chance(3)) return;
    Fault one;
    one.kind = kinds[static_cast<std::size_t>(dice_.below(kinds.size()))];
    one.rate = 0.1 + dice_.unit() * 0.5;
    world_.tell("the API answers with " + std::string{name(one.kind)} + " now and then");
    faults.push_back(one);
  }
  void ledger() {
    world_.ledger_fails() = dice_.chance(2) ? 0 : dice_.below(50);
    world_.tell("of a hundred writes of the ledger " + std::to_string(world_.ledger_fails()) + " fail");
  }
  void step_clock() {
    const seconds by{dice_.between(-7200, 7200)};
    world_.tell("the clock steps by " + std::to_string(by.count()) + " s");
    world_.clock().step(by);
  }
  void stop() {
    world_.set_may_send(!world_.may_send());
    world_.tell(world_.may_send() ? "sending is allowed again" : "sending is stopped");
  }

  ActionWorld& world_;
  Random& dice_;
  std::vector<std::string> asked_;
};

std::string states_of(const ActionRun& run) {
  std::string text{name(state_of(run))};
  for (const TargetRun& target : run.targets) text.append(", ").append(name(target.state)).append(" ").append(target.reason);
  if (!run.undoes.empty()) text.append(", undoes ").append(run.undoes).append(" for ").append(run.requested_by);
  return text;
}

// What must hold in the end.
class ActionVerdict {
 public:
  explicit ActionVerdict(ActionWorld& world) : world_(world), tasks_(world.tasks()) {
    for (const TaskView& task : tasks_) by_id_.emplace(task.id, &task);
    for (const TaskView& task : tasks_) {
      const std::size_t at = task.description.find("[tidegate:");
      if (at == std::string::npos) tell("task " + task.id + " bears no marker");
      else ++by_marker_[task.description.substr(at)];
    }
  }

  std::vector<std::string> broken() {
    for (const std::string& id : world_.accepted())
      if (!world_.kept().contains(id)) tell("run " + id + " was accepted and is forgotten");
    std::set<std::string> known;
    for (const auto& [id, run] : world_.kept())
      for (std::size_t target = 0; target < run.targets.size(); ++target) known.insert(marker_of(run, target));
    for (const auto& [marker, count] : by_marker_) {
      if (count > 1) tell("the API has " + std::to_string(count) + " tasks for " + marker);
      if (!known.contains(marker)) tell("the API has a task for " + marker + ", which was never written down");
    }
    std::map<std::string, std::size_t> inverses;
    for (const auto& [id, run] : world_.kept()) {
      check(run);
      if (!run.undoes.empty() && state_of(run) == RunState::succeeded) ++inverses[run.undoes];
    }
    for (const auto& [id, count] : inverses)
      if (count > 1) tell("run " + id + " was undone " + std::to_string(count) + " times");
    for (const auto& [id, run] : world_.kept()) check_undoing(run);
    return std::move(broken_);
  }
  std::size_t tasks() const { return tasks_.size(); }
  std::size_t unknown() const { return unknown_; }

 private:
  void tell(std::string what) {
    if (broken_.size() < broken_kept_max) broken_.push_back("P9: " + std::move(what));
  }
  bool has_task(const ActionRun& run, std::size_t target) const { return by_marker_.contains(marker_of(run, target)); }

  void check(const ActionRun& run) {
    const bool waits = run.approval == Approval::awaited;
    if (!waits && !settled(run)) tell("run " + run.id + " has not come to an end: " + states_of(run));
    for (std::size_t target = 0; target < run.targets.size(); ++target) {
      const std::string who = "run " + run.id + " target " + std::to_string(target) + " (" + run.targets[target].target.value + ")";
      if ((run.dry_run || waits || run.approval == Approval::denied) && has_task(run, target))
        tell(who + " was sent without a yes");
      if (!run.dry_run && !waits) check_target(run.targets[target], has_task(run, target), who);
    }
  }

  void check_undoing(const ActionRun& run) {
    if (run.undone_by.empty()) return;
    const auto inverse = world_.kept().find(run.undone_by);
    if (inverse == world_.kept().end()) return tell("what undoes run " + run.id + " is forgotten");
    const bool succeeded = state_of(inverse->second) == RunState::succeeded;
    if (run.undone != succeeded && settled(inverse->second))
      tell("run " + run.id + " counts as undone, or not, and that is not so");
  }

  void check_target(const TargetRun& target, bool has_task, const std::string& who) {
    const std::string state{name(target.state)};
    const auto task = by_id_.find(target.task_id);
    switch (target.state) {
      case ResponseState::succeeded:
      case ResponseState::failed:
      case ResponseState::rejected:
      case ResponseState::canceled:
        if (task == by_id_.end()) tell(who + " has " + state + ", and the API has no such task");
        else if (task->second->state != target.state)
          tell(who + " has " + state + ", and its task has " + std::string{name(task->second->state)});
        else if (std::ranges::find(task->second->objects, target.target.value) == task->second->objects.end())
          tell(who + " follows a task of another object");
        break;
      case ResponseState::refused:
        if (has_task) tell(who + " counts as refused, and the API has a task for it");
        break;
      case ResponseState::unknown:
        ++unknown_;
        if (target.reason.empty()) tell(who + " is unknown without a reason");
        if (has_task) tell(who + " is unknown, and the API has a task for it: " + target.reason);
        break;
      case ResponseState::waiting:
        if (has_task) tell(who + " counts as not sent, and the API has a task for it");
        break;
      default: break;  // not settled: told of the run
    }
  }

  ActionWorld& world_;
  std::vector<TaskView> tasks_;
  std::map<std::string, const TaskView*> by_id_;
  std::map<std::string, std::size_t> by_marker_;
  std::vector<std::string> broken_;
  std::size_t unknown_ = 0;
};

bool is_sending(const ActionRun& run) {
  return std::ranges::any_of(run.targets, [](const TargetRun& target) { return target.state == ResponseState::sending; });
}

bool all_over(const ActionWorld& world) {
  return std::ranges::all_of(world.kept(),
                             [](const auto& each) { return settled(each.second) || each.second.approval == Approval::awaited; });
}

}  // namespace

const std::vector<ActionMutant>& action_mutants() {
  static const std::vector<ActionMutant> all{
      {.name = "no-intent",
       .what = "what is about to be sent is not written down",
       .seen = "tasks for",
       .keeps = [](ActionRun& given, const ActionRun* kept) { return kept == nullptr || !is_sending(given); }},
      {.name = "blind",
       .what = "the list of tasks is not believed",
       .seen = "tasks for",
       .lists = [](std::vector<TaskView>& tasks) { tasks.clear(); }},
      {.name = "hasty",
       .what = "what is not in the list at once is sent again",
       .seen = "tasks for",
       .limits = [](RunnerLimits& limits) { limits.look_settle = std::chrono::seconds{0}; }},
      {.name = "forgetful",
       .what = "a start leaves out what was sent without an answer",
       .seen = "not come to an end",
       .finds = [](std::vector<ActionRun>& unsettled) { std::erase_if(unsettled, is_sending); }},
      {.name = "undoes-twice",
       .what = "that a run was undone is not written down",
       .seen = "was undone",
       .keeps = [](ActionRun& given, const ActionRun*) {
         // What is limited in time would never be settled, which is seen before.
         if (given.lasts) return true;
         given.undone_by.clear();
         given.undone = false;
         for (TargetRun& target : given.targets) target.given_back = false;
         return true;
       }}};
  return all;
}

ActionOutcome run_actions(Seed seed, const ActionMutant* mutant) {
  Random dice{Seed{seed.value ^ 0xAC710u}};
  ActionWorld world{seed, draw_api(dice), mutant};
  world.start();
  ActionBlows blows{world, dice};
  const std::int64_t strikes = dice.between(20, 80);
  for (std::int64_t i = 0; i < strikes; ++i) {
    blows.strike();
    world.run_for(dice.chance(2) ? std::chrono::nanoseconds{std::chrono::milliseconds{dice.between(1, 3000)}}
                                 : std::chrono::nanoseconds{seconds{dice.between(1, 1800)}});
    if (!world.running() && dice.chance(2)) blows.restart_if_down();
  }
  blows.heal();
  for (hours passed{0}; passed < healing_most && (passed < hours{1} || !all_over(world)); ++passed) world.run_for(hours{1});
  ActionVerdict verdict{world};
  ActionOutcome outcome;
  outcome.broken = verdict.broken();
  outcome.runs = world.kept().size();
  outcome.tasks = verdict.tasks();
  outcome.unknown = verdict.unknown();
  outcome.kills = world.kills();
  outcome.story = world.story();
  outcome.trace = world.trace();
  return outcome;
}

}  // namespace tidegate
