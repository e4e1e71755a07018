#include "processor/respond/action_desk.h"

#include <utility>

#include "processor/joined.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

constexpr std::size_t name_shown_bytes_max = 64;

}  // namespace

ActionDesk::ActionDesk(ActionDeskPorts ports, Clock& clock, Random& random, Log& log)
    : ports_(std::move(ports)), clock_(clock), random_(random), log_(log) {}

Result<void> ActionDesk::load() {
  Result<std::vector<KeptResponder>> kept = ports_.store.responders();
  if (!kept) return std::move(kept).error();
  const Result<bool> may = ports_.store.may_send();
  if (!may) return may.error();
  for (KeptResponder& each : *kept) {
    for (const std::string& warning : warnings_of(each.responder))
      log_.warning("a responder is not safe", {{"responder", each.responder.name}, {"reason", warning}});
    std::string name = each.responder.name;
    responders_.insert_or_assign(std::move(name), std::move(each));
  }
  may_send_ = *may;
  if (!may_send_) log_.warning(kill_switch_is_on);
  return {};
}

Result<const Responder*> ActionDesk::responder_named(std::string_view name) const {
  if (const auto found = responders_.find(std::string{name}); found != responders_.end()) return &found->second.responder;
  const std::string known = joined(responders_, [](const auto& each) { return each.first; });
  return Error{Code::absent, "there is no responder '" + utf8_within(name, name_shown_bytes_max) + "'" +
                                 (known.empty() ? "; make one with `tidegate-processor responder apply`" : "; there are " + known)};
}

Result<Secret> ActionDesk::secret_of(const Responder& responder) const {
  if (responder.credential.empty()) return responder.secret;
  Result<Secret> kept = ports_.credential(responder.credential);
  if (kept || kept.error().code() != Code::absent) return kept;
  return Error{Code::invalid, "responder '" + responder.name + "': credential '" + responder.credential +
                                  "' is not kept; set it with `tidegate-processor credential set " + responder.credential + "`"};
}

Result<ResponderApi> ActionDesk::api_of(const Responder& responder) {
  if (const auto made = apis_.find(responder.name); made != apis_.end()) return made->second;
  Result<Secret> secret = secret_of(responder);
  if (!secret) return std::move(secret).error();
  Result<ResponderApi> api = ports_.make_api(responder, *std::move(secret));
  if (!api) return std::move(api).error().in("responder '" + responder.name + "'");
  apis_.insert_or_assign(responder.name, *api);
  return api;
}

Result<void> ActionDesk::apply(std::vector<Responder> responders, std::string_view by) {
  ActionRefusals refusals;
  std::map<std::string, ResponderApi> made;
  std::size_t fresh = 0;
  for (const Responder& each : responders) {
    const auto before = responders_.find(each.name);
    if (before == responders_.end()) ++fresh;
    else if (before->second.responder.type != each.type)
      refusals.add(Code::invalid, "responder '" + each.name + "' is of type " + std::string{name(before->second.responder.type)} +
                                      "; delete it before another one takes its name");
    else if (const Result<void> same = check_origin(before->second.responder, each); !same) refusals.add(same.error());
    if (const Result<void> there = check_sensor(each); !there) refusals.add(there.error());
    Result<Secret> secret = secret_of(each);
    if (!secret) {
      refusals.add(secret.error());
      continue;
    }
    Result<ResponderApi> api = ports_.make_api(each, *std::move(secret));
    if (api) made.insert_or_assign(each.name, *std::move(api));
    else refusals.add(std::move(api).error().in("responder '" + each.name + "'"));
  }
  if (responders_.size() + fresh > responders_max)
    refusals.add(Code::invalid, "there would be more than " + std::to_string(responders_max) + " responders; delete some");
  if (!refusals.empty()) return refusals.error();

  const WallTime now = clock_.wall();
  std::vector<KeptResponder> all;
  for (Responder& each : responders) all.push_back({std::move(each), now, std::string{by}});
  if (Result<void> put = ports_.store.put_responders(all); !put) return put;
  for (KeptResponder& kept : all) {
    const std::string name = kept.responder.name;
    log_.info("a responder was applied", {{"responder", name}, {"who", std::string{by}}});
    for (const std::string& warning : warnings_of(kept.responder))
      log_.warning("a responder is not safe", {{"responder", name}, {"reason", warning}});
    responders_.insert_or_assign(name, std::move(kept));
    apis_.insert_or_assign(name, std::move(made.at(name)));
  }
  tell_of_change();
  return {};
}

// What was sent to one console must not be looked for in another: it would not be there, and would be sent again (P9).
Result<void> ActionDesk::check_origin(const Responder& before, const Responder& now) const {
  if (origin_of(before) == origin_of(now) && before.sensor == now.sensor) return {};
  const Result<std::optional<std::string>> open = ports_.history.unsettled_run_of(now.name);
  if (!open) return open.error();
  if (!*open) return {};
  const auto way = [](const Responder& one) { return origin_of(one) + (one.sensor.empty() ? "" : " by sensor " + one.sensor); };
  return Error{Code::denied, "responder '" + now.name + "' is to send to " + way(now) + ", and run " + **open +
                                 " of it is not settled, which began at " + way(before) +
                                 "; wait for its end, or give the new responder another name"};
}

