// The control planes of a fleet: what is pushed, what has come of it, and what the checkers are to keep to.
#include <algorithm>

#include "base/check.h"
#include "tests/sim/fleet.h"
#include "tests/sim/mutants.h"
#include "tests/world/shown_log.h"

namespace tidegate {
namespace {

constexpr std::chrono::minutes calm_after{10};
// Behind the minute that the link is waited for, and the time that the offer takes.
constexpr std::int64_t deadly_seconds_least = 100;
constexpr std::int64_t deadly_seconds_most = 900;

std::string plane_of(std::string_view sensor) { return "control-of-" + std::string{sensor}; }

FleetPush* find_push(SimFleet::Sensor& sensor, const Bytes& hash) {
  const auto found = std::ranges::find(sensor.pushes, hash, &FleetPush::hash);
  return found == sensor.pushes.end() ? nullptr : &*found;
}

}  // namespace

void SimFleet::give_plane(std::size_t number, Sensor& sensor, SimSensorPorts& ports) {
  SimControlPlanePorts its{.random = random_,
                           .net = control_net_,
                           .offered =
                               [this, number](const PushedDocument& document) {
                                 const FleetPush& push = sensors_[number].pushes[document.number - 1];
                                 if (push.kind != PushKind::deadly || push.answered()) return;
                                 disturb(&push);
                                 send_plane_away(number,
                                                 std::chrono::seconds{random_.between(deadly_seconds_least, deadly_seconds_most)});
                               },
                           .reported = [this, number](const PushedDocument& document) { take_report(number, document); }};
  sensor.plane = std::make_unique<SimControlPlane>(loop_, plane_of(sensor.name), std::move(its));
  sensor.plane->come();
  SensorMutant mutant;
  if (mutant_ != nullptr && mutant_->sensor != nullptr) {
    mutant = mutant_->sensor();
    ports.wrap_source = mutant.source;
  } else if (mutant_ != nullptr) {
    mutant.keeper = mutant_->keeper;
  }
  ports.make_control = [this, number, wrap_keeper = mutant.keeper,
                        uid = Id128{random_.next(), random_.next()}](SimControlHome home) {
    SimControlOptions options{.net = control_net_,
                              .sensor = sensors_[number].name,
                              .plane = sensors_[number].plane->place(),
                              .instance_uid = uid,
                              .watch = {},
                              .wrap_keeper = wrap_keeper,
                              .wrap_check = {}};
    options.watch.keeping = [this, number](const Bytes& hash) { sensors_[number].keeping = hash; };
    options.watch.kept = [this, number](const Bytes& hash) { take_kept(number, hash); };
    options.watch.loaded = [this, number](const Bytes& hash) {
      if (!hash.empty() && hash == sensors_[number].keeping) take_kept(number, hash);
      sensors_[number].keeping.clear();
    };
    if (mutant_ != nullptr && mutant_->check != nullptr) options.wrap_check = mutant_->check;
    return std::make_unique<SimControl>(std::move(home), options);
  };
}

void SimFleet::push(std::size_t number, PushKind kind, Random& dice) {
  Sensor& sensor = sensors_[number];
  FleetPush push;
  push.kind = kind;
  const std::uint64_t revision = sensor.pushes.size() + 1;
  const std::string token = std::string{sensor.options.connector.bearer_token.reveal()} + "+";
  push.connector = connector_of(kind, sensor.options.connector, token, dice);
  push.given = given(push.connector);
  std::string text = text_of(kind, push.given, revision);
  const std::string what = sensor.name + ": document " + std::to_string(revision) + ", " + std::string{name(kind)};
  if (const std::string why = refused_by_processor(kind, text, sensor.tenant); !why.empty())
    return tell(what + ", is not taken by the processor: " + why);
  tell(what + ", is pushed");
  ServeOptions& serve = sensor.api->serve();
  if (kind == PushKind::other_token && std::ranges::find(serve.tokens, token) == serve.tokens.end()) serve.tokens.push_back(token);
  push.at = now();
  // An API that is asked too often may refuse the one request that tries a token, or the one before it.
  const bool tries_token = kind == PushKind::other_token || (!sensor.pushes.empty() && !sensor.pushes.back().answered());
  push.disturbed = !calm() || (tries_token && serve.rate_limit > 0);
  push.hash = sensor.plane->push(std::move(text)).hash;
  sensor.pushes.push_back(std::move(push));
}

// On its disk, whatever comes: from now on checkers keep to it.
void SimFleet::take_kept(std::size_t number, const Bytes& hash) {
  Sensor& sensor = sensors_[number];
  const FleetPush* const push = find_push(sensor, hash);
  TG_ASSERT(push != nullptr, "what a sensor keeps was pushed to it");
  note(sensor.name + " keeps a document");
  sensor.kept = hash;
  sensor.keeping.clear();
  sensor.options.connector = push->connector;
}

void SimFleet::take_report(std::size_t number, const PushedDocument& document) {
  Sensor& sensor = sensors_[number];
  FleetPush& push = sensor.pushes[document.number - 1];
  push.state = document.state;
  push.reasons = shown(document.reasons, directory_.path());
  if (!push.answered()) return;
  const bool applied = push.state == opamp::ApplyStatus::applied;
  tell(sensor.name + ": document " + std::to_string(document.number) + (applied ? " is applied" : " has failed: " + push.reasons));
  for (const auto& checker : checkers_) checker->on_verdict(number, push);
  // Nothing needs the tokens of before any more: whoever goes back to one of them is refused.
  if (applied && document.number == sensor.pushes.size())
    sensor.api->serve().tokens = {std::string{push.connector.bearer_token.reveal()}};
}

void SimFleet::send_plane_away(std::size_t number, std::chrono::nanoseconds span) {
  Sensor& sensor = sensors_[number];
  tell(sensor.name + ": its control plane is away for " + std::to_string(std::chrono::floor<std::chrono::seconds>(span).count()) +
       " s");
  sensor.plane->leave();
  sensor.plane_back = std::max(sensor.plane_back.value_or(now()), now() + span);
}

void SimFleet::tend_planes() {
  for (Sensor& sensor : sensors_) {
    if (!sensor.plane_back || now() < *sensor.plane_back) continue;
    sensor.plane_back.reset();
    sensor.plane->come();
    troubled_at_ = now();
  }
}

bool SimFleet::all_configured() const {
  return std::ranges::all_of(sensors_, [](const Sensor& each) { return !each.plane || !each.kept.empty(); });
}

void SimFleet::trouble(std::size_t lasting) {
  troubles_lasting_ = lasting;
  disturb(nullptr);
}

void SimFleet::disturb(const FleetPush* but) {
  troubled_at_ = now();
  for (Sensor& sensor : sensors_)
    for (FleetPush& push : sensor.pushes)
      if (&push != but && !push.answered()) push.disturbed = true;
}

bool SimFleet::calm() const {
  if (troubles_lasting_ > 0 || blow_ || now() - troubled_at_ < calm_after) return false;
  return std::ranges::all_of(sensors_, [](const Sensor& each) {
    return each.agent->running() && !each.plane_back && !each.api_away && !each.agent->disk().armed();
  });
}

}  // namespace tidegate
