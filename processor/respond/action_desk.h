// ActionDesk: what an operator asks of responders and actions: kept responders, runs, their approval, retry and undoing, the kill
// switch. It decides whether a run may be; respond/runner carries it out.
//
// Promises:
// - Nothing is submitted that names a tenant, action or object that the responder may not act for, do or touch (P10; guards); each
//   reason is told, a line each.
// - A missing value refuses, and says what of the record could stand there.
// - What is asked again before each sending is what a responder may do then (permits()); what was sent is followed whatever it may.
// - Undoing and restoring are never held up by protection or approval: they take harm back.
// - A run is in the history once it was accepted, refused ones are in none.
//
// Errors: `invalid`: with every reason. `absent`: responder, run or record that is not there, with those that are. `denied`: a
// guard holds it up. Else the stores'.
//
// Thread: the loop.   Source: design, section 9; domain, 9.5.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "processor/respond/action_order.h"
#include "processor/respond_ports.h"
#include "respond/responder_apis.h"
#include "respond/runner.h"
#include "respond/sensor_messages.h"

namespace tidegate {

inline constexpr std::string_view kill_switch_is_on =
    "the kill switch is on: no action is sent until `tidegate-processor action resume`";

struct ActionDeskPorts {
  ResponderStore& store;
  ActionHistory& history;
  std::function<Result<Secret>(std::string_view name)> credential;
  MakeResponderApi make_api;
  ProbeResponder probe;
};

// What is asked of the sensors that carry runs out.
struct ActionPlaces {
  // The tenants that it speaks for. `absent`: there is no such sensor, or it was revoked.
  std::function<Result<std::vector<std::string>>(std::string_view sensor)> tenants_of;
  std::function<bool(std::string_view sensor)> present;
  // What the responder is fit for there, in words, found out without side effects.
  std::function<asio::awaitable<Result<std::string>>(std::string sensor, std::string responder)> test;
  std::function<void()> changed;  // what they act by, or whether anything may be sent
};

class ActionDesk final : public Responders {
 public:
  //   requires: what is referred to outlives this
  ActionDesk(ActionDeskPorts ports, Clock& clock, Random& random, Log& log);

  // Reads responders and the kill switch. Before anything else.
  Result<void> load();
  // By whom runs are carried out. Before anything is asked for.
  void set_runner(ActionRunner& runner) { runner_ = &runner; }
  // The names of the rules that act by a responder, which keep it from being deleted.
  void set_rules_of(std::function<std::vector<std::string>(std::string_view responder)> rules) { rules_of_ = std::move(rules); }

  // Before anything is asked for; without them no responder can be a sensor's.
  void set_places(ActionPlaces places) { places_ = std::move(places); }

  // All of a document, each replaced by its name, or none. `invalid`: a credential or a CA file of one cannot be used, its type is
  // another one than before, or its sensor is none, or speaks for none of its tenants (P10). `denied`: its host, port, protocol or
  // sensor is another one, and a run of it is not settled: that would be looked for where it was never sent (P9).
  Result<void> apply(std::vector<Responder> responders, std::string_view by);
  // `denied`: a run of it is not settled, or a rule acts by it.
  Result<void> remove(std::string_view name, std::string_view by);
  const std::map<std::string, KeptResponder>& responders() const { return responders_; }
  // `absent`, with those that there are.
  Result<const Responder*> responder_named(std::string_view name) const;
  // Warnings that last for as long as the responder is so.
  static std::vector<std::string> warnings_of(const Responder& responder);
  // What whoever asks for a run, or looks at it, has to know: how its responder sends, and what holds it up.
  std::vector<std::string> warnings_for(const ActionRun& run) const;
  // What it is fit for, without side effects.
  asio::awaitable<Result<std::string>> test(std::string name);
  // By what the sensor is to act, with secrets. An error: one is not kept.
  Result<SensorResponders> responders_of(std::string_view sensor) const;
  // Of all responders.
  std::set<std::string> sensors() const;
  // The credential's value has changed.
  void forget_apis_with(std::string_view credential);
  // The names of those that use it.
  std::vector<std::string> users_of(std::string_view credential) const;

  // The run without id and times, and the request, as they would be.
  Result<ActionDraft> draft(const ActionOrder& order) const;
  // The run as it was accepted, with its id, in the ledger; and the request. A dry run too: it is kept, and never sent. Of an order
  // that brings its id, where the history has that run: it alone, as it is, whatever the order says (P9); `unavailable`: nobody
  // knows whether it has it.
  asio::awaitable<Result<ActionDraft>> submit(ActionOrder order);
  // Who asked for it may decide, too: the history says who it was.   `invalid`: it does not wait for approval.
  asio::awaitable<Result<ActionRun>> decide(std::string id, bool grant, std::string by);
  // The same targets again, but those that succeeded.   `invalid`: it is under way, another try of it is not settled, or nothing is
  // left to be done.
  asio::awaitable<Result<ActionRun>> retry(std::string id, std::string by);
  // The inverse, of the targets that succeeded.   `invalid`: none did, it is under way or undone already, or nothing takes it back.
  asio::awaitable<Result<ActionRun>> undo(std::string id, std::string by);
  // The kill switch: while it is on, nothing may be sent.
  Result<void> set_may_send(bool may, std::string_view by);

  Result<ResponderApi> api_for(const ActionRun& run) override;
  Result<void> permits(const ActionRun& run) override;
  bool may_send() const override { return may_send_; }

 private:
  Result<void> check_origin(const Responder& before, const Responder& now) const;
  Result<void> check_sensor(const Responder& responder) const;
  // The run has a sensor, or the processor, that may carry it out; it goes there.
  Result<void> give_place(ActionRun& run) const;
  Result<void> check_run_ended(std::string_view id) const;
  Result<void> check_not_retried(const ActionRun& run) const;
  Result<void> decide_on(ActionRun& run, bool grant, const std::string& by) const;
  Result<ActionRun> retry_of(const ActionRun& run, const std::string& by) const;
  Result<ActionRun> undo_of(const ActionRun& run, const std::string& by) const;
  Result<Secret> secret_of(const Responder& responder) const;
  Result<ResponderApi> api_of(const Responder& responder);
  void tell_of_change() const;
  void note(std::string_view what, const ActionRun& run, const std::string& who);

  ActionDeskPorts ports_;
  Clock& clock_;
  Random& random_;
  Log& log_;
  ActionRunner* runner_ = nullptr;
  std::function<std::vector<std::string>(std::string_view)> rules_of_;
  ActionPlaces places_;
  std::map<std::string, KeptResponder> responders_;        // by name
  std::map<std::string, ResponderApi, std::less<>> apis_;  // by name, as they were asked for
  bool may_send_ = true;
};

}  // namespace tidegate
