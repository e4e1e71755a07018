// P12: what a sensor says of itself is so. Of what it can only find out by asking, nothing is demanded before it must have asked:
// an interval, and minutes for what it waits for besides.
//
//   - While its API is away, no content type is healthy or idle.
//   - While no processor can be reached and something waits in the journal, the way to them is neither: the chunk that was sent
//     last is overdue within a minute, and writing and connecting have theirs.
//   - Its journal is as it says.
//   - When nothing has been wrong for two intervals and half an hour, each content type is healthy or idle, and so is the way to
//     the processors. One that is starting is excused for an interval and ten minutes behind the push of a document: its connector
//     may have been begun anew for it.
#include <algorithm>
#include <map>
#include <optional>

#include "tests/sim/checkers.h"
#include "tests/sim/checkers/findings.h"

namespace tidegate {
namespace {

using std::chrono::minutes;

constexpr minutes found_out_max{10};
constexpr minutes well_again_max{30};
constexpr std::uint32_t looks_unwell_max = 3;  // in a row: a page may fail once without anything being wrong

bool same(const JournalUsage& one, const JournalUsage& other) {
  const auto lanes_agree = [](const LaneUsage& a, const LaneUsage& b) {
    return a.first == b.first && a.last == b.last && a.records == b.records && a.bytes == b.bytes;
  };
  return one.bytes == other.bytes && one.budget == other.budget &&
         std::equal(one.lanes.begin(), one.lanes.end(), other.lanes.begin(), lanes_agree);
}

class Truth final : public Checker {
 public:
  void begin(SimFleet& fleet) override { views_.resize(fleet.sensors().size()); }

  // It was there to answer.
  void on_request(std::size_t sensor, const HttpRequest& /*request*/, int /*status*/) override {
    views_[sensor].away_since.reset();
  }

  void look(SimFleet& fleet, std::optional<SteadyTime> healed) override {
    for (std::size_t number = 0; number < views_.size(); ++number) {
      const SimFleet::Sensor& sensor = fleet.sensors()[number];
      View& view = views_[number];
      since(view.away_since, sensor.api_away, fleet.now());
      if (!sensor.agent->running()) {
        view = {.away_since = view.away_since};
        continue;
      }
      const AgentStatus status = fleet.status(sensor);
      note(fleet, sensor, status, view);
      for (const ConnectorStatus& connector : status.connectors)
        for (const ContentStatus& content : connector.contents) look_at(fleet, sensor, content, view, healed);
      look_at_uplink(fleet, sensor, status, view, healed);
      if (!same(status.journal, sensor.agent->journal().usage()))
        findings_.tell(fleet, sensor.name + " shows another journal than it has");
    }
  }

  void end(SimFleet& fleet) override { findings_.tell_rest(fleet); }

 private:
  // Since when each has been so at every look, absent where it is not.
  struct View {
    std::optional<SteadyTime> away_since{};     // the API, and nothing was answered
    std::optional<SteadyTime> cut_off_since{};  // no processor is or was reached, something waits, and nothing was acknowledged
    std::uint64_t connections{};                // made by then: a processor may come and go between two looks
    std::optional<SteadyTime> up_since{};       // the agent
    WallTime started{};
    std::optional<WallTime> last_ack{};
    std::map<std::string, std::uint32_t> looks_unwell{};  // in a row, by content type; of the uplink by its own name
  };

  static void since(std::optional<SteadyTime>& so, bool is_so, SteadyTime now) {
    if (!is_so) so.reset();
    else if (!so) so = now;
  }

  static bool cut_off(SimFleet& fleet, const SimFleet::Sensor& sensor) {
    return std::ranges::none_of(fleet.centres(), [&](const SimFleet::Centre& centre) {
      const Weather& weather = fleet.net().weather(sensor.name, centre.processor->place());
      return centre.processor->running() && !weather.parted && !weather.refused;
    });
  }

  static void note(SimFleet& fleet, const SimFleet::Sensor& sensor, const AgentStatus& status, View& view) {
    if (status.started != view.started) view.up_since.reset();
    view.started = status.started;
    since(view.up_since, true, fleet.now());
    const bool acked = status.last_ack != view.last_ack;
    view.last_ack = status.last_ack;
    const std::uint64_t connections = fleet.net().connections_made_by(sensor.name);
    const bool reached = connections != view.connections;
    view.connections = connections;
    if (acked || reached) view.cut_off_since.reset();
    since(view.cut_off_since, !acked && !reached && status.journal.bytes > 0 && cut_off(fleet, sensor), fleet.now());
  }

  // Its connector may have been changed by a document, and it has not had to ask since.
  static bool begun_anew(const SimFleet& fleet, const SimFleet::Sensor& sensor, Verdict verdict,
                         std::chrono::nanoseconds interval) {
    return sensor.plane && verdict == Verdict::starting && fleet.now() - sensor.pushes.back().at <= interval + found_out_max;
  }

  void look_at(SimFleet& fleet, const SimFleet::Sensor& sensor, const ContentStatus& content, View& view,
               std::optional<SteadyTime> healed) {
    const std::optional<Lane> lane = lane_named(content.content_type);
    if (!lane) return;
    const std::chrono::nanoseconds interval = sensor.options.connector.interval_of(content_type_of(*lane));
    const Verdict verdict = content.state.verdict;
    const std::string says = sensor.name + ", " + content.content_type + ": says " + std::string{name(verdict)};
    if (view.away_since && fleet.now() - *view.away_since > interval + found_out_max && is_well(verdict))
      findings_.tell(fleet, says + " though its API has been away since long before");
    const bool should_be_well = healed && fleet.now() - std::max(*healed, *view.up_since) > 2 * interval + well_again_max;
    const bool excused = begun_anew(fleet, sensor, verdict, interval);
    if (unwell(view, content.content_type, should_be_well && !excused && !is_well(verdict)))
      findings_.tell(fleet, says + " though nothing is wrong: " + content.state.reason);
  }

  void look_at_uplink(SimFleet& fleet, const SimFleet::Sensor& sensor, const AgentStatus& status, View& view,
                      std::optional<SteadyTime> healed) {
    const Verdict verdict = status.uplink.verdict;
    const std::string says = sensor.name + ", uplink: says " + std::string{name(verdict)};
    if (view.cut_off_since && fleet.now() - *view.cut_off_since > found_out_max && is_well(verdict))
      findings_.tell(fleet, says + " though no processor can be reached");
    const bool should_be_well = healed && fleet.now() - std::max(*healed, *view.up_since) > well_again_max;
    if (unwell(view, "uplink", should_be_well && !is_well(verdict)))
      findings_.tell(fleet, says + " though nothing is wrong: " + status.uplink.reason);
  }

  // True once, when it has been so for too many looks.
  static bool unwell(View& view, const std::string& what, bool is_so) {
    std::uint32_t& looks = view.looks_unwell[what];
    looks = is_so ? looks + 1 : 0;
    return looks == looks_unwell_max;
  }

  std::vector<View> views_;  // by sensor
  Findings findings_{"P12: it says what is so"};
};

}  // namespace

std::unique_ptr<Checker> make_truth() { return std::make_unique<Truth>(); }

}  // namespace tidegate
