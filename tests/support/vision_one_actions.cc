#include "tests/support/vision_one_actions.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/log.h"
#include "tests/support/vision_one_answers.h"

namespace tidegate {
namespace {

constexpr std::size_t tasks_max = 100'000;
constexpr std::string_view location_header = "Operation-Location";

struct ActionKind {
  std::string_view path;
  std::string_view action;
  std::array<std::string_view, 6> targets;  // an element names its target by one of these keys
};
constexpr ActionKind action_kinds[] = {
    {"/v3.0/response/suspiciousObjects", "block", {"url", "domain", "ip", "senderMailAddress", "fileSha1", "fileSha256"}},
    {"/v3.0/response/suspiciousObjects/delete",
     "restoreBlock",
     {"url", "domain", "ip", "senderMailAddress", "fileSha1", "fileSha256"}},
    {"/v3.0/response/endpoints/isolate", "isolate", {"endpointName", "agentGuid"}},
    {"/v3.0/response/endpoints/restore", "restoreIsolate", {"endpointName", "agentGuid"}},
    {"/v3.0/response/emails/quarantine", "quarantineMessage", {"messageId", "uniqueId"}},
};

// The answers that a target's name asks for.
struct Refusal {
  std::string_view target;
  ApiError error;
};
constexpr Refusal element_refusals[] = {
    {"action_not_supported",
     {400, "NotSupported", "Action not supported. Install or upgrade the agent program on the target endpoint."}},
    {"target_not_found", {400, "BadRequest", "Target not found."}},
    {"access_denied_no_scope", {403, "AccessDenied", "Access denied. The target is not in the user's management scope."}},
    {"feature_disabled", {403, "AccessDenied", "Feature disabled."}},
    {"insufficient_permissions", {403, "AccessDenied", "Insufficient permissions."}},
    {"unsupported_response", {403, "AccessDenied", "Promotion does not support response action."}},
    {"internal_server_error", {500, "InternalServerError", "Internal server error."}},
};
constexpr Refusal whole_refusals[] = {
    {"access_denied", {403, "AccessDenied", "Insufficient permissions."}},
    {"server_error", {500, "InternalServerError", "Internal server error."}},
    {"invalid_format", {400, "BadRequest", "Invalid request format."}},
};

const ApiError* refusal_for(std::span<const Refusal> refusals, std::string_view target) {
  for (const Refusal& refusal : refusals)
    if (refusal.target == target) return &refusal.error;
  return nullptr;
}

std::size_t action_kind_of(std::string_view path) {
  std::size_t kind = 0;
  while (kind < std::size(action_kinds) && action_kinds[kind].path != path) ++kind;
  return kind;
}

bool is_target(const ActionKind& kind, std::string_view key) {
  return !key.empty() && std::find(kind.targets.begin(), kind.targets.end(), key) != kind.targets.end();
}

bool hexadecimal(std::string_view text, std::size_t length) {
  return text.size() == length && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool well_formed(std::string_view key, std::string_view value) {
  if (value.empty()) return false;
  if (key == "fileSha1") return hexadecimal(value, 40);
  if (key == "fileSha256") return hexadecimal(value, 64);
  if (key == "senderMailAddress") return value.find('@') != std::string_view::npos;
  if (key == "ip") return value.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos;
  return true;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

// The elements of the body; absent when it is no array of objects of strings.
std::optional<std::vector<Fields>> elements_of(const Bytes& body) {
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  if (parser.parse(simdjson::padded_string{body}).get(array) != simdjson::SUCCESS) return std::nullopt;
  std::vector<Fields> elements;
  for (simdjson::dom::element element : array) {
    simdjson::dom::object object;
    if (element.get(object) != simdjson::SUCCESS) return std::nullopt;
    Fields& fields = elements.emplace_back();
    for (const auto& [key, value] : object) {
      std::string_view text;
      if (value.get(text) != simdjson::SUCCESS) return std::nullopt;
      fields.emplace_back(key, text);
    }
  }
  return elements;
}

// The element without its description: what makes two of them the same request.
Fields without_description(Fields fields) {
  std::erase_if(fields, [](const auto& field) { return field.first == "description"; });
  return fields;
}

void append_refusal(Bytes& out, const ApiError& error) {
  out.append(R"({"status":)").append(std::to_string(error.status)).append(R"(,"body":)").append(error_body(error)).append("}");
}

void append_location(Bytes& out, const std::string& base_url, std::string_view id) {
  out.append(R"("headers":[{"name":")").append(location_header).append(R"(","value":)");
  append_json_string(out, base_url + "/v3.0/response/tasks/" + std::string{id});
  out.append("}]");
}

}  // namespace

bool Actions::takes(std::string_view path) { return action_kind_of(path) < std::size(action_kinds); }

SimResponse Actions::act(std::string_view path, const Bytes& body, const ServeOptions& options, const std::string& base_url,
                         WallTime now) {
  const std::size_t kind = action_kind_of(path);
  const auto elements = elements_of(body);
  if (!elements || elements->empty()) return bad_request("Invalid request format.");
  for (const Fields& fields : *elements)
    for (const auto& [key, value] : fields)
      if (const ApiError* error = is_target(action_kinds[kind], key) ? refusal_for(whole_refusals, value) : nullptr)
        return error_answer(*error);
  if (tasks_.size() + elements->size() > tasks_max)
    return error_answer({.status = 500, .code = "InternalServerError", .message = "Full."});
  Bytes answer = "[";
  for (const Fields& fields : *elements) {
    if (answer.size() > 1) answer.push_back(',');
    take(answer, kind, fields, options, base_url, now);
  }
  return json_answer(answer.append("]"), 207);
}

void Actions::take(Bytes& out, std::size_t kind, const Fields& fields, const ServeOptions& options, const std::string& base_url,
                   WallTime now) {
  std::size_t targets = 0;
  std::string_view target;
  for (const auto& [key, value] : fields) {
    if (!is_target(action_kinds[kind], key)) {
      if (key == "description" || (key == "mailBox" && action_kinds[kind].action == "quarantineMessage")) continue;
      return append_refusal(out, {.message = "Invalid request - Invalid field format: " + key + "."});
    }
    ++targets;
    target = value;
    if (const ApiError* error = refusal_for(element_refusals, value)) return append_refusal(out, *error);
    if (!well_formed(key, value)) {
      const std::string message = "Invalid request - Invalid field format: " + key + ".";
      return append_refusal(out, {.message = message});
    }
  }
  if (targets != 1) {
    const std::string message = "Invalid request - Required fields not found: " + std::string{action_kinds[kind].targets[0]} + ".";
    return append_refusal(out, {.message = message});
  }
  const Fields wanted = without_description(fields);
  for (const Task& task : tasks_) {
    if (task.action != action_kinds[kind].action || without_description(task.fields) != wanted ||
        state_of(task, options, now).ended)
      continue;
    out.append(R"({"status":400,)");
    append_location(out, base_url, task.id);
    out.append(R"(,"body":)").append(error_body({.code = "TaskError", .message = "Task duplication."})).append("}");
    return;
  }
  char id[16];
  const int length = std::snprintf(id, sizeof id, "%08zu", tasks_.size() + 1);
  tasks_.push_back({{id, static_cast<std::size_t>(length)}, action_kinds[kind].action, fields, now, target == "task_fails"});
  out.append(R"({"status":202,)");
  append_location(out, base_url, tasks_.back().id);
  out.append("}");
}

Actions::State Actions::state_of(const Task& task, const ServeOptions& options, WallTime now) {
  const WallTime runs = task.created + options.task_queued;
  const WallTime ends = runs + options.task_running;
  if (now < runs) return {"queued", task.created, false};
  if (now < ends) return {"running", runs, false};
  return {task.fails ? "failed" : "succeeded", ends, true};
}

void Actions::append_task(Bytes& out, const Task& task, const ServeOptions& options, WallTime now) {
  static constexpr std::string_view failure =
      R"({"code":"TaskError","number":4009999,"message":"An internal error has occurred."})";
  const State state = state_of(task, options, now);
  const bool failed = state.ended && task.fails;
  out.append(R"({"id":")").append(task.id).append(R"(","status":")").append(state.status);
  out.append(R"(","createdDateTime":")").append(to_iso8601(task.created));
  out.append(R"(","lastActionDateTime":")").append(to_iso8601(state.last_action));
  out.append(R"(","action":")").append(task.action).append(R"(","account":"simulator")");
  if (failed) out.append(R"(,"error":)").append(failure);
  Bytes members;
  for (const auto& [key, value] : task.fields) {
    Bytes& to = task.action == "quarantineMessage" && key != "description" ? members : out;
    to.append(",");
    append_json_string(to, key);
    to.append(":");
    append_json_string(to, value);
  }
  if (!members.empty()) {  // mail has a list of sub-tasks, one per message
    out.append(R"(,"tasks":[{"status":")").append(state.status);
    out.append(R"(","lastActionDateTime":")").append(to_iso8601(state.last_action)).append("\"");
    if (failed) out.append(R"(,"error":)").append(failure);
    out.append(members).append(R"(,"messageSubject":"simulated","organizationId":"25f970f0-2b86-4b59-b65f-dda762d45c0d"}])");
  }
  out.append("}");
}

SimResponse Actions::task(std::string_view id, const ServeOptions& options, WallTime now) const {
  for (const Task& task : tasks_) {
    if (task.id != id) continue;
    Bytes body;
    append_task(body, task, options, now);
    return json_answer(std::move(body));
  }
  return error_answer({.status = 404, .code = "NotFound", .message = "Not found."});
}

SimResponse Actions::list(const Target& target, const ServeOptions& options, const LinkRules& rules, WallTime now) const {
  const auto from = time_parameter(target, "startDateTime");
  if (!from) return bad_request(from.error().text());
  const auto to = time_parameter(target, "endDateTime");
  if (!to) return bad_request(to.error().text());
  const auto top = top_parameter(target);
  if (!top) return bad_request(top.error().text());
  const std::string_view by = target.find("dateTimeTarget").value_or("createdDateTime");
  if (by != "createdDateTime" && by != "lastActionDateTime") return bad_request("Invalid parameter: dateTimeTarget");
  if (target.find("filter")) return bad_request("Invalid parameter: filter (the simulator evaluates none)");
  TokenCheck check = check_token(target, "skipToken", rules, now);
  if (check.refusal) return std::move(*check.refusal);
  const PageToken token = check.token.value_or(PageToken{});

  Bytes body = R"({"items":[)";
  std::uint64_t matching = 0;
  for (auto task = tasks_.rbegin(); task != tasks_.rend(); ++task) {
    const WallTime time = by == "createdDateTime" ? task->created : state_of(*task, options, now).last_action;
    if ((*from && time < **from) || (*to && time >= **to)) continue;
    if (matching++ < token.offset || matching > token.offset + *top) continue;
    if (body.back() != '[') body.push_back(',');
    append_task(body, *task, options, now);
  }
  body.push_back(']');
  const std::uint64_t count = std::min<std::uint64_t>(*top, matching - std::min(token.offset, matching));
  if (const auto next = next_token(token, {token.offset, count, matching}, rules, now)) {
    Target resolved = target;
    std::erase_if(resolved.parameters, [](const auto& parameter) { return parameter.first == "skipToken"; });
    body.append(R"(,"nextLink":)");
    append_json_string(body, page_link(resolved, "skipToken", *next, rules));
  }
  return json_answer(body.append("}"));
}

}  // namespace tidegate
