#include "processor/respond/action_order.h"

#include <algorithm>

#include "processor/joined.h"
#include "processor/record.h"
#include "respond/candidates.h"
#include "respond/foreign_json.h"
#include "respond/template.h"

namespace tidegate {
namespace {

void check_word(std::string_view field, std::string_view value, ActionRefusals& refusals) {
  if (Result<void> good = check_line(value, record_name_bytes_max); !good) refusals.add(std::move(good).error().in(field));
}

std::string tenant_of(const Responder& responder, const ActionOrder& order, ActionRefusals& refusals) {
  const std::string of_record{text_member(order.record, "tenantid")};
  if (!order.tenant.empty() && !of_record.empty() && order.tenant != of_record) {
    refusals.add(Code::denied, "tenant: the record is of tenant '" + of_record.substr(0, record_name_bytes_max) + "', not of '" +
                                   order.tenant.substr(0, record_name_bytes_max) + "'");
    return {};
  }
  std::string tenant = order.tenant.empty() ? of_record : order.tenant;
  if (tenant.empty() && responder.tenants.size() == 1) tenant = responder.tenants.front();
  if (tenant.empty())
    refusals.add(Code::invalid, "tenant: nothing says whose action it is, and responder '" + responder.name +
                                    "' acts for several; give the tenant, or a record");
  check_word("tenant", tenant, refusals);
  return tenant;
}

void check_lasts(const ActionOrder& order, const ActionRun& run, ActionRefusals& refusals) {
  if (!order.lasts) return;
  if (!run.action) return refusals.add(Code::invalid, "lasts: nothing takes back what a custom responder has done; leave it out");
  if (!inverse_of(*run.action))
    return refusals.add(Code::invalid, "lasts: nothing takes back " + std::string{name(*run.action)} + "; leave it out");
  if (*order.lasts <= std::chrono::seconds{0} || *order.lasts > lasts_max)
    refusals.add(Code::invalid, "lasts: " + std::to_string(order.lasts->count()) + " s is not within 1 s and " +
                                    std::to_string(lasts_max.count() / 24) + " d; write for example 4h");
}

// The record's only candidate of each type under its short key, where nothing is given under it. Of several a person has to name
// those that are meant: else what is missing is refused, and lists them.
boost::json::object with_candidates(ResponseAction action, const ActionOrder& order) {
  boost::json::object given = order.given;
  const std::vector<Candidate> candidates = candidates_for(action, order.record);
  for (const ObjectType type : object_types_of(action)) {
    if (given.contains(key_of(type))) continue;
    boost::json::array values;
    for (const Candidate& each : candidates)
      if (each.type == type) values.emplace_back(each.value);
    if (values.size() == 1) given[key_of(type)] = std::move(values.front());
  }
  return given;
}

// Empty, and said so: it cannot be rendered.
std::string rendered(std::string_view field, std::string_view text, TemplatePlace place, const RenderInput& input,
                     ActionRefusals& refusals) {
  Result<RequestTemplate> parsed = RequestTemplate::parse(text, place);
  if (!parsed) {
    refusals.add(std::move(parsed).error().in(field));
    return {};
  }
  Result<std::string> out = parsed->render(input);
  if (out) return *std::move(out);
  refusals.add(out.error());
  return {};
}

void draft_visionone(const Responder& responder, const ActionOrder& order, ActionDraft& draft, ActionRefusals& refusals) {
  const std::optional<ResponseAction> only =
      responder.actions.size() == 1 ? std::optional{*responder.actions.begin()} : std::nullopt;
  draft.run.action = order.action ? order.action : only;
  if (!order.path.empty()) refusals.add(Code::invalid, "path: goes with a custom responder alone; leave it out");
  if (!draft.run.action) {
    return refusals.add(Code::invalid,
                        "action: is missing; responder '" + responder.name + "' may do " + joined_names(responder.actions));
  }
  const ResponseAction action = *draft.run.action;
  const auto own = responder.bodies.find(action);
  // What a person gives says which kinds of objects are meant: never all that a record happens to name.
  std::string body = order.body;
  if (body.empty())
    body = own != responder.bodies.end() ? own->second : default_body(action, object_types_given(action, order.given));
  const boost::json::object given = with_candidates(action, order);
  draft.preview.method = "POST";
  draft.preview.url = origin_of(responder).append(path_of(action));
  draft.preview.body = rendered("body", body, TemplatePlace::json_body, {given, order.record}, refusals);
  if (draft.preview.body.empty()) return;
  Result<std::vector<ActionTarget>> targets = targets_of(action, draft.preview.body);
  if (!targets) return refusals.add(targets.error());
  draft.preview.targets = *std::move(targets);
  for (const ActionTarget& target : draft.preview.targets) draft.run.targets.emplace_back().target = target;
}

void draft_webhook(const Responder& responder, const ActionOrder& order, ActionDraft& draft, ActionRefusals& refusals) {
  if (order.action)
    refusals.add(Code::invalid, "action: responder '" + responder.name + "' is a custom one and does one thing; leave it out");
  const WebhookSpec& spec = responder.webhook;
  const std::string_view path = order.path.empty() ? spec.path : order.path;
  const std::string_view body = order.body.empty() ? spec.json_body : order.body;
  const RenderInput input{order.given, order.record};
  WebhookRun& webhook = draft.run.webhook.emplace();
  webhook.method = spec.method;
  webhook.path_and_query = rendered("path", path, TemplatePlace::path_and_query, input, refusals);
  if (!body.empty()) webhook.body = rendered("body", body, TemplatePlace::json_body, input, refusals);
  draft.preview.method = webhook.method;
  draft.preview.url = origin_of(responder).append(webhook.path_and_query);
  draft.preview.body = webhook.body;
}

}  // namespace

Result<void> check_line(std::string_view value, std::size_t bytes_max) {
  if (value.size() > bytes_max) return Error{Code::invalid, "is longer than " + std::to_string(bytes_max) + " bytes"};
  if (std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
    return Error{Code::invalid, "has a control character"};
  return {};
}

ActionDraft draft_of(const Responder& responder, const ActionOrder& order, ActionRefusals& refusals) {
  ActionDraft draft;
  ActionRun& run = draft.run;
  run.responder = responder.name;
  run.requested_by = order.requested_by;
  run.record_id = text_member(order.record, "record_id");
  run.dry_run = order.dry_run;
  run.lasts = order.lasts;
  check_word("record_id", run.record_id, refusals);
  run.tenant = tenant_of(responder, order, refusals);
  if (responder.type == ResponderType::webhook) draft_webhook(responder, order, draft, refusals);
  else draft_visionone(responder, order, draft, refusals);
  check_lasts(order, run, refusals);
  check_scope(responder, run, refusals);
  run.approval = approval_of(responder, run);
  return draft;
}

}  // namespace tidegate
