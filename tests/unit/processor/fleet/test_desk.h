// A desk whose sensors answer as told, over a real store: for tests of what operators ask of the fleet.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "processor/digest.h"
#include "processor/edges/sqlite_fleet.h"
#include "processor/fleet/connectors.h"
#include "processor/fleet/sensor_desk.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/processor/fleet/requests.h"

namespace tidegate::test {

class TestDesk final : public SensorDesk {
 public:
  TestDesk(FleetStore& store, const Clock& clock) : store_(store), clock_(clock) {}

  // What a sensor answers to a push; `applied` where nothing is said.
  std::map<std::string, PushOutcome> answers;
  CommandOutcome command{200, "application/json", R"({"cursors":[]})"};
  bool away = false;
  std::map<std::string, SensorState> states;  // `connected` where nothing is said
  std::set<std::string> unhealthy;
  std::vector<std::string> authors;    // of what was pushed
  std::vector<std::string> pushed;     // the sensors, in order
  std::vector<std::string> requested;  // "SENSOR METHOD TARGET"

  asio::awaitable<Result<PushOutcome>> push(std::string sensor, Secret document, std::string author,
                                            std::chrono::nanoseconds) override {
    pushed.push_back(sensor);
    authors.push_back(author);
    const Bytes hash = sha256(std::to_string(pushed.size()) + std::string{document.reveal()});  // another one at each push
    DocumentDraft draft{sensor, document, hash, author, clock_.wall()};
    const Result<std::uint64_t> revision = store_.put_document(draft);
    if (!revision) co_return revision.error();
    PushOutcome outcome{PushState::applied, *revision, {}};
    if (const auto told = answers.find(sensor); told != answers.end()) outcome = told->second;
    outcome.revision = *revision;
    ConfigReport report{sensor, hash, ConfigState::applied, outcome.reasons, clock_.wall()};
    if (outcome.state == PushState::failed) report.state = ConfigState::failed;
    if (outcome.state == PushState::applied || outcome.state == PushState::failed) {
      const std::vector<ConfigReport> reports{report};
      if (const Result<std::size_t> written = store_.report(reports); !written) co_return written.error();
    }
    co_return outcome;
  }

  asio::awaitable<Result<CommandOutcome>> request(std::string sensor, std::string method, std::string target,
                                                  std::chrono::nanoseconds) override {
    requested.push_back(sensor + " " + method + " " + target);
    if (away) co_return Error{Code::unavailable, "sensor " + sensor + " is away"};
    co_return command;
  }

  Result<void> revoke_sensor(std::string_view sensor) override {
    const Result<Revoked> revoked = store_.revoke_sensor(sensor, clock_.wall());
    if (!revoked) return revoked.error();
    return {};
  }

  Result<FleetView> view() override {
    const Result<std::vector<SensorRecord>> sensors = store_.sensors();
    if (!sensors) return sensors.error();
    FleetView fleet;
    fleet.at = clock_.wall();
    for (const SensorRecord& each : *sensors) fleet.sensors.push_back(view_of(each));
    return fleet;
  }

  Result<SensorView> glance(std::string_view name) override {
    const Result<SensorRecord> sensor = store_.sensor(name);
    if (!sensor) return sensor.error();
    SensorView view = view_of(*sensor);
    if (const auto told = states.find(view.name); told != states.end()) view.state = told->second;
    view.health = {true, !unhealthy.contains(view.name), "connectors/acme-v1", "expired"};
    const Result<std::vector<RevisionRecord>> history = store_.history(name);
    if (!history) return history.error();
    if (history->empty()) return view;
    view.config.wanted_revision = history->front().revision;
    view.config.state = history->front().state;
    view.config.reasons = history->front().reasons;
    return view;
  }

  // What a sensor says of its newest revision, some time after the push.
  void report(const std::string& sensor, ConfigState state, const std::string& reasons = {}) {
    const Result<std::vector<RevisionRecord>> history = store_.history(sensor);
    TG_ASSERT(history && !history->empty(), "a sensor answers what was pushed to it");
    const std::vector<ConfigReport> reports{{sensor, history->front().hash, state, reasons, clock_.wall()}};
    TG_ASSERT(store_.report(reports).has_value(), "a test writes its store");
  }