Result<void> ActionDesk::remove(std::string_view name, std::string_view by) {
  const auto found = responders_.find(std::string{name});
  if (found == responders_.end()) return responder_named(name).error();
  const Result<std::optional<std::string>> open = ports_.history.unsettled_run_of(name);
  if (!open) return open.error();
  if (*open)
    return Error{Code::denied, "responder '" + found->first + "' is needed: run " + **open + " of it is not settled; see `" +
                                   "tidegate-processor action show " + **open + "`"};
  if (const std::vector<std::string> rules = rules_of_ ? rules_of_(name) : std::vector<std::string>{}; !rules.empty())
    return Error{Code::denied, "responder '" + found->first + "' is needed by rules: " + joined(rules) +
                                   "; delete them, or apply them without it, first"};
  if (Result<void> deleted = ports_.store.delete_responder(name); !deleted) return deleted;
  log_.info("a responder was deleted", {{"responder", found->first}, {"who", std::string{by}}});
  apis_.erase(found->first);
  responders_.erase(found);
  tell_of_change();
  return {};
}

std::vector<std::string> ActionDesk::warnings_of(const Responder& responder) {
  std::vector<std::string> warnings;
  const bool secret = !responder.credential.empty() || !responder.secret.empty();
  if (responder.protocol == ResponderProtocol::http)
    warnings.push_back("responder '" + responder.name + "' sends over plain HTTP: whoever is on the way to " + responder.host +
                       " can read and change its requests" + (secret ? ", and its secret with them" : "") +
                       "; write protocol: https");
  else if (!responder.verify_certificate)
    warnings.push_back("responder '" + responder.name + "' does not verify certificates: whoever is on the way can pose as " +
                       responder.host + ", and read and change its requests" + (secret ? " and its secret" : "") +
                       "; write ca_file in place of verify_certificate: false");
  return warnings;
}

std::vector<std::string> ActionDesk::warnings_for(const ActionRun& run) const {
  std::vector<std::string> warnings;
  if (const auto found = responders_.find(run.responder); found != responders_.end()) {
    const Responder& responder = found->second.responder;
    warnings = warnings_of(responder);
    ActionRun as_sent = run;
    as_sent.dry_run = false;
    if (run.dry_run && approval_of(responder, as_sent) == Approval::awaited)
      warnings.push_back("responder '" + responder.name + "' sends only what a person has approved");
  }
  if (!run.sensor.empty() && !run.dry_run && !ended(run) && places_.present && !places_.present(run.sensor))
    warnings.push_back("sensor " + run.sensor + " is away: " +
                       (run.handed_to.empty() ? "what it does not take within an hour is refused, and not done later"
                                              : "what becomes of this is known once it is back"));
  if (!may_send_ && (run.dry_run || !ended(run))) warnings.emplace_back(kill_switch_is_on);
  return warnings;
}

asio::awaitable<Result<std::string>> ActionDesk::test(std::string name) {
  const Result<const Responder*> found = responder_named(name);
  if (!found) co_return found.error();
  Responder responder = **found;
  Result<Secret> secret = secret_of(responder);
  if (!secret) co_return std::move(secret).error();
  if (!responder.sensor.empty()) co_return co_await places_.test(responder.sensor, responder.name);
  co_return co_await ports_.probe(std::move(responder), *std::move(secret));
}

void ActionDesk::forget_apis_with(std::string_view credential) {
  for (const std::string& name : users_of(credential)) apis_.erase(name);
  tell_of_change();
}

std::vector<std::string> ActionDesk::users_of(std::string_view credential) const {
  std::vector<std::string> users;
  for (const auto& [name, kept] : responders_)
    if (!credential.empty() && kept.responder.credential == credential) users.push_back(name);
  return users;
}

Result<void> ActionDesk::set_may_send(bool may, std::string_view by) {
  if (Result<void> written = ports_.store.set_may_send(may, by, clock_.wall()); !written) return written;
  may_send_ = may;
  if (may) log_.warning("the kill switch is off: actions are sent again", {{"who", std::string{by}}});
  else log_.warning(kill_switch_is_on, {{"who", std::string{by}}});
  tell_of_change();
  return {};
}

void ActionDesk::tell_of_change() const {
  if (may_send_ && runner_ != nullptr) runner_->wake();
  if (places_.changed) places_.changed();
}

Result<ResponderApi> ActionDesk::api_for(const ActionRun& run) {
  const auto found = responders_.find(run.responder);
  if (found == responders_.end()) return Error{Code::absent, "there is no responder '" + run.responder + "' any more"};
  Result<ResponderApi> api = api_of(found->second.responder);
  // A credential or a file can be put back: what was accepted waits for it.
  if (!api) return Error{Code::unavailable, api.error().text()};
  return api;
}

Result<void> ActionDesk::permits(const ActionRun& run) {
  const auto found = responders_.find(run.responder);
  if (found == responders_.end()) return Error{Code::absent, "there is no responder '" + run.responder + "' any more"};
  ActionRefusals refusals;
  check_scope(found->second.responder, run, refusals);
  if (refusals.empty()) return {};
  return refusals.error();
}

void ActionDesk::note(std::string_view what, const ActionRun& run, const std::string& who) {
  log_.info(what, {{"who", who},
                   {"run", run.id},
                   {"responder", run.responder},
                   {"tenant", run.tenant},
                   {"action", std::string{action_word(run)}},
                   {"targets", std::to_string(run.targets.size())}});
}

}  // namespace tidegate
