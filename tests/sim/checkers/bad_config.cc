// P8: a bad configuration is a no-op.
//
//   - What a sensor runs by is what it has kept: as its disk has it, across restarts, whatever was pushed since. While a document
//   is
//     tried, and only then, it may be that one instead, unless it is one that must never run.
//   - A bad document never ends as applied, and one that has failed comes with reasons. A good one ends as applied, and one that
//   the
//     processor dies of as failed, where nothing disturbed its trial; where something did, either may be right.
//   - Where nothing has been wrong for a while the newest document has been answered.
//   - Collection goes on: where nothing else is wrong, a content type that was up to date when a document was pushed is so until it
//     was answered, and behind that. Where something is wrong, P1 says in the end whether it did.
//
// What was kept is told by the watch of the sensor's disk (SimFleet::take_kept), before the agent itself learns of it.
#include <algorithm>
#include <optional>
#include <set>

#include "tests/sim/checkers.h"
#include "tests/sim/checkers/findings.h"

namespace tidegate {
namespace {

using std::chrono::minutes;

constexpr minutes verdict_max{10};
constexpr minutes read_again_max{3};  // of the store, once its disk works again
constexpr minutes watched_on{10};     // behind an answer
constexpr minutes lag_slack{12};      // for asking, with a document that changes the pace
constexpr std::chrono::seconds pace_most{std::chrono::minutes{20}};

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
    std::set<std::string> up_to_date{};  // content types, since the last look at which no document was under way
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
    if (sensor.agent->disk().is_armed()) view.disk_failed_at = fleet_->now();
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
    const bool answered = sensor.pushes.back().answered();
    const bool watched = !answered || (view.answered_at && fleet_->now() - *view.answered_at < watched_on);
    if (!watched || !fleet_->calm()) view.up_to_date.clear();
    for (const ConnectorStatus& connector : status.connectors)
      for (const ContentStatus& content : connector.contents) {
        const std::optional<Lane> lane = lane_named(content.content_type);
        // Its own lag is by its own clock, which may be wrong. One that has just begun has not looked where it stands.
        if (!lane || !content.read_through) continue;
        const std::chrono::seconds lag = std::chrono::floor<std::chrono::seconds>(fleet_->wall() - *content.read_through);
        const bool up_to_date = lag <= lag_max(sensor.options.connector, content_type_of(*lane));
        if (!watched && up_to_date) view.up_to_date.insert(content.content_type);
        if (up_to_date || view.up_to_date.erase(content.content_type) == 0) continue;
        findings_.tell(*fleet_, sensor.name + ", " + content.content_type + ": is " + std::to_string(lag.count()) +
                                    " s behind since a document was pushed");
      }
  }

  // The pace before may have been another.
  static std::chrono::seconds lag_max(const ConnectorConfig& connector, ContentType type) {
    const std::chrono::seconds interval = std::chrono::ceil<std::chrono::seconds>(connector.interval_of(type));
    return connector.overlap + connector.settle + std::max(interval, pace_most) + lag_slack;
  }

  SimFleet* fleet_ = nullptr;
  std::vector<View> views_;  // by sensor
  Findings findings_{"P8: a bad configuration is a no-op"};
};

}  // namespace

std::unique_ptr<Checker> make_bad_config() { return std::make_unique<BadConfig>(); }

}  // namespace tidegate
