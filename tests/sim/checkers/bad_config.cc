// P8: a bad configuration is a no-op.
//
//   - What a sensor runs by is what it has kept: as its disk has it, across restarts, whatever was pushed since. While a document
//     is tried, and only then, it may be that one instead, unless it is one that must never run.
//   - A bad document never ends as applied, and one that has failed comes with reasons. A good one ends as applied, and one that
//     the processor dies of as failed, where nothing disturbed its trial; where something did, either may be right.
//   - Where nothing has been wrong for a while the newest document has been answered.
//   - Collection goes on: where nothing else is wrong, a content type that was up to date when a document was pushed stays so
//     until the document was answered, and behind that for as long as a standstill needs to show; and status goes on to tell of
//     it. Where something is wrong, P1 says in the end whether it did.
//
// What was kept is told by the watch of the sensor's disk (SimFleet::take_kept), before the agent itself learns of it.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "tests/sim/checkers.h"
#include "tests/sim/checkers/findings.h"

namespace tidegate {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes verdict_max{10};
constexpr minutes read_again_max{3};  // of the store, once its disk works again
constexpr minutes lag_slack{12};      // for asking, with a document that changes the pace
constexpr minutes pace_most{20};
constexpr minutes looked_at_every{1};

class BadConfig final : public Checker {
 public:
  void begin(SimFleet& fleet) override {
    fleet_ = &fleet;
    views_.resize(fleet.sensors().size());
  }

  void on_verdict(std::size_t number, const FleetPush& push) override {
    views_[number].answered_at = fleet_->now();
    const bool applied = push.state == opamp::ApplyStatus::applied;
    if (applied && is_bad(push.kind)) tell(number, push, "is applied");
    if (!applied && push.reasons.empty()) tell(number, push, "has failed without a reason");
    if (push.disturbed) return;
    ++fleet_->judged().verdicts;
    if (!applied && is_good(push.kind)) tell(number, push, "is good and has failed: " + push.reasons);
    if (applied && push.kind == PushKind::deadly) tell(number, push, "is applied though the processor was away");
  }

  void look(SimFleet& fleet, std::optional<SteadyTime> /*healed*/) override {
    for (std::size_t number = 0; number < views_.size(); ++number) {
      SimFleet::Sensor& sensor = fleet.sensors()[number];
      if (!sensor.plane) continue;
      if (fleet.calm()) look_for_answer(number, sensor);
      if (!sensor.agent->running()) {
        views_[number].up_to_date.clear();
        continue;
      }
      const AgentStatus status = sensor.agent->agent().status();
      look_at_force(number, sensor, status.control->configuration);
      look_at_collection(number, sensor, status);
    }
  }

  void end(SimFleet& fleet) override {
    for (std::size_t number = 0; number < views_.size(); ++number)
      if (const SimFleet::Sensor& sensor = fleet.sensors()[number]; sensor.plane && !sensor.pushes.back().answered())
        tell(number, sensor.pushes.back(), "is never answered");
    findings_.tell_rest(fleet);
  }

 private:
  struct View {
    std::optional<SteadyTime> answered_at{};
    std::optional<SteadyTime> disk_failed_at{};
    std::set<ContentType> up_to_date{};  // when it was looked at last before a document was pushed, and ever since
    std::set<Bytes> unanswered_told{};
  };

  void tell(std::size_t number, const FleetPush& push, const std::string& how) {
    const SimFleet::Sensor& sensor = fleet_->sensors()[number];
    const auto document = &push - sensor.pushes.data() + 1;
    findings_.tell(*fleet_,
                   sensor.name + ", document " + std::to_string(document) + " (" + std::string{name(push.kind)} + "): it " + how);
  }

  static const FleetPush* pushed(const SimFleet::Sensor& sensor, const Bytes& hash) {
    const auto found = std::ranges::find(sensor.pushes, hash, &FleetPush::hash);
    return found == sensor.pushes.end() ? nullptr : &*found;
  }

  void look_for_answer(std::size_t number, const SimFleet::Sensor& sensor) {
    const FleetPush& newest = sensor.pushes.back();
    if (newest.answered() || fleet_->now() - newest.at < verdict_max) return;
    if (views_[number].unanswered_told.insert(newest.hash).second) tell(number, newest, "is not answered");
  }

