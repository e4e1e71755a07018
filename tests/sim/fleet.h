// SimFleet: sensors, their tenants' APIs, processors and the net between them, on one thread under one clock. Everything is real
// but the API, the wire, the disk and the time. One seed and one set of options are one run, to the byte of its trace.
//
// Thread: the loop, which is the fleet's own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "tests/sim/fleet_push.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/vision_one_sim.h"
#include "tests/world/model_index.h"
#include "tests/world/sensor_clock.h"
#include "tests/world/sim_net.h"
#include "tests/world/sim_processor.h"
#include "tests/world/sim_sensor.h"
#include "transport/forward_session.h"

namespace tidegate {

struct Mutant;  // mutants.h

// What one sensor is given; drawn in fleet_run.cc.
struct FleetSensorOptions {
  SimOptions api;             // its tenant's; origin and tokens are the fleet's
  ConnectorConfig connector;  // name, tenant, type, URL and token are the fleet's
  std::uint64_t budget = 1ull << 30;
  std::chrono::nanoseconds clock_error{0};
  bool control = false;  // its connector comes from a control plane, not from its own file
};

struct FleetOptions {
  std::vector<FleetSensorOptions> sensors;
  std::size_t processors = 2;
  std::chrono::nanoseconds ack_wait_max{std::chrono::seconds{60}};
  std::size_t in_flight_chunks_max = SessionLimits{}.in_flight_chunks_max;  // of one sensor
};

// What is looked at while the fleet runs. Each checker is one (checkers.h); what is broken goes to SimFleet::report_broken().
class SimFleet;
class Checker {
 public:
  virtual ~Checker() = default;
  // Before the fleet starts. It outlives the checker's use of it.
  virtual void begin(SimFleet& /*fleet*/) {}
  virtual void on_commit(std::size_t /*sensor*/, const Commit& /*commit*/, const Result<std::vector<SegmentId>>& /*result*/) {}
  // Before a segment is sent, each time.
  virtual void on_shipped(std::size_t /*sensor*/, const SegmentId& /*id*/, const Id128& /*chunk*/) {}
  virtual void on_acked(std::size_t /*sensor*/, const Id128& /*chunk*/) {}
  // Of the last segment that is forgotten; those before it go with it.
  virtual void on_trim(std::size_t /*sensor*/, const Id128& /*chunk*/) {}
  virtual void on_request(std::size_t /*sensor*/, const HttpRequest& /*request*/, int /*status*/) {}
  // A write of the landing of one processor, and its answers.
  virtual void on_landed(std::size_t /*processor*/, std::span<const Chunk> /*chunks*/,
                         const Result<std::vector<Landed>>& /*landed*/) {}
  // Of a document that was pushed, once the processor knows what has come of it.
  virtual void on_verdict(std::size_t /*sensor*/, const FleetPush& /*push*/) {}
  // Now and then, between two events; `healed` is since when nothing has been wrong with the world, absent while something is.
  virtual void look(SimFleet& /*fleet*/, std::optional<SteadyTime> /*healed*/) {}
  // When all is over.
  virtual void end(SimFleet& /*fleet*/) {}
};

class SimFleet {
 public:
  //   requires: the mutant outlives the fleet; null: none
  SimFleet(Seed seed, FleetOptions options, const Mutant* mutant);
  ~SimFleet();

  // Checkers are called in the order of their adding.   requires: before start()
  void add(std::unique_ptr<Checker> checker);
  void start();

  // Asks every checker for its last word.
  void end();

  // Lets time pass: every sleeper is woken in its turn; what has been killed or has ended is started again when its time has come.
  void run_for(std::chrono::nanoseconds span);
  // The same until `done`, at most for `span`. True when it is done.
  bool run_until(const std::function<bool()>& done, std::chrono::nanoseconds span);

  struct Sensor {
    std::string name;    // and its place in the net
    std::string tenant;  // id
    FleetSensorOptions options;
    std::unique_ptr<SensorClock> clock;
    std::unique_ptr<Log> log;  // of its way to the processors
    std::unique_ptr<VisionOneSim> api;
    bool api_away = false;
    std::unique_ptr<SimSensor> agent;
    std::optional<SteadyTime> down_until;    // not running: it is started again then
    std::unique_ptr<SimControlPlane> plane;  // null, and the next empty: it has no control plane
    std::optional<SteadyTime> plane_back;    // it is away: it comes back then
    std::vector<FleetPush> pushes;           // in their order
    Bytes kept;                              // hash of the document that the sensor has kept; empty: none yet
    Bytes keeping;                           // and of the one that it was about to keep when it died; empty: none
  };
  struct Centre {
    std::unique_ptr<SimProcessor> processor;
    std::optional<SteadyTime> down_until;
  };
  std::vector<Sensor>& sensors() { return sensors_; }
  std::vector<Centre>& centres() { return centres_; }
  SimNet& net() { return net_; }
  ModelIndex& index() { return index_; }
  SteadyTime now() const { return clock_.steady(); }
  // The true time, which is the APIs'.
  WallTime wall() const { return clock_.wall(); }
  // What an operator is told by the sensor.   requires: it is running
  AgentStatus status(const Sensor& sensor) const;

