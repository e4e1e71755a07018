// Any text as a document of responders: it is responders or it has errors; responders keep every rule, and what is shown of them is
// a document again, without their secrets. And the same bytes as what a store keeps, and as what a processor and a sensor tell each
// other: what is taken comes back equal.
#include <algorithm>
#include <cstdint>
#include <set>

#include "base/check.h"
#include "respond/responder_store_form.h"
#include "respond/responders_document.h"
#include "respond/run_store_form.h"
#include "respond/sensor_messages.h"
#include "respond/template.h"

namespace tidegate {
namespace {

void check_rules(const Responder& responder) {
  TG_ASSERT(!responder.name.empty() && !responder.host.empty(), "a responder has a name and a host");
  TG_ASSERT(responder.host.find_first_of("/ @") == std::string::npos, "a host stands alone");
  const bool needs_secret = responder.type != ResponderType::webhook || responder.webhook.auth != WebhookAuth::none;
  const bool has_secret = !responder.secret.empty() || !responder.credential.empty();
  TG_ASSERT(needs_secret == has_secret, "a responder has the secret that it needs, and no other");
  TG_ASSERT(responder.secret.empty() || responder.credential.empty(), "a secret is given once");
  for (const auto& [header, value] : responder.webhook.headers)
    TG_ASSERT((header + value).find_first_of("\r\n") == std::string::npos, "a header is one line");
  for (const auto& [action, body] : responder.bodies)
    TG_ASSERT(RequestTemplate::parse(body, TemplatePlace::json_body), "a body is a template");
  if (responder.type != ResponderType::webhook) return;
  TG_ASSERT(responder.actions.empty() && responder.guards.protect.empty(), "a webhook has nothing of Vision One's");
  TG_ASSERT(RequestTemplate::parse(responder.webhook.path, TemplatePlace::path_and_query), "a path is a template");
}

void check_shown(Responder responder) {
  responder.secret = Secret{};
  const bool needs_secret = responder.type != ResponderType::webhook || responder.webhook.auth != WebhookAuth::none;
  if (needs_secret && responder.credential.empty()) responder.credential = "kept";
  const ParsedResponders again = parse_responders(to_yaml(responder));
  TG_ASSERT(again.responders && again.responders->size() == 1, "what is shown is a document");
  TG_ASSERT(again.responders->front() == responder, "what is shown is what there is");
}

void check_document(std::string_view text) {
  const ParsedResponders parsed = parse_responders(text);
  TG_ASSERT(parsed.responders.has_value() == parsed.errors.empty(), "a document is responders or has errors");
  TG_ASSERT(parsed.errors.size() <= config_errors_max + 1, "the errors of a document are bounded");
  for (const ConfigError& error : parsed.errors) TG_ASSERT(!error.problem.empty(), "an error says what is wrong");
  if (!parsed.responders) return;
  TG_ASSERT(!parsed.responders->empty() && parsed.responders->size() <= responders_max, "there are some, and not too many");
  std::set<std::string> names;
  for (const Responder& responder : *parsed.responders) {
    TG_ASSERT(names.insert(responder.name).second, "names are unique");
    check_rules(responder);
    check_shown(responder);
    TG_ASSERT(*responder_from_stored(stored_responder(responder)) == responder, "what is stored is what there is");
  }
}

void check_stored(std::string_view bytes) {
  if (const Result<ActionRun> run = run_from_stored(bytes); run)
    TG_ASSERT(*run_from_stored(stored_run(*run)) == *run, "a run that was read is stored again as it is");
  if (const Result<Responder> responder = responder_from_stored(Secret{std::string{bytes}}); responder)
    TG_ASSERT(*responder_from_stored(stored_responder(*responder)) == *responder, "so is a responder");
}

void check_sensor_responders(std::string_view bytes) {
  const Result<SensorResponders> all = sensor_responders_from(Secret{std::string{bytes}});
  if (!all) return;
  TG_ASSERT(all->responders.size() <= responders_max, "a sensor's responders are bounded");
  std::set<std::string> names;
  for (const Responder& each : all->responders)
    TG_ASSERT(names.insert(each.name).second, "a sensor's responders have names of their own");
  const Result<Secret> text = sensor_responders_text(*all);
  TG_ASSERT(text || bytes.size() > sensor_message_bytes_max / 2, "what a sensor acts by is written without what is left out");
  if (!text) return;
  TG_ASSERT(*sensor_responders_from(*text) == *all, "what a sensor acts by is what it was told");
  TG_ASSERT(digest_of(*text) == digest_of(*sensor_responders_text(*all)), "what is the same has one digest");
}

void check_sensor_changes(std::string_view bytes) {
  const Result<SensorChanges> changes = changes_from_stored(bytes);
  if (!changes) return;
  TG_ASSERT(changes->runs.size() + changes->unreadable.size() <= changes_runs_max, "what a sensor tells is bounded");
  const Result<SensorChanges> again = changes_from_stored(stored_changes(*changes));
  TG_ASSERT(again && again->unreadable.empty(), "what a sensor told can be told");
  TG_ASSERT(again->ledger == changes->ledger && again->responders == changes->responders, "of the same ledger");
  TG_ASSERT(again->through == changes->through && again->more == changes->more, "up to the same change");
  TG_ASSERT(again->runs == changes->runs, "the same runs");
}

}  // namespace
}  // namespace tidegate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  tidegate::check_document(bytes);
  tidegate::check_stored(bytes);
  tidegate::check_sensor_responders(bytes);
  tidegate::check_sensor_changes(bytes);
  return 0;
}
