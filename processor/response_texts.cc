#include "processor/response_texts.h"

#include <algorithm>

#include "base/json_writer.h"
#include "config/units.h"
#include "processor/control_texts.h"
#include "respond/action_guards.h"

namespace tidegate {
namespace {

std::vector<ResponseState> part_states(const ActionRun& run) {
  std::vector<ResponseState> states;
  for (const TargetRun& target : run.targets) states.push_back(target.state);
  if (run.webhook) states.push_back(run.webhook->state);
  return states;
}

// "3 targets: 2 succeeded, 1 failed"
std::string parts_text(const ActionRun& run) {
  const std::vector<ResponseState> states = part_states(run);
  std::string text = run.webhook ? "1 request" : std::to_string(states.size()) + (states.size() == 1 ? " target" : " targets");
  std::string_view before = ": ";
  for (int i = 0; i <= static_cast<int>(ResponseState::unknown); ++i) {
    const auto state = static_cast<ResponseState>(i);
    const auto count = std::ranges::count(states, state);
    if (count == 0) continue;
    text.append(before).append(std::to_string(count)).append(" ").append(name(state));
    before = ", ";
  }
  return text;
}

// The element as it is sent: {"agentGuid":"…","description":"…"}.
void write_element(std::string& out, const ActionRun& run, std::size_t place) {
  const ActionTarget& target = run.targets[place].target;
  ObjectWriter element{out};
  element.text(key_of(target.type), target.value);
  if (!target.mail_box.empty()) element.text("mailBox", target.mail_box);
  element.text("description", sent_description(run, place));
}

void append_target(std::string& out, const ActionRun& run, std::size_t place) {
  const TargetRun& target = run.targets[place];
  out.append("  ").append(key_of(target.target.type)).append(" ").append(target.target.value).append("  ");
  out.append(name(target.state));
  if (!target.task_id.empty()) out.append("  task ").append(target.task_id);
  out.append("\n");
  if (!target.reason.empty()) out.append("    ").append(target.reason).append("\n");
  if (run.dry_run) return;
  out.append("    ");
  write_element(out, run, place);
  out.append("\n");
  if (target.sent) {
    out.append("    sent ").append(to_iso8601(*target.sent)).append(", changed ").append(to_iso8601(target.changed));
    if (target.attempts > 1) out.append(", ").append(std::to_string(target.attempts)).append(" attempts");
    out.append("\n");
  }
}

void append_webhook(std::string& out, const WebhookRun& webhook) {
  out.append("request: ").append(webhook.method).append(" ").append(webhook.path_and_query).append("\n");
  if (!webhook.body.empty()) out.append(webhook.body).append("\n");
  out.append("  ").append(name(webhook.state));
  if (webhook.status != 0) out.append("  HTTP ").append(std::to_string(webhook.status));
  if (webhook.sent)
    out.append("  sent ").append(to_iso8601(*webhook.sent)).append(", changed ").append(to_iso8601(webhook.changed));
  out.append("\n");
  if (!webhook.reason.empty()) out.append("    ").append(webhook.reason).append("\n");
  if (!webhook.answer.empty()) out.append("    answer: ").append(webhook.answer).append("\n");
}

// Who asked, for what, and what has become of it as a whole.
std::string about_text(const ActionRun& run) {
  std::string out = "asked for " + to_iso8601(run.created) + " by " + run.requested_by + ", of responder " + run.responder +
                    ", for tenant " + run.tenant + (run.sensor.empty() ? "" : ", by sensor " + run.sensor) + "\n";
  if (!run.record_id.empty()) out.append("about record ").append(run.record_id).append("\n");
  if (run.approval != Approval::not_needed) {
    out.append("approval: ").append(name(run.approval));
    if (!run.decided_by.empty()) out.append(", by ").append(run.decided_by);
    if (run.decided) out.append(", ").append(to_iso8601(*run.decided));
    out.append("\n");
  }
  if (run.lasts) {
    out.append("lasts ").append(duration_text(*run.lasts));
    if (run.undo_at && run.undone_by.empty()) out.append(", until ").append(to_iso8601(*run.undo_at));
    out.append("\n");
  }
  if (!run.retries.empty()) out.append("another try of run ").append(run.retries).append("\n");
  if (!run.undoes.empty()) out.append("takes back run ").append(run.undoes).append("\n");
  if (!run.retried_by.empty()) out.append("tried again by run ").append(run.retried_by).append("\n");
  if (!run.undone_by.empty())
    out.append(run.undone ? "taken back by run " : "is being taken back by run ").append(run.undone_by).append("\n");
  return out;
}

void write_target(std::string& out, const ActionRun& run, std::size_t place) {
  const TargetRun& target = run.targets[place];
  ObjectWriter object{out};
  object.text("type", key_of(target.target.type));
  object.text("value", target.target.value);
  object.text("state", name(target.state));
  object.text("reason", target.reason);
  object.text("task_id", target.task_id);
  object.number("attempts", target.attempts);
  object.time("sent", target.sent);
  object.time("changed", target.changed);
  write_element(object.key("request"), run, place);
}

void write_webhook(std::string& out, const WebhookRun& webhook) {
  ObjectWriter object{out};
  object.text("method", webhook.method);
  object.text("path", webhook.path_and_query);
  object.text("body", webhook.body);
  object.text("state", name(webhook.state));
  object.number("status", webhook.status);
  object.text("answer", webhook.answer);
  object.text("reason", webhook.reason);
  object.time("sent", webhook.sent);
  object.time("changed", webhook.changed);
}

void write_run_fields(ObjectWriter& object, const ActionRun& run) {
  object.text("id", run.id);
  object.text("state", name(state_of(run)));
  write_flag(object.key("settled"), settled(run));
  object.time("created", run.created);
  object.text("responder", run.responder);
  object.text("tenant", run.tenant);
  object.text("sensor", run.sensor);
  object.text("action", action_word(run));
  object.text("requested_by", run.requested_by);
  object.text("record_id", run.record_id);
  write_flag(object.key("dry_run"), run.dry_run);
  object.text("approval", name(run.approval));
  object.text("decided_by", run.decided_by);
  object.time("decided", run.decided);
  if (run.lasts) object.number("lasts_seconds", run.lasts->count());
  object.time("undo_at", run.undo_at);
  object.text("undoes", run.undoes);
  object.text("undone_by", run.undone_by);
  write_flag(object.key("undone"), run.undone);
  object.text("retries", run.retries);
  object.text("retried_by", run.retried_by);
  if (run.action) object.text("path", path_of(*run.action));
  std::string& targets = object.key("targets");
  targets.push_back('[');
  for (std::size_t place = 0; place < run.targets.size(); ++place) {
    if (place > 0) targets.push_back(',');
    write_target(targets, run, place);
  }
  targets.push_back(']');
  if (run.webhook) write_webhook(object.key("webhook"), *run.webhook);
}

void write_run(std::string& out, const ActionRun& run) {
  ObjectWriter object{out};
  write_run_fields(object, run);
}

}  // namespace

std::string warnings_text(const std::vector<std::string>& warnings) {
  std::string out;
  for (const std::string& warning : warnings) out.append("WARNING: ").append(warning).append("\n");
  return out;
}

std::string runs_text(const RunsPage& page) {
  if (page.runs.empty()) return page.total ? "there are no actions\n" : "there are no more actions\n";
  std::string out;
  for (const ActionRun& run : page.runs) out.append(to_iso8601(run.created)).append("  ").append(run_line(run));
  out.append(std::to_string(page.runs.size()));
  if (page.total) out.append(" of ").append(std::to_string(*page.total));
  out.append(" actions");
  if (!page.next.empty()) out.append("; the next with --before ").append(page.next);
  return without_controls(out + "\n");
}

std::string runs_json(const RunsPage& page) {
  std::string out;
  {
    ObjectWriter object{out};
    if (page.total) object.number("total", static_cast<std::int64_t>(*page.total));
    object.text("next", page.next);
    write_list(object.key("runs"), page.runs, write_run);
  }
  return out + "\n";
}

std::string run_line(const ActionRun& run) {
  return without_controls(run.id + "  " + std::string{name(state_of(run))} + "  " + std::string{action_word(run)} + "  " +
                          run.responder + "  " + run.tenant + "  " + parts_text(run) + "  by " + run.requested_by + "\n");
}

std::string run_text(const ActionRun& run, const std::vector<std::string>& warnings) {
  std::string out = warnings_text(warnings) + run_line(run) + about_text(run);
  if (run.action) out.append("request: POST ").append(path_of(*run.action)).append("\n");
  for (std::size_t place = 0; place < run.targets.size(); ++place) append_target(out, run, place);
  if (run.webhook) append_webhook(out, *run.webhook);
  return without_controls(out);
}

std::string run_json(const ActionRun& run, const std::vector<std::string>& warnings) {
  std::string out;
  {
    ObjectWriter object{out};
    write_run_fields(object, run);
    write_list(object.key("warnings"), warnings);
  }
  return out + "\n";
}

std::string dry_run_text(const ActionDraft& dry, const std::vector<std::string>& warnings) {
  const ActionPreview& preview = dry.preview;
  std::string out = warnings_text(warnings) + "DRY RUN: nothing is sent\n" + preview.method + " " + preview.url + "\n";
  if (!preview.body.empty()) out.append(preview.body).append("\n");
  return without_controls(out + run_line(dry.run));
}

std::string dry_run_json(const ActionDraft& dry, const std::vector<std::string>& warnings) {
  std::string out;
  {
    ObjectWriter object{out};
    write_run_fields(object, dry.run);
    {
      ObjectWriter request{object.key("preview")};
      request.text("method", dry.preview.method);
      request.text("url", dry.preview.url);
      request.text("body", dry.preview.body);
    }
    write_list(object.key("warnings"), warnings);
  }
  return out + "\n";
}

std::string progress_of(const ActionRun& run) {
  std::string progress{name(state_of(run))};
  progress.push_back('.');
  for (const ResponseState state : part_states(run)) progress.push_back(static_cast<char>('a' + static_cast<int>(state)));
  return progress;
}

std::string run_progress_json(const ActionRun& run) {
  std::string out;
  {
    ObjectWriter object{out};
    object.text("id", run.id);
    object.text("state", name(state_of(run)));
    write_flag(object.key("ended"), ended(run));
    object.text("progress", progress_of(run));
    object.text("line", run_line(run));
  }
  return out + "\n";
}

}  // namespace tidegate
