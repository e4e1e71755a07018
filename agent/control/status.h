// Status: one snapshot of the state that the code acts on, as text and as JSON (P12). It is taken from the stages at the
// moment it is asked for; nothing here is remembered.
//
// Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "agent/control/token_watch.h"
#include "agent/control_ports.h"
#include "agent/gaps.h"
#include "agent/verdict.h"
#include "storage/types.h"

namespace tidegate {

struct ContentStatus {
  std::string content_type;
  StageState state;
  std::chrono::seconds lag{0};
  std::optional<WallTime> read_through;
  std::optional<WallTime> last_success;
  std::optional<WallTime> last_record;
  std::size_t ids_remembered = 0;  // of records that may be read again (P2)
  std::chrono::seconds next_poll_in{0};
  std::vector<Gap> gaps;  // the earliest first
};

struct ConnectorStatus {
  std::string name;
  std::string tenant;
  bool enabled = true;
  std::vector<ContentStatus> contents;
  TokenView token{};

  // The worst of its content types; `disabled` where it is.
  Verdict verdict() const;
};

// The processor's control plane, as the agent has it.
struct ControlStatus {
  StageState link;
  RemoteStatus configuration;  // what the processor has offered last, and what became of it
};

// What is amiss with the response actions that this sensor carries out.
struct ActionTrouble {
  std::string part;  // ledger, responders, runs
  std::string reason;
  WallTime since{};  // where it is known
};

struct AgentStatus {
  std::string sensor;
  WallTime now{};
  WallTime started{};
  std::vector<ConnectorStatus> connectors;
  StageState uplink;
  std::optional<WallTime> last_ack;
  std::size_t chunks_in_flight = 0;
  JournalUsage journal;
  std::optional<ControlStatus> control;  // absent: there is none, by configuration
  std::vector<ActionTrouble> actions;    // empty: nothing is amiss

  // The worst of everything. A sensor that collects nothing is never healthy.
  Verdict verdict() const;
};

// One JSON object, keys as in the structs, times as ISO 8601, durations in seconds.
std::string status_json(const AgentStatus& status);
// A tree for people.
std::string status_text(const AgentStatus& status);

}  // namespace tidegate
