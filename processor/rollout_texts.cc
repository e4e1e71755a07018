#include "processor/rollout_texts.h"

#include "base/json_writer.h"
#include "config/units.h"
#include "processor/control_texts.h"

namespace tidegate {
namespace {

std::size_t sensors_of(const TargetCounts& counts) {
  std::size_t sensors = 0;
  for (const std::size_t each : counts) sensors += each;
  return sensors;
}

bool goes_on(RolloutState state) { return state == RolloutState::running || state == RolloutState::rolling_back; }

// "4 applied, 1 pushing"
std::string counts_text(const TargetCounts& counts) {
  std::string out;
  for (std::size_t i = 0; i < target_state_count; ++i) {
    if (counts[i] == 0) continue;
    out.append(out.empty() ? "" : ", ").append(std::to_string(counts[i])).append(" ").append(name(static_cast<TargetState>(i)));
  }
  return out;
}

void write_rollout_counts(std::string& out, const TargetCounts& counts) {
  ObjectWriter object{out};
  for (std::size_t i = 0; i < target_state_count; ++i)
    object.number(name(static_cast<TargetState>(i)), static_cast<std::int64_t>(counts[i]));
}

void write_percent(std::string& out, const std::uint32_t& percent) { out.append(std::to_string(percent)); }

void write_rollout_fields(ObjectWriter& object, const RolloutSummary& summary) {
  const RolloutHead& head = summary.head;
  const std::size_t sensors = sensors_of(summary.counts);
  object.text("id", head.id);
  object.text("state", name(head.state));
  object.text("why", head.why);
  object.time("created", head.created);
  object.time("ended", head.ended);
  object.text("author", head.author);
  object.text("file", head.file_name);
  write_list(object.key("percent"), head.stages, write_percent);
  object.number("stage", static_cast<std::int64_t>(head.stage));
  object.number("stages", static_cast<std::int64_t>(stage_ends(sensors, head.stages).size()));
  object.number("failures_allowed", static_cast<std::int64_t>(head.failures_allowed));
  object.number("settle_seconds", std::chrono::duration_cast<std::chrono::seconds>(head.settle).count());
  object.number("sensors", static_cast<std::int64_t>(sensors));
  write_rollout_counts(object.key("counts"), summary.counts);
}

void write_rollout_summary(std::string& out, const RolloutSummary& summary) {
  ObjectWriter object{out};
  write_rollout_fields(object, summary);
}

void write_rollout_target(std::string& out, const RolloutTarget& target) {
  ObjectWriter object{out};
  object.text("sensor", target.sensor);
  object.number("stage", static_cast<std::int64_t>(target.stage));
  object.text("state", name(target.state));
  object.number("revision", static_cast<std::int64_t>(target.revision));
  object.number("revision_before", static_cast<std::int64_t>(target.before));
  object.number("reverted_by", static_cast<std::int64_t>(target.reverted_by));
  object.text("reasons", target.reasons);
}

void write_planned_target(std::string& out, const PlannedTarget& target) {
  ObjectWriter object{out};
  object.text("sensor", target.sensor);
  object.number("stage", static_cast<std::int64_t>(target.stage));
  write_list(object.key("changes"), target.changes, write_connector_change);
}

// Each line set in below its sensor.
void append_set_in(std::string& out, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out.append("    ").append(text, at, end - at).append("\n");
    at = end + 1;
  }
}

}  // namespace

std::string rollout_plan_text(const RolloutPlan& plan) {
  if (!plan.id.empty())
    return "roll-out " + plan.id + " begins: " + std::to_string(plan.targets.size()) + " sensors in " +
           std::to_string(plan.stages) + " stages; `tidegate-processor rollout show " + plan.id + "` tells how far it is\n";
  std::string out;
  std::size_t stage = 0;
  for (const PlannedTarget& target : plan.targets) {
    if (target.stage != stage) {
      stage = target.stage;
      out.append("stage ").append(std::to_string(stage)).append(" of ").append(std::to_string(plan.stages)).append("\n");
    }
    out.append("  ").append(target.sensor).append("\n");
    ConnectorsOutcome changes;
    changes.changes = target.changes;
    append_set_in(out, outcome_text(changes));
  }
  return out;
}

std::string rollout_plan_json(const RolloutPlan& plan) {
  std::string out;
  {
    ObjectWriter object{out};
    object.text("id", plan.id);
    object.number("stages", static_cast<std::int64_t>(plan.stages));
    object.number("sensors", static_cast<std::int64_t>(plan.targets.size()));
    if (plan.id.empty()) write_list(object.key("targets"), plan.targets, write_planned_target);
  }
  return out + "\n";
}

std::string rollout_line(const RolloutSummary& summary) {
  const RolloutHead& head = summary.head;
  const std::size_t sensors = sensors_of(summary.counts);
  std::string line = head.id + "  " + std::string{name(head.state)} + "  stage " + std::to_string(head.stage) + " of " +
                     std::to_string(stage_ends(sensors, head.stages).size()) + "  " + std::to_string(sensors) +
                     " sensors: " + counts_text(summary.counts);
  if (!head.why.empty()) line.append("  (").append(without_controls(head.why)).append(")");
  return line + "\n";
}

std::string rollouts_text(const std::vector<RolloutSummary>& rollouts) {
  if (rollouts.empty()) return "there are no roll-outs\n";
  std::string out;
  for (const RolloutSummary& each : rollouts) out.append(to_iso8601(each.head.created)).append("  ").append(rollout_line(each));
  return out;
}

std::string rollouts_json(const std::vector<RolloutSummary>& rollouts) {
  std::string out;
  {
    ObjectWriter object{out};
    write_list(object.key("rollouts"), rollouts, write_rollout_summary);
  }
  return out + "\n";
}

std::string rollout_text(const Rollout& rollout) {
  const RolloutHead& head = rollout.head;
  std::string out = rollout_line({head, counts_of(rollout.targets)});
  out.append("begun ").append(to_iso8601(head.created)).append(" by ").append(head.author);
  if (head.ended) out.append(", ended ").append(to_iso8601(*head.ended));
  out.append("; failures allowed: ").append(std::to_string(head.failures_allowed)).append("; settle: ");
  out.append(duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(head.settle))).append("\n");
  for (const RolloutTarget& target : rollout.targets) {
    out.append("  ").append(target.sensor).append("  stage ").append(std::to_string(target.stage)).append("  ");
    out.append(name(target.state));
    const std::uint64_t revision = target.reverted_by != 0 ? target.reverted_by : target.revision;
    if (revision != 0) out.append("  revision ").append(std::to_string(revision));
    out.append("\n");
    append_set_in(out, without_controls(target.reasons));
  }
  return out;
}

std::string rollout_json(const Rollout& rollout) {
  std::string out;
  {
    ObjectWriter object{out};
    write_rollout_fields(object, {rollout.head, counts_of(rollout.targets)});
    write_list(object.key("targets"), rollout.targets, write_rollout_target);
  }
  return out + "\n";
}

std::string rollout_progress_json(const RolloutSummary& summary) {
  std::string out;
  {
    ObjectWriter object{out};
    object.text("id", summary.head.id);
    object.text("state", name(summary.head.state));
    object.text("why", without_controls(summary.head.why));
    object.key("ended").append(goes_on(summary.head.state) ? "false" : "true");
    object.text("progress", progress_of(summary));
    object.text("line", rollout_line(summary));
  }
  return out + "\n";
}

}  // namespace tidegate
