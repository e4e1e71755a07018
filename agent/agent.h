// Agent: owns the stages; starts them bottom up and stops them top down. The same class runs on the real ports and in the
// simulation.
//
// It promises that stopping takes the path that a crash takes, politely: no stage has a drain mode on which correctness
// depends, and a restart goes on from the journal.
//
// Thread: the loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/backfill_collectors.h"
#include "agent/connector.h"
#include "agent/control/backfills.h"
#include "agent/control/config_trial.h"
#include "agent/control/control.h"
#include "agent/control/responder.h"
#include "agent/control/status.h"
#include "agent/control/steering.h"
#include "agent/pipeline/shipper.h"
#include "agent/ports.h"
#include "config/model.h"
#include "transport/signal.h"
#include "transport/task_group.h"

namespace tidegate {

struct AgentPorts {
  Surroundings around;
  Store& store;
  Uplink& uplink;
  SourceFactory& sources;
  ControlPorts* control = nullptr;  // null: no processor.control
  ActionPorts* actions = nullptr;   // null, as well: nobody hands actions over
};

// What the control plane needs of those above the agent.
struct AgentHooks {
  CommandHandler answer;          // a request as on the local control socket
  std::function<void()> restart;  // to end as a signal does
  ControlLimits control{};        // how often the report is looked at; the simulation looks more seldom
};

class Agent final : public Steering, private ConfigTarget {
 public:
  // The hooks are for an agent with a control plane alone, and callable from the start of run().
  Agent(const AgentConfig& config, AgentPorts ports, asio::any_io_executor executor, Log& log, Metrics& metrics,
        AgentHooks hooks = {});

  // Until cancelled (`cancelled`), or until the journal fails for good: `corrupt`, and a start anew heals it.
  asio::awaitable<Error> run();

  // Connectors as this configuration has them: those that are the same go on undisturbed, the others are stopped, begun or
  // begun anew. The backlog is untouched. Everything but connectors needs a restart.
  asio::awaitable<Result<void>> apply(AgentConfig config) override;
  // The sensor's own file was read again. With a control plane, what the processor has configured is judged anew under it.
  asio::awaitable<Result<void>> take_local(AgentConfig local);

  AgentStatus status() const;
  // What it runs with, as YAML, secrets as ***.
  const std::string& effective() const { return effective_; }
  // The connectors that it runs with.
  const AgentConfig& config() const { return config_; }
  // Response actions that this sensor carries out; null: its ports have none.
  SensorResponder* responder() { return responder_.get(); }

  std::vector<SteeredConnector> connectors() const override;
  asio::awaitable<Result<std::vector<StoredCursor>>> cursors() override { return ports_.store.cursors(); }
  asio::awaitable<Result<void>> rewind(CursorKey key, WallSeconds to) override;
  Backfills& backfills() override { return backfills_; }
  SpoolView spool() const override;
  asio::awaitable<Result<std::uint64_t>> resend() override;

 private:
  void start_connector(const ConnectorConfig& config);
  ConnectorSurroundings surroundings();
  asio::awaitable<void> begin_change();
  void end_change();
  asio::awaitable<Result<void>> set_back(CursorKey key, WallSeconds to);
  const ConnectorConfig* configured(const std::string& name) const;
  void fail(const Error& error);
  asio::awaitable<Error> sample_spool();
  void make_control(AgentHooks hooks);
  ControlReport report() const;

  // Declared bottom up, destroyed top down: each part outlives those below it on the page.
  AgentPorts ports_;
  asio::any_io_executor executor_;
  Log& log_;
  Metrics& metrics_;
  AgentConfig config_;
  std::string effective_;
  WallTime started_;
  std::optional<Error> failure_;
  Shipper shipper_;
  SpoolMeter spool_;
  std::vector<std::unique_ptr<Connector>> connectors_;
  BackfillCollectors backfill_readers_;
  Backfills backfills_;
  bool changing_ = false;  // connectors are being stopped and begun: one change at a time
  Signal changed_;
  std::unique_ptr<SensorResponder> responder_;
  std::unique_ptr<ConfigTrial> trial_;  // null, as the next: no control plane
  std::unique_ptr<Control> control_;
  TaskGroup tasks_;  // last; run() joins it, its destructor asserts so
};

}  // namespace tidegate
