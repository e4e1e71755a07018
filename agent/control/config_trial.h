// ConfigTrial: the life of an offered configuration (P8; design, section 8).
//
//   offered ─ parsed and validated whole ─ its changes shown ─ stored as candidate ─ tried ─┬─ kept       APPLIED
//               │                                                  │                        └─ rolled back FAILED, with all reasons
//               └── FAILED, nothing was touched ◀──────────────────┘ cannot be stored
//
// Tried is: connectors that would reach their API in another way, or for the first time, are asked for one real answer while the
// old ones still collect; then what differs is rebuilt; then the control link is ended and must come back within link_wait_max.
// Where nothing differs nothing is rebuilt, and nothing is tried.
//
// It promises:
// - One configuration is in force at any time: the last good one, or the candidate while it is tried. The backlog is touched by
// none.
// - A hash that was reported is no change, whatever comes with it. An offer that comes while another is tried waits; the newest
// wins.
// - A crash at any point, and a stop, which is one, goes on right: a candidate that is found is tried once more, then rolled back;
// one
//   that had been refused is only dropped. What was kept stays kept, what was refused stays refused.
// - The sensor's own file has the last word: a document that it does not permit (any more) is not in force, and that is reported.
//
// Thread: the loop.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/control_ports.h"
#include "agent/ports.h"
#include "base/log.h"
#include "base/metrics.h"
#include "config/connectors_document.h"
#include "transport/signal.h"

namespace tidegate {

struct TrialPorts {
  ConfigKeeper& keeper;
  ConfigSealer& sealer;
  ConnectorCheck& check;
  ConfigTarget& target;
  ControlLink& link;
};

struct TrialLimits {
  std::chrono::seconds link_wait_max{60};
  std::chrono::seconds check_wait_max{30};
  std::uint32_t tries_max = 2;               // of one candidate: one, and one more after a crash
  std::size_t reasons_bytes_max = 8 * 1024;  // of a status: what a text of OpAMP may have
};

enum class TrialPhase : unsigned char { idle, checking, applying, awaiting_link, rolling_back };

class ConfigTrial {
 public:
  using OnStatus = std::function<void(const RemoteStatus&)>;

  // `local`: the sensor's own file, which is in force. Each change of the status is told to `on_status`.
  //   requires: what is referred to outlives this
  ConfigTrial(AgentConfig local, TrialPorts ports, Surroundings around, Log& log, Metrics& metrics, OnStatus on_status,
              TrialLimits limits = {});

  // Puts in force what was kept, ends what a crash left, then takes offers one by one. Until cancelled.
  asio::awaitable<Error> run();

  void offer(RemoteOffer offer);
  // The file was read again and is valid. The document is judged anew under it.
  void take_local(AgentConfig local);

  const AgentConfig& in_force() const { return in_force_; }
  const std::optional<ConnectorsDocument>& document() const { return document_; }
  const RemoteStatus& status() const { return status_; }
  TrialPhase phase() const { return phase_; }

 private:
  asio::awaitable<bool> load();
  asio::awaitable<void> resume(std::optional<StoredConfig> candidate);
  asio::awaitable<void> settle();
  asio::awaitable<void> take_offer();
  asio::awaitable<void> attempt(StoredConfig candidate, Secret document);
  asio::awaitable<Result<void>> try_out(const AgentConfig& next);
  asio::awaitable<Result<void>> check_connectors(const AgentConfig& next);
  asio::awaitable<Result<void>> await_link();
  asio::awaitable<void> keep(StoredConfig candidate, AgentConfig next, ConnectorsDocument document);
  asio::awaitable<void> roll_back(const ConfigHead& head, std::string reasons);
  asio::awaitable<void> refuse(const ConfigHead& head, std::string reasons);

  Result<ConnectorsDocument> read(const StoredConfig& config);
  void set_status(RemoteStatus status);
  void count(std::string_view outcome);
  bool stopped() const;

  TrialPorts ports_;
  Surroundings around_;
  Log& log_;
  Metrics& metrics_;
  OnStatus on_status_;
  TrialLimits limits_;

  AgentConfig local_;
  AgentConfig in_force_;                        // never that of a candidate
  std::optional<ConnectorsDocument> document_;  // in force
  std::optional<StoredConfig> last_good_;
  std::optional<ConfigRefusal> refusal_;

  std::optional<RemoteOffer> waiting_;
  std::optional<AgentConfig> new_local_;
  Bytes trying_;          // the hash of the offer under way; empty: none
  bool rebuilt_ = false;  // by the offer under way: going back means to rebuild
  RemoteStatus status_;
  TrialPhase phase_ = TrialPhase::idle;
  std::optional<asio::cancellation_state> stop_;  // of run()
  Signal changed_;
};

}  // namespace tidegate
