// ControlPlane: all that there is beside the data where `listen.control` is given: the fleet, the port of the sensors, what is told
// of them, response actions, the automation, the local socket of the operator, and the gate of the data port. Built and owned in
// one place, so that a processor without it has none of it.
//
// Thread: the loop; the fleet's writer, the lane of the rules and their searches have threads of their own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "config/model.h"
#include "processor/control_port.h"
#include "processor/control_routes.h"
#include "processor/event_routes.h"
#include "processor/fleet/connectors.h"
#include "processor/fleet/data_gate.h"
#include "processor/fleet/event_watch.h"
#include "processor/fleet/fleet.h"
#include "processor/fleet/notifier.h"
#include "processor/fleet/rollouts.h"
#include "processor/fleet/sensor_desk.h"
#include "processor/port_tls.h"
#include "processor/respond/action_desk.h"
#include "processor/respond/rule_desk.h"
#include "processor/respond/rule_firings.h"
#include "processor/respond/rule_judge.h"
#include "processor/respond/rule_lane.h"
#include "processor/respond/rule_schedule.h"
#include "processor/respond/sensor_actions.h"
#include "processor/respond_ports.h"
#include "processor/response_routes.h"
#include "processor/rollout_routes.h"
#include "processor/rule_ports.h"
#include "processor/rule_routes.h"
#include "respond/responder_apis.h"
#include "respond/runner.h"
#include "transport/http_server.h"
#include "transport/task_group.h"

namespace tidegate {

class ControlPlane {
 public:
  struct Parts {
    FleetStore& store;
    FleetStore& writer_store;
    Authority& authority;
    RolloutStore& rollouts;
    EventStore& events;
    ResponderStore& responders;
    ActionHistory& history;
    ActionLedger& ledger;
    RuleStore& rules;
    RuleLedger& rule_ledger;
    std::function<Result<std::unique_ptr<Archive>>()> archive;  // as RuleDeskPorts::archive
    RuleSchedule::OldestUnindexed oldest_unindexed;
    std::vector<NotifyRoute> channels;
  };

  //   requires: all of them outlive it
  ControlPlane(asio::any_io_executor executor, Clock& clock, Log& log, Metrics& metrics, Parts parts, const PortTls& tls);

  // Reads the store, and binds the control port and the local socket. `invalid`: one of them cannot be bound; else the store's.
  Result<void> listen(const ProcessorConfig& config);
  std::uint16_t port() const { return port_.port(); }

  // Works until cancelled, then stops and returns `cancelled`.   requires: listen() was ok
  asio::awaitable<Error> run();

  // For the connections to come.
  void set_tls(TlsContextPtr tls) { port_.set_tls(std::move(tls)); }

  SensorGate& gate() { return gate_; }
  // What rules make of records as they are landed and indexed.
  RuleLane& rule_lane() { return rule_lane_; }

 private:
  ActionDeskPorts action_ports(const Parts& parts);
  SensorActionsPorts sensor_ports(const Parts& parts);
  ActionPlaces action_places();
  asio::awaitable<Result<SensorReply>> ask_sensor(std::string sensor, SensorRequest request);
  asio::awaitable<Result<std::string>> test_there(std::string sensor, std::string responder);
  RuleDeskPorts rule_ports(const Parts& parts);
  asio::awaitable<Error> trim_history();
  asio::awaitable<Error> trim_decisions();

  // Declared bottom up, destroyed top down.
  Clock& clock_;
  Log& log_;
  ActionHistory& history_;
  RuleStore& rules_;
  Random random_;
  Fleet fleet_;
  DataGate gate_;
  FleetDesk desk_;
  Connectors connectors_;
  Rollouts rollouts_;
  Notifier notifier_;
  EventWatch event_watch_;
  ResponderApis responder_apis_;
  ActionDesk action_desk_;
  ActionRunner action_runner_;
  SensorActions sensor_actions_;
  RuleJudge rule_judge_;
  RuleLane rule_lane_;
  RuleDesk rule_desk_;
  RuleSchedule rule_schedule_;
  RuleFirings rule_firings_;
  FleetRoutes routes_;
  RolloutRoutes rollout_routes_;
  EventRoutes event_routes_;
  ResponseRoutes response_routes_;
  RuleRoutes rule_routes_;
  ControlPort port_;
  HttpServer socket_;
  TaskGroup tasks_;  // last: run() joins it
};

}  // namespace tidegate
