// Faults that forwarders, agents and stores of other makers had in the field, each by the name of who had it and the promise that
// it touches: none of them is ours. What they were is public, in the issues of the projects named. Each runs whole agents and
// processors on simulated disks and a simulated net, with every checker of the simulation on.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tests/sim/checkers.h"
#include "tests/sim/fleet.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t in_flight_max = 8;  // chunks of one sensor that are not acknowledged
constexpr auto long_enough = 6h;          // for all that a tenant of these tests has

// A tenant with some hours of backlog and some of live records, read every two minutes.
FleetSensorOptions tenant() {
  FleetSensorOptions options;
  DataOptions& data = options.api.data;
  data.backlog_period = 3h;
  data.live = 3h;
  data.alerts = {.backlog = 20, .per_second = 0.002};
  data.audit_logs = {.backlog = 30, .per_second = 0.002};
  data.techniques = {.backlog = 400, .per_second = 0.02};
  data.updates_share = 0.3;
  data.late_share = 0.1;
  data.late_max = 60s;
  ConnectorConfig& connector = options.connector;
  connector.interval = 2min;
  connector.audit_logs_interval = 4min;
  connector.overlap = 2min;
  connector.settle = 5s;
  connector.window = 1h;
  connector.window_records_max = 200;
  connector.requests_per_minute = 300;
  connector.first_read = 48h;
  return options;
}

class FieldFaults : public ::testing::Test {
 protected:
  void begin(std::uint64_t seed, FleetSensorOptions sensor = tenant(), std::size_t sensors = 1) {
    FleetOptions options{.sensors = std::vector(sensors, std::move(sensor)), .processors = 1};
    options.in_flight_chunks_max = in_flight_max;
    fleet_ = std::make_unique<SimFleet>(Seed{seed}, std::move(options), nullptr);
    for (std::unique_ptr<Checker>& checker : all_checkers()) fleet_->add(std::move(checker));
    if (watch_) fleet_->add(std::move(watch_));
    fleet_->start();
  }

  SimFleet::Sensor& sensor() { return fleet_->sensors().front(); }
  SimSensor& agent() { return *sensor().agent; }
  SimProcessor& processor() { return *fleet_->centres().front().processor; }
  void part(bool parted) {
    for (SimFleet::Sensor& each : fleet_->sensors()) fleet_->net().weather(each.name, processor().place()).parted = parted;
  }
  std::uint64_t backlog() {
    std::uint64_t records = 0;
    for (const LaneUsage& lane : agent().journal().usage().lanes) records += lane.records;
    return records;
  }

  // Everything comes, once, without anybody's help.
  void expect_all_once() {
    fleet_->set_healed(true);
    const auto done = [this] { return fleet_->now() >= quiet_at_ && fleet_->drained() && fleet_->missing().empty(); };
    for (auto waited = 0min; waited < long_enough && !done(); waited += 10min) fleet_->run_for(10min);
    fleet_->end();
    EXPECT_TRUE(fleet_->drained());
    EXPECT_EQ(fleet_->missing(), std::vector<std::string>{});
    EXPECT_EQ(fleet_->twins(), std::vector<std::string>{});
    EXPECT_EQ(fleet_->broken(), std::vector<std::string>{});
  }

  // How often an agent has ended by itself.
  std::size_t times_ended() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(fleet_->story(), [](const std::string& line) { return line.find("ended by itself") != line.npos; }));
  }

  // A bit of the newest file that holds records, while the agent is down.
  void rot(std::string_view ending) {
    agent().stop();
    std::filesystem::path newest;
    for (const auto& file : std::filesystem::directory_iterator{agent().journal_directory()})
      if (file.path().extension() == ending && std::filesystem::file_size(file) > 1000) newest = std::max(newest, file.path());
    ASSERT_FALSE(newest.empty()) << "no file ends in " << ending;
    flip_bit(newest, static_cast<std::int64_t>(std::filesystem::file_size(newest) / 3));
    sensor().down_until = fleet_->now();
  }

  std::unique_ptr<Checker> watch_;
  std::unique_ptr<SimFleet> fleet_;
  SteadyTime quiet_at_{4h};  // the last record was made and is old enough
};

// The offset was advanced before the buffer was synced: a power cut lost what lay between.
TEST_F(FieldFaults, P3FluentBit6995TheCursorIsNeverAheadOfWhatIsDurable) {
  begin(1);
  for (int cut = 0; cut < 40; ++cut) {
    fleet_->run_for(std::chrono::seconds{7 + 13 * cut});
    agent().cut_power(TornTail::dropped);
    ASSERT_TRUE(agent().start());
  }
  expect_all_once();
}

// Chunks that the receiver had acknowledged went with it when it was killed.
TEST_F(FieldFaults, P4FluentBit10952WhatIsAcknowledgedSurvivesTheKillOfItsReceiver) {
  begin(2);
  for (int kill = 0; kill < 40; ++kill) {
    fleet_->run_for(std::chrono::seconds{5 + 11 * kill});
    processor().cut_power(TornTail::dropped, SimProcessor::Manner::with_resets);
    ASSERT_TRUE(processor().start());
  }
  expect_all_once();
}

