// Fleet: the processor's side of the control link. Who is there, what each should run and says that it runs, pushes, requests,
// renewals of certificates. A service without a socket: control_port moves the messages, tests do so by hand.
//
// Promises:
// - Only a sensor that is known and not revoked is admitted, and what it says counts for itself alone, whatever a message
//   claims. A revocation closes its sessions within a second (P10).
// - What a sensor should run is the newest document of the store, so a push survives a restart, and reaches who was away.
// - State is shown as it is (P12): a session on which nothing is heard for three heartbeats is silent.
// - Bounded: sessions, messages of each sensor, what is kept of each (its status in wire form), pushes and requests that wait.
//   What many sensors say at once is written in batches, by a thread of its own: no sync for each message.
//
// Thread: the loop; the parts' store belongs to it, the writer's store to the writer's thread.
// Source: opamp.md; design, sections 6.5 and 8; decision 0017.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "config/sealed.h"
#include "processor/fleet/clones.h"
#include "processor/fleet/enrolment.h"
#include "processor/fleet/fleet_counts.h"
#include "processor/fleet/sensor_requests.h"
#include "processor/fleet/sensor_state.h"
#include "processor/fleet/sight_writer.h"
#include "processor/fleet/views.h"
#include "processor/fleet_ports.h"
#include "processor/revocations.h"
#include "transport/opamp_server_session.h"

namespace tidegate {

namespace asio = boost::asio;

struct WatchedSensor;

struct FleetServiceLimits {
  std::size_t sessions_max = 12'000;
  std::size_t sessions_of_sensor_max = 4;  // one more closes the oldest
  std::size_t pushes_waiting_max = 256;
  std::size_t requests_waiting_max = 256;
  std::size_t requests_of_sensor_max = 16;
  std::size_t renewals_per_second_max = 50;  // each is a synced write
  // Of one sensor. One that is pushed to says some six things each time: applying, applied, what it runs, its health, all of it
  // anew.
  double messages_per_second = 25;
  double messages_burst = 250;
  std::size_t refusals_in_a_row_max = 100;  // of a session, before it is closed
  std::chrono::nanoseconds silent_after{std::chrono::seconds{90}};
  std::chrono::nanoseconds repeat_every{std::chrono::seconds{5}};  // a request that is not answered
  std::chrono::nanoseconds watch_every{std::chrono::seconds{1}};   // silence, polls that ended
  std::chrono::nanoseconds revoked_every{std::chrono::milliseconds{200}};
  std::chrono::nanoseconds poll_gone_after{std::chrono::minutes{5}};  // a session over HTTP
  std::chrono::nanoseconds retry_after_least{std::chrono::seconds{30}};
  std::chrono::nanoseconds retry_after_most{std::chrono::seconds{60}};
  OpampServerLimits session{};
};

enum class LineClose : std::uint8_t { revoked, replaced, misbehaved };

// What the fleet needs of a connection. The port keeps it until it has called left().
class SensorLine {
 public:
  virtual ~SensorLine() = default;
  // There may be something to send: ask next() until it is absent. Called inside calls into the fleet: only take note.
  virtual void wake() = 0;
  virtual void close(LineClose why) = 0;
};

struct FleetParts {
  FleetStore& store;
  FleetStore& writer_store;  // the same store, for the writer's thread
  CertificateIssuer& issuer;
  Entropy entropy;
};

class Fleet {
 public:
  //   requires: all of them outlive the fleet
  Fleet(asio::any_io_executor executor, Clock& clock, Log& log, Metrics& metrics, FleetParts parts, FleetServiceLimits limits = {});
  //   requires: run() has returned, or was never called; no push or request is under way
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Reads what the store has. The store's errors.
  Result<void> load();
  // Watches for silence and revocations, and writes what was seen, until cancelled.   requires: load() was ok
  asio::awaitable<Error> run();

  // For the ports ------------------------------------------------------------------------------------------------------------

  // Of a certificate that TLS has verified against the authority. `denied`: it names no sensor, one that is not known, or that is
  // revoked; counted and logged.
  Result<SensorIdentity> admit(ByteView certificate_der, std::string_view peer);
  // Set when no more sessions are taken: when to come back.
  std::optional<std::chrono::seconds> busy();

  //   requires: the line stays until left()
  SessionId joined(const SensorIdentity& who, std::string peer, SensorLine& line);
  // The answer.
  opamp::ServerToAgent heard(SessionId id, opamp::AgentToServer message);
  // What is to be sent unasked; absent when there is nothing.
  std::optional<opamp::ServerToAgent> next(SessionId id);
  void left(SessionId id);
  // Over HTTP: a message and its answer.
  opamp::ServerToAgent polled(const SensorIdentity& who, std::string_view peer, opamp::AgentToServer message);

  Result<Admission> enrol(const EnrolRequest& request);

  // For the operator ---------------------------------------------------------------------------------------------------------

