#include "respond/run_store_form.h"

#include <boost/json/serialize.hpp>

#include "respond/stored_fields.h"

namespace tidegate {
namespace {

void write_target(boost::json::object& out, const TargetRun& run) {
  StoredFieldsWriter fields{out};
  fields.put("type", std::string{key_of(run.target.type)});
  fields.put("value", run.target.value);
  fields.put("mail_box", run.target.mail_box);
  fields.put("description", run.target.description);
  fields.put("state", run.state);
  fields.put("task_id", run.task_id);
  fields.put("reason", run.reason);
  fields.put("attempts", run.attempts);
  fields.put("sent", run.sent);
  fields.put("changed", run.changed);
  fields.put("given_back", run.given_back);
}

TargetRun read_target(const boost::json::object& from, std::string& flaw) {
  const StoredFieldsReader fields{from, flaw};
  TargetRun run;
  std::string type;
  fields.read("type", type);
  if (const std::optional<ObjectType> known = object_type_of(type)) run.target.type = *known;
  else fields.flawed("type");
  fields.read("value", run.target.value);
  fields.read("mail_box", run.target.mail_box);
  fields.read("description", run.target.description);
  fields.read_named("state", run.state, ResponseState::unknown);
  fields.read("task_id", run.task_id);
  fields.read("reason", run.reason);
  fields.read("attempts", run.attempts);
  fields.read("sent", run.sent);
  fields.read("changed", run.changed);
  fields.read("given_back", run.given_back);
  return run;
}

void write_request(boost::json::object& out, const WebhookRun& run) {
  StoredFieldsWriter fields{out};
  fields.put("method", run.method);
  fields.put("path_and_query", run.path_and_query);
  fields.put("body", run.body);
  fields.put("state", run.state);
  fields.put("status", run.status);
  fields.put("answer", run.answer);
  fields.put("reason", run.reason);
  fields.put("sent", run.sent);
  fields.put("changed", run.changed);
}

WebhookRun read_request(const boost::json::object& from, std::string& flaw) {
  const StoredFieldsReader fields{from, flaw};
  WebhookRun run;
  fields.read("method", run.method);
  fields.read("path_and_query", run.path_and_query);
  fields.read("body", run.body);
  fields.read_named("state", run.state, ResponseState::unknown);
  fields.read("status", run.status);
  fields.read("answer", run.answer);
  fields.read("reason", run.reason);
  fields.read("sent", run.sent);
  fields.read("changed", run.changed);
  return run;
}

// What stands in both directions in the same order.
template <class Run, class Visit>
void visit_texts(Run& run, Visit visit) {
  visit("id", run.id);
  visit("responder", run.responder);
  visit("tenant", run.tenant);
  visit("sensor", run.sensor);
  visit("handed_to", run.handed_to);
  visit("requested_by", run.requested_by);
  visit("record_id", run.record_id);
  visit("decided_by", run.decided_by);
  visit("undoes", run.undoes);
  visit("undone_by", run.undone_by);
  visit("retries", run.retries);
  visit("retried_by", run.retried_by);
}

void read_parts(const StoredFieldsReader& fields, ActionRun& run, std::string& flaw) {
  if (const boost::json::array* list = fields.list_at("targets")) {
    if (list->size() > targets_max) fields.flawed("targets");
    for (const boost::json::value& each : *list) {
      if (const boost::json::object* target = each.if_object()) run.targets.push_back(read_target(*target, flaw));
      else fields.flawed("targets");
    }
  }
  if (const boost::json::object* request = fields.object_at("webhook")) run.webhook = read_request(*request, flaw);
}

}  // namespace

std::string stored_run(const ActionRun& run) {
  boost::json::object out;
  StoredFieldsWriter fields{out};
  fields.put("v", stored_run_version);
  visit_texts(run, [&fields](std::string_view key, const std::string& text) { fields.put(key, text); });
  if (run.action) fields.put("action", std::string{name(*run.action)});
  fields.put("created", run.created);
  fields.put("dry_run", run.dry_run);
  fields.put("approval", run.approval);
  fields.put("decided", run.decided);
  fields.put("lasts", run.lasts);
  fields.put("undo_at", run.undo_at);
  fields.put("by_limit", run.by_limit);
  fields.put("undone", run.undone);
  if (!run.targets.empty()) {
    boost::json::array& list = out["targets"].emplace_array();
    for (const TargetRun& target : run.targets) write_target(list.emplace_back(boost::json::object{}).get_object(), target);
  }
  if (run.webhook) write_request(out["webhook"].emplace_object(), *run.webhook);
  return boost::json::serialize(out);
}

Result<ActionRun> run_from_stored(std::string_view bytes) {
  const Result<boost::json::object> parsed = parse_stored(bytes);
  if (!parsed) return parsed.error();
  std::string flaw;
  const StoredFieldsReader fields{*parsed, flaw};
  int version = 0;
  fields.read("v", version);
  if (version > stored_run_version) return Error{Code::invalid, "a newer version wrote the run"};
  ActionRun run;
  visit_texts(run, [&fields](std::string_view key, std::string& text) { fields.read(key, text); });
  std::string action;
  fields.read("action", action);
  run.action = response_action_of(action);
  if (!action.empty() && !run.action) fields.flawed("action");
  fields.read("created", run.created);
  fields.read("dry_run", run.dry_run);
  fields.read_named("approval", run.approval, Approval::denied);
  fields.read("decided", run.decided);
  fields.read("lasts", run.lasts);
  fields.read("undo_at", run.undo_at);
  fields.read("by_limit", run.by_limit);
  fields.read("undone", run.undone);
  read_parts(fields, run, flaw);
  if (version < 1) fields.flawed("v");
  if (run.id.empty()) fields.flawed("id");
  if (!flaw.empty()) return Error{Code::corrupt, "the stored run has no usable '" + flaw + "'"};
  return run;
}

}  // namespace tidegate