  // The connector as it is from now on.   requires: it has no control plane
  void reconfigure(std::size_t number, ConnectorConfig connector);

  // Where a sensor's control plane can be reached, or not.
  SimNet& control_net() { return control_net_; }
  // The sensor should run such a document from now on.   requires: it has a control plane
  void push(std::size_t number, PushKind kind, Random& dice);
  void send_plane_away(std::size_t number, std::chrono::nanoseconds span);
  // Every sensor with a control plane runs by a document of it.
  bool all_configured() const;
  // Something is or was wrong with the world; so many things are at the moment, and will be over when this is called again.
  void trouble(std::size_t lasting);
  // Nothing has been for a while.
  bool calm() const;
  // After so many turns of the loop, whatever everybody waits for just then. One at a time; none: not any more.
  void strike_after(std::uint64_t turns, std::function<void()> blow);

  // Whether anything is wrong with the world at the moment, apart from what the sensors have still to catch up with.
  void set_healed(bool healed);
  // Since when nothing has been.
  std::optional<SteadyTime> healed_since() const { return healed_since_; }
  // What each API has served or may have by now and the index lacks; what the index has twice, or no API ever had. Each as text.
  std::vector<std::string> missing();
  std::vector<std::string> twins();
  // Records at all APIs by now; of an alert, all versions.
  std::size_t held();
  // All journals are empty, and all that was landed is indexed.
  bool drained();

  // The checker of P8 counts here.
  JudgedDocuments& judged() { return judged_; }

  // A line of the story, which is part of the trace.
  void tell(const std::string& what);
  // A promise was broken: a line of its own.
  void report_broken(const std::string& what);
  const std::vector<std::string>& story() const { return story_; }
  const std::vector<std::string>& broken() const { return broken_; }
  // Who, and the line.
  const std::vector<std::string>& log() const { return log_; }
  // A hash of everything that happened, each with its time: lines of logs and story, requests, commits, chunks landed, trims.
  Id128 trace() const { return trace_; }

 private:
  void make_sensor(std::size_t number, Seed seed);
  void make_centre(std::size_t number);
  std::unique_ptr<Store> make_store(std::size_t number, Journal& journal);
  std::unique_ptr<Uplink> make_uplink(std::size_t number, const Id128& epoch);
  ConnectorConfig given(ConnectorConfig connector) const;
  void give_plane(std::size_t number, Sensor& sensor, SimSensorPorts& ports);
  void take_kept(std::size_t number, const Bytes& hash);
  void take_report(std::size_t number, const PushedDocument& document);
  void tend_planes();
  void disturb(const FleetPush* but);
  asio::awaitable<Result<HttpResponse>> serve(std::size_t number, HttpRequest request);
  void drain();
  void tend();
  void look();
  void log(std::string_view who, std::string_view line);
  void note(std::string_view what);
  static bool is_nameless(const Sensor& sensor, const LedgerEntry& entry);
  // At the source, and in the index.
  std::pair<std::vector<std::size_t>, std::vector<std::size_t>> nameless_counts(const Sensor& sensor);

  ManualClock clock_;
  SteadyTime began_;
  Random random_;
  const Mutant* mutant_;
  FleetOptions options_;
  TemporaryDirectory directory_;
  asio::io_context loop_{1};
  SimNet net_;
  SimNet control_net_;
  ModelIndex index_;
  std::vector<std::unique_ptr<Checker>> checkers_;
  std::optional<SteadyTime> healed_since_;
  SteadyTime troubled_at_;
  std::size_t troubles_lasting_ = 0;
  SteadyTime next_look_;
  std::uint64_t blow_after_ = 0;
  std::function<void()> blow_;
  std::vector<std::string> story_;
  std::vector<std::string> broken_;
  JudgedDocuments judged_;
  std::vector<std::string> log_;
  Id128 trace_;
  std::vector<Centre> centres_;
  std::vector<Sensor> sensors_;  // last: they talk to all of the above
};

// What a sensor says where nothing is wrong.
inline bool is_well(Verdict verdict) { return verdict == Verdict::healthy || verdict == Verdict::idle; }

}  // namespace tidegate
