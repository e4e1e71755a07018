#include "processor/respond/sensor_runs.h"

#include <algorithm>
#include <utility>

namespace tidegate {

bool has_open_part(const ActionRun& run) {
  const auto open = [](const TargetRun& target) { return !settled(target.state); };
  return std::ranges::any_of(run.targets, open) || (run.webhook && !settled(run.webhook->state));
}

bool was_taken(const ActionRun& run) {
  const auto begun = [](const TargetRun& target) { return target.state != ResponseState::waiting || target.attempts > 0; };
  return std::ranges::any_of(run.targets, begun) || (run.webhook && run.webhook->state != ResponseState::waiting);
}

void settle_parts(ActionRun& run, ResponseState state, const std::string& reason, WallTime now) {
  for (TargetRun& target : run.targets) {
    if (settled(target.state)) continue;
    target.state = state;
    target.reason = reason;
    target.changed = now;
  }
  if (!run.webhook || settled(run.webhook->state)) return;
  run.webhook->state = state;
  run.webhook->reason = reason;
  run.webhook->changed = now;
}

void drop_limit(ActionRun& run, std::string_view reason) {
  if (!run.lasts || !run.undone_by.empty() || std::ranges::none_of(run.targets, is_in_force)) return;
  for (TargetRun& target : run.targets) {
    if (is_in_force(target)) target.reason = "its time limit may not be kept, undo it: " + std::string{reason};
  }
  run.lasts.reset();
  run.undo_at.reset();
}

bool is_report_of(const ActionRun& here, const ActionRun& reported, std::string_view ledger) {
  const auto objects_agree = [](const TargetRun& a, const TargetRun& b) { return a.target == b.target; };
  return here.handed_to == ledger && here.sensor == reported.sensor && here.tenant == reported.tenant &&
         here.responder == reported.responder && here.action == reported.action &&
         here.webhook.has_value() == reported.webhook.has_value() &&
         std::ranges::equal(here.targets, reported.targets, objects_agree);
}

bool is_end_of_limit(const ActionRun& here, const ActionRun& reported, std::string_view ledger, const ActionRun* undoing) {
  const auto was_done = [&here](const TargetRun& back) {
    return std::ranges::any_of(here.targets, [&back](const TargetRun& target) { return target.target == back.target; });
  };
  // What a person has asked for at the same time comes second.
  const bool comes_first = undoing != nullptr && !settled(*undoing) && !undoing->by_limit;
  const bool in_time = here.lasts && reported.by_limit && (here.undone_by.empty() || here.undone_by == reported.id || comes_first);
  return in_time && reported.undoes == here.id && here.handed_to == ledger && here.sensor == reported.sensor &&
         here.tenant == reported.tenant && here.responder == reported.responder && here.action && reported.action &&
         inverse_of(*here.action) == reported.action && !reported.webhook && std::ranges::all_of(reported.targets, was_done);
}

void merge_report(ActionRun& here, const ActionRun& reported, bool keeps_undoing) {
  here.targets = reported.targets;
  if (here.webhook) {
    WebhookRun told = *reported.webhook;
    told.method = here.webhook->method;
    told.path_and_query = here.webhook->path_and_query;
    told.body = here.webhook->body;
    here.webhook = std::move(told);
  }
  // A limit that could not be kept is none any more; it is never made longer.
  if (!reported.lasts) here.lasts.reset();
  here.undo_at = reported.undo_at;
  here.undone = reported.undone;
  if (!keeps_undoing) here.undone_by = reported.undone_by;
}

}  // namespace tidegate