// A damaged chunk left an agent alive, healthy-looking and idle for ever.
TEST_F(FieldFaults, P11FluentBit11847ADamagedSegmentIdlesNoAgent) {
  begin(3);
  part(true);
  fleet_->run_for(20min);
  ASSERT_GT(backlog(), 100u);
  rot(".log");
  part(false);
  fleet_->run_for(10min);
  ASSERT_TRUE(agent().running());
  EXPECT_TRUE(agent().opened().healed) << "and it said so";
  expect_all_once();
}

// A buffer with a corrupt record was read in a loop, at full speed and without an end.
TEST_F(FieldFaults, P11Vector17644And16525ACorruptBufferIsNotReadForEver) {
  begin(4);
  part(true);
  fleet_->run_for(20min);
  agent().stop();
  ASSERT_TRUE(agent().start());  // what was in the log is in tables now
  rot(".blob");
  part(false);
  const std::size_t before = fleet_->log().size();
  fleet_->run_for(1h);
  EXPECT_LT(fleet_->log().size() - before, 200u);
  EXPECT_LE(times_ended(), 1u) << "it is met once: at the start, or when it is to be sent";
  EXPECT_TRUE(agent().opened().healed);
  expect_all_once();
}

// A queue that was damaged needed a person to delete it before its collector started again.
TEST_F(FieldFaults, P11Otel35899ADamagedQueueNeedsNobody) {
  begin(5);
  part(true);
  fleet_->run_for(20min);
  rot(".log");
  std::ofstream{agent().journal_directory() / "CURRENT", std::ios::trunc} << "nonsense\n";
  fleet_->run_for(1min);
  EXPECT_TRUE(agent().running()) << "it started by itself";
  part(false);
  expect_all_once();
}

// A full disk from which nothing could be deleted, because to delete needed space: sending could not go on, and so nothing ever
// did.
TEST_F(FieldFaults, P5Otel7198AFullDiskIsEmptiedBySending) {
  begin(6);
  part(true);
  fleet_->run_for(10min);
  const std::uint64_t kept = backlog();
  ASSERT_GT(kept, 100u);
  agent().disk().set_free_space(0);
  fleet_->run_for(30min);
  EXPECT_EQ(fleet_->status(sensor()).connectors.front().contents.front().state.verdict, Verdict::paused);
  part(false);
  fleet_->run_for(20min);
  EXPECT_EQ(backlog(), 0u) << "what was kept is sent and trimmed while the disk is full";
  agent().disk().set_free_space(std::nullopt);
  expect_all_once();
}

// Agents that came back after an outage sent all that they had at once, and the centre went down again under it.
class InFlight final : public Checker {
 public:
  void on_shipped(std::size_t sensor, const SegmentId& /*id*/, const Id128& chunk) override {
    under_way_[sensor].insert(chunk);
    most = std::max(most, under_way_[sensor].size());
  }
  void on_acked(std::size_t sensor, const Id128& chunk) override { under_way_[sensor].erase(chunk); }

  std::size_t most = 0;  // of one sensor, sent and not acknowledged

 private:
  std::map<std::size_t, std::set<Id128>> under_way_;
};

TEST_F(FieldFaults, P7Osquery3706AFleetThatComesBackDoesNotFloodTheCentre) {
  auto watch = std::make_unique<InFlight>();
  const InFlight& in_flight = *watch;
  watch_ = std::move(watch);
  FleetSensorOptions options = tenant();
  options.api.data.techniques.backlog = 3000;
  options.connector.window_records_max = 100;
  begin(7, options, 3);
  part(true);
  fleet_->run_for(2h);
  for (SimFleet::Sensor& each : fleet_->sensors()) {
    std::size_t waiting = 0;
    for (const LaneUsage& lane : each.agent->journal().usage().lanes) waiting += lane.empty() ? 0 : lane.last - lane.first + 1;
    ASSERT_GT(waiting, 2 * in_flight_max) << "more than it may send at once";
  }
  // A centre that is slow: its answers are what the sensors wait for.
  for (SimFleet::Sensor& each : fleet_->sensors()) fleet_->net().weather(each.name, processor().place()).bytes_per_second = 20'000;
  part(false);
  fleet_->run_for(30min);
  for (SimFleet::Sensor& each : fleet_->sensors()) fleet_->net().weather(each.name, processor().place()).bytes_per_second = 0;
  expect_all_once();
  EXPECT_GE(in_flight.most, in_flight_max);
  EXPECT_LE(in_flight.most, in_flight_max + 1) << "one more is seen, which waits for room";
}

// The cursor went past records that the API did not show yet: they were never asked for again.
TEST_F(FieldFaults, P1Elastic12916RecordsThatAreNotVisibleYetAreNotPassedOver) {
  FleetSensorOptions options = tenant();
  options.api.data.late_share = 0.9;
  options.api.data.late_max = 119s;  // the overlap is 120 s
  options.api.data.technique_burst = 50;
  begin(8, options);
  expect_all_once();
}

// Links to a next page that had expired stopped all progress: the same one was asked for again and again.
TEST_F(FieldFaults, P1Demisto45716LinksThatExpireAtOnceStopNoProgress) {
  FleetSensorOptions options = tenant();
  options.api.serve.link_lifetime = 1s;
  options.connector.requests_per_minute = 20;  // three seconds between two pages: no link lives that long
  begin(9, options);
  expect_all_once();
}

}  // namespace
}  // namespace tidegate