  Result<SensorDetail> view(std::string_view name) override {
    const Result<SensorRecord> sensor = store_.sensor(name);
    if (!sensor) return sensor.error();
    SensorDetail detail;
    detail.view = view_of(*sensor);
    detail.components = {{"", false, "", ""}, {"connectors/acme-v1", false, "failing", "token \x1b[31mexpired"}};
    return detail;
  }

 private:
  static SensorView view_of(const SensorRecord& record) {
    SensorView view;
    view.name = record.identity.sensor;
    view.tenants = record.identity.tenants;
    view.state = record.revoked ? SensorState::revoked : SensorState::connected;
    return view;
  }

  FleetStore& store_;
  const Clock& clock_;
};

// A store with the sensors zurich-01 (acme, blue) and geneva-01 (acme), a desk and connectors.
class DeskFixture {
 public:
  DeskFixture() {
    Result<std::unique_ptr<SqliteFleet>> opened = SqliteFleet::open(
        folder.path() / "fleet.db", SealingKey{Secret{std::string(sealing_key_bytes, 'k')}}, system_entropy(), FleetLimits{});
    TG_ASSERT(opened.has_value(), "a test has its store");
    store = *std::move(opened);
    enrol("zurich-01", {"acme", "blue"});
    enrol("geneva-01", {"acme"});
    desk.emplace(*store, clock);
    begin_again();
  }

  // As after a restart of the processor.
  void begin_again() { connectors.emplace(*store, *desk, clock); }

  template <class T>
  T wait(asio::awaitable<T> asked) {
    asio::io_context loop{1};
    std::optional<T> answer;
    const auto run = [](asio::awaitable<T> what, std::optional<T>& into) -> asio::awaitable<void> {
      into.emplace(co_await std::move(what));
    };
    asio::co_spawn(loop, run(std::move(asked), answer), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    loop.run();
    TG_ASSERT(answer.has_value(), "what is asked is answered without waiting");
    return *std::move(answer);
  }

  Result<ConnectorsOutcome> apply(const std::string& yaml, const std::string& sensor = {}, bool dry_run = false) {
    ApplyOrder order{yaml, "acme.yaml", sensor, dry_run};
    return wait(connectors->apply(std::move(order)));
  }

  std::string newest(const std::string& sensor) {
    const Result<std::optional<StoredDocument>> stored = store->newest_document(sensor);
    TG_ASSERT(stored.has_value(), "a test reads its store");
    return *stored ? std::string{(*stored)->text.reveal()} : std::string{};
  }

  TemporaryDirectory folder;
  ManualClock clock{noon};
  std::unique_ptr<SqliteFleet> store;
  std::optional<TestDesk> desk;
  std::optional<Connectors> connectors;

  void enrol(const std::string& sensor, std::vector<std::string> tenants) {
    EnrolmentToken token;
    token.id = "t-" + sensor;
    token.salt = "salt";
    token.secret_hash = Bytes(32, '\0');
    token.tenants = tenants;
    token.uses = token.uses_left = 1;
    token.created = noon;
    token.expires = noon + std::chrono::hours{24};
    TG_ASSERT(store->put_token(token).has_value(), "a test writes its store");
    EnrolmentWrite write;
    write.token_id = token.id;
    write.certificate = {
        "pem", {sensor, std::move(tenants), "serial-" + sensor, noon, noon + std::chrono::hours{24 * 90}}, "key-" + sensor};
    write.peer = "192.0.2.7";
    write.at = noon;
    TG_ASSERT(store->enrol(write).has_value(), "a test writes its store");
  }
};

inline std::string connector_yaml(const std::string& name, const std::string& more = "region: eu, bearer_token: planted-token",
                                  const std::string& tenant = "acme") {
  return "  - {name: " + name + ", type: trendmicro_visionone, tenant: {id: " + tenant + ", name: ACME Corp}, " + more + "}\n";
}

inline std::string file_for(const std::string& sensor, const std::string& connectors) {
  return "sensor: " + sensor + "\nconnectors:\n" + connectors;
}

}  // namespace tidegate::test