  // `says`: what the sensor itself says of the last offer.
  void look_at_force(std::size_t number, const SimFleet::Sensor& sensor, const RemoteStatus& says) {
    const std::vector<ConnectorConfig>& running = sensor.agent->agent().config().connectors;
    const auto runs = [&running](const FleetPush* push) {
      return push == nullptr ? running.empty() : running.size() == 1 && running.front() == push->given;
    };
    const FleetPush* const kept = pushed(sensor, sensor.kept);
    const FleetPush* const last = pushed(sensor, says.hash);
    // The store cannot be read yet: its disk fails, or did until just now.
    View& view = views_[number];
    if (sensor.agent->disk().armed()) view.disk_failed_at = fleet_->now();
    const bool may_be_unread = view.disk_failed_at && fleet_->now() - *view.disk_failed_at < read_again_max;
    if (says.state == RemoteState::unset && running.empty() && may_be_unread) return;
    const bool tried = says.state == RemoteState::applying && last != nullptr && may_run(last->kind) && runs(last);
    if (!tried && !runs(kept))
      findings_.tell(*fleet_, sensor.name + " runs by another document than it has kept, and says " +
                                  std::string{name(says.state)} + " " + (last == nullptr ? "" : std::string{name(last->kind)}));
    if (says.state == RemoteState::applied && says.hash != sensor.kept)
      findings_.tell(*fleet_, sensor.name + " says of a document that it is applied, and has kept another");
  }

  void look_at_collection(std::size_t number, const SimFleet::Sensor& sensor, const AgentStatus& status) {
    View& view = views_[number];
    if (!fleet_->calm()) return view.up_to_date.clear();
    const std::map<ContentType, seconds> lags = lags_of(status);
    bool judged = false;
    for (const ContentType type : sensor.options.connector.content_types) {
      const auto lag = lags.find(type);
      const seconds most = lag_max(sensor.options.connector, type);
      const bool up_to_date = lag != lags.end() && lag->second <= most;
      if (!watched(sensor, view, most)) {
        if (up_to_date) view.up_to_date.insert(type);
        else view.up_to_date.erase(type);
        continue;
      }
      judged = judged || view.up_to_date.contains(type);
      if (up_to_date || view.up_to_date.erase(type) == 0) continue;
      const std::string how = lag == lags.end() ? "status does not tell any more how far it is read"
                                                : "is " + std::to_string(lag->second.count()) + " s behind";
      findings_.tell(*fleet_, sensor.name + ", " + std::string{name(type)} + ": " + how + " since a document was pushed");
    }
    if (judged) ++fleet_->judged().looks;
  }

  // One that stands still from an answer on is too far behind before this is over.
  bool watched(const SimFleet::Sensor& sensor, const View& view, seconds most) const {
    if (!sensor.pushes.back().answered()) return true;
    return view.answered_at && fleet_->now() - *view.answered_at <= most + looked_at_every;
  }

  // Its own lag is by its own clock, which may be wrong.
  std::map<ContentType, seconds> lags_of(const AgentStatus& status) const {
    std::map<ContentType, seconds> lags;
    for (const ConnectorStatus& connector : status.connectors)
      for (const ContentStatus& content : connector.contents)
        if (const std::optional<Lane> lane = lane_named(content.content_type); lane && content.read_through)
          lags.emplace(content_type_of(*lane), std::chrono::floor<seconds>(fleet_->wall() - *content.read_through));
    return lags;
  }

  // The pace before may have been another.
  static seconds lag_max(const ConnectorConfig& connector, ContentType type) {
    const seconds interval = std::chrono::ceil<seconds>(connector.interval_of(type));
    return connector.overlap + connector.settle + std::max<seconds>(interval, pace_most) + lag_slack;
  }

  SimFleet* fleet_ = nullptr;
  std::vector<View> views_;  // by sensor
  Findings findings_{"P8: a bad configuration is a no-op"};
};

}  // namespace

std::unique_ptr<Checker> make_bad_config() { return std::make_unique<BadConfig>(); }

}  // namespace tidegate