  // Writes the document as the sensor's newest revision, and waits for its answer. `absent`: no such sensor. `denied`: it is
  // revoked. `full`: too many pushes wait. Else the store's. `cancelled` tells nothing about the push, which stays.
  //   requires: the document was checked
  asio::awaitable<Result<PushOutcome>> push(std::string sensor, Secret document, std::string author,
                                            std::chrono::nanoseconds deadline);
  // A request to the sensor's local control socket, repeated until it is answered; it is done once. `unavailable`: the sensor is
  // away, or takes no requests. `timeout`. `full`: too many wait. `invalid`: the method, the target, or a body beyond
  // request_body_bytes_max.
  asio::awaitable<Result<CommandOutcome>> request(std::string sensor, std::string method, std::string target,
                                                  std::chrono::nanoseconds deadline, Secret body = {});
  // It has a session at the moment.
  bool is_there(std::string_view sensor) const;
  // At once: its sessions are closed before the call returns.
  Result<void> revoke_sensor(std::string_view sensor);

  Result<FleetView> view();
  Result<std::vector<WatchedSensor>> facts();          // of all sensors, for their events
  Result<SensorDetail> view(std::string_view sensor);  // `absent`
  // The same without what takes time to take apart.
  Result<SensorView> glance(std::string_view sensor);

  FleetStore& store() { return parts_.store; }
  Enrolment& enrolment() { return enrolment_; }
  RevocationList& revocations() { return revocations_; }
  const RevocationList& revocations() const { return revocations_; }
  const std::string& authority_pem() const { return parts_.issuer.certificate_pem(); }
  SightWriter& writer() { return writer_; }

 private:
  using Sensors = std::map<std::string, SensorLiveState, std::less<>>;
  struct Live {
    Live(const OpampServerIdentity& identity, const OpampServerLimits& limits, const SensorIdentity& by, SensorLiveState& of)
        : session(identity, limits), who(by), sensor(of) {}

    OpampServerSession session;
    const SensorIdentity who;
    SensorLiveState& sensor;
    std::string peer;
    SensorLine* line = nullptr;  // null: over HTTP
    std::optional<Id128> instance_uid;
    std::optional<Id128> former_uid;  // what is on its way may still name it
    SteadyTime heard{};
    std::size_t refusals_in_a_row = 0;
    bool closing = false;
  };
  using Sessions = std::map<SessionId, std::unique_ptr<Live>>;

  // fleet.cc
  SensorLiveState& state_of(std::string_view sensor);
  void load_config(SensorLiveState& sensor);
  SessionId open(const SensorIdentity& who, std::string peer, SensorLine* line);
  void close(SessionId id, LineClose why);
  void forget(SessionId id);
  void close_revoked();
  void watch();
  SensorState state_now(const SensorLiveState& sensor) const;

  // fleet_turns.cc
  opamp::ServerToAgent turn(SessionId id, opamp::AgentToServer message);
  std::optional<opamp::ServerErrorResponse> refused(SessionId id, Live& live, const opamp::AgentToServer& message);
  bool over_rate(SensorLiveState& sensor);
  bool take_instance(SessionId id, Live& live, const opamp::AgentToServer& message);
  void give_instance(SessionId id, Live& live);
  Result<std::optional<opamp::ConnectionSettingsOffers>> renewed(const Live& live, const opamp::AgentToServer& message);
  void take_news(Live& live, opamp::AgentToServer& news);
  void take_report(Live& live, const opamp::RemoteConfigStatus& status);
  void take_custom(Live& live, const opamp::CustomMessage& message);
  void watch_clones(SessionId id, Live& live);
  opamp::ServerToAgent completed(Live& live, OpampReply reply);
  opamp::ServerErrorResponse come_back(std::string text);

  // fleet_pushes.cc
  asio::awaitable<Result<PushOutcome>> answered(SensorLiveState& sensor, Bytes hash, std::chrono::nanoseconds deadline);
  Result<void> may_push(std::string_view sensor, const Secret& document);
  Result<Bytes> draw_hash(const Secret& document) const;
  void want(SensorLiveState& sensor, const DocumentDraft& draft, std::uint64_t revision);
  Result<void> send_request(SensorLiveState& sensor, const opamp::CustomMessage& message);

  // fleet_views.cc
  SensorView view_of(const SensorRecord& record);

  // Declared bottom up, destroyed top down.
  asio::any_io_executor executor_;
  Clock& clock_;
  Log& log_;
  FleetParts parts_;
  FleetServiceLimits limits_;
  RevocationList revocations_;
  Enrolment enrolment_;
  Random random_;
  FleetCounts counts_;
  SightWriter writer_;
  OpampServerIdentity identity_;
  CloneWatch clones_;
  Sensors sensors_;
  Sessions sessions_;
  SessionId last_session_ = 0;
  std::unordered_map<Id128, SessionId> instances_;  // who uses an id, the newest; looked up, never walked
  SensorRequests requests_;
  std::size_t pushes_waiting_ = 0;
  std::uint64_t revocations_seen_ = 0;
  SteadyTime renewals_since_{};
  std::size_t renewals_ = 0;  // since then
};

}  // namespace tidegate
