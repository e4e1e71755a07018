#include "respond/run.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace tidegate {
namespace {

constexpr std::array<std::string_view, 11> response_state_names{"waiting",          "sending",   "queued", "running",
                                                                "pending_approval", "succeeded", "failed", "rejected",
                                                                "canceled",         "refused",   "unknown"};

// Of the parts of a run, those that count towards its state.
struct Tally {
  std::size_t all = 0;
  std::size_t open = 0;
  std::size_t pending = 0;
  std::size_t succeeded = 0;
  std::size_t unknown = 0;

  void add(ResponseState state) {
    ++all;
    if (state == ResponseState::pending_approval) ++pending;
    if (state == ResponseState::succeeded) ++succeeded;
    if (state == ResponseState::unknown) ++unknown;
    if (!settled(state)) ++open;
  }
};

Tally tally_of(const ActionRun& run) {
  Tally tally;
  for (const TargetRun& target : run.targets) tally.add(target.state);
  if (run.webhook) tally.add(run.webhook->state);
  return tally;
}

}  // namespace

std::string_view name(ResponseState state) {
  const auto place = static_cast<std::size_t>(state);
  TG_ASSERT(place < response_state_names.size(), "a state has a name");
  return response_state_names[place];
}

bool settled(ResponseState state) {
  switch (state) {
    case ResponseState::waiting:
    case ResponseState::sending:
    case ResponseState::queued:
    case ResponseState::running:
    case ResponseState::pending_approval: return false;
    case ResponseState::succeeded:
    case ResponseState::failed:
    case ResponseState::rejected:
    case ResponseState::canceled:
    case ResponseState::refused:
    case ResponseState::unknown: return true;
  }
  return true;
}

std::string_view name(Approval approval) {
  switch (approval) {
    case Approval::not_needed: return "not_needed";
    case Approval::awaited: return "awaited";
    case Approval::granted: return "granted";
    case Approval::denied: return "denied";
  }
  return "not_needed";
}

std::string_view name(RunState state) {
  switch (state) {
    case RunState::awaiting_approval: return "awaiting_approval";
    case RunState::denied: return "denied";
    case RunState::previewed: return "previewed";
    case RunState::under_way: return "under_way";
    case RunState::pending_approval: return "pending_approval";
    case RunState::succeeded: return "succeeded";
    case RunState::partly: return "partly";
    case RunState::failed: return "failed";
    case RunState::unknown: return "unknown";
    case RunState::undoing: return "undoing";
    case RunState::undone: return "undone";
  }
  return "under_way";
}

std::optional<RunState> run_state_of(std::string_view name) {
  for (const RunState state : all_run_states)
    if (tidegate::name(state) == name) return state;
  return std::nullopt;
}

RunState state_of(const ActionRun& run) {
  if (run.dry_run) return RunState::previewed;
  if (run.approval == Approval::awaited) return RunState::awaiting_approval;
  if (run.approval == Approval::denied) return RunState::denied;
  const Tally tally = tally_of(run);
  if (tally.open > 0) return tally.pending == tally.open ? RunState::pending_approval : RunState::under_way;
  if (tally.unknown > 0) return RunState::unknown;
  if (tally.succeeded == 0) return RunState::failed;
  if (!run.undone_by.empty()) return run.undone ? RunState::undone : RunState::undoing;
  return tally.succeeded == tally.all ? RunState::succeeded : RunState::partly;
}

bool settled(const ActionRun& run) {
  if (run.dry_run || run.approval == Approval::denied) return true;
  if (run.approval == Approval::awaited) return false;
  const Tally tally = tally_of(run);
  if (tally.open > 0) return false;
  return !run.lasts || !run.undone_by.empty() || std::ranges::none_of(run.targets, is_in_force);
}

bool ended(const ActionRun& run) {
  switch (state_of(run)) {
    case RunState::awaiting_approval:
    case RunState::under_way:
    case RunState::pending_approval:
    case RunState::undoing: return false;
    case RunState::denied:
    case RunState::previewed:
    case RunState::succeeded:
    case RunState::partly:
    case RunState::failed:
    case RunState::unknown:
    case RunState::undone: break;
  }
  return true;
}

bool is_in_force(const TargetRun& target) { return target.state == ResponseState::succeeded && !target.given_back; }

ActionRun inverse_run(const ActionRun& run, std::string id, std::string requested_by, WallTime now) {
  TG_ASSERT(run.action && inverse_of(*run.action), "what is taken back has an inverse");
  ActionRun inverse;
  inverse.id = std::move(id);
  inverse.responder = run.responder;
  inverse.tenant = run.tenant;
  inverse.sensor = run.sensor;
  inverse.action = inverse_of(*run.action);
  inverse.requested_by = std::move(requested_by);
  inverse.record_id = run.record_id;
  inverse.created = now;
  inverse.undoes = run.id;
  for (const TargetRun& target : run.targets) {
    if (!is_in_force(target)) continue;
    TargetRun& back = inverse.targets.emplace_back();
    back.target = target.target;
    back.changed = now;
  }
  TG_ASSERT(!inverse.targets.empty(), "what is taken back has been done");
  return inverse;
}

std::string marker_of(const ActionRun& run, std::size_t target) {
  return "[tidegate:" + run.id + "/" + std::to_string(target) + "]";
}

std::string sent_description(const ActionRun& run, std::size_t target) {
  TG_ASSERT(target < run.targets.size(), "the target is one of the run's");
  const std::string& own = run.targets[target].target.description;
  return own.empty() ? marker_of(run, target) : own + " " + marker_of(run, target);
}

}  // namespace tidegate
