// The status as a tree of components: what the processor's control plane is told of this sensor (P12). It is the same status that
// `tidegate-agent status` shows, without its numbers that change all the time.
//
//   SENSOR ─ connectors ─ NAME ─ CONTENT_TYPE
//          ├ uplink
//          ├ journal
//          ├ tokens, lag, gaps, clock ─ CONNECTOR, or CONNECTOR CONTENT_TYPE: only what is amiss
//          ├ configuration
//          └ actions ─ ledger, responders, runs: only where something is amiss with response actions
//
// Healthy is what works now: a part that has not been asked yet is not, nor is one that waits for space, nor a sensor that
// collects nothing. A connector that is disabled is no fault of its own: it says so, and only all of them together are one.
//
// Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "agent/control/status.h"
#include "agent/control_ports.h"

namespace tidegate {

inline constexpr std::uint64_t journal_filling_percent = 70;           // from here on the journal is said to fill
inline constexpr std::chrono::hours lag_told_from{1};                  // of what is read at the connector's interval
inline constexpr std::chrono::hours audit_logs_lag_told_from{48};      // they are read once a day
inline constexpr std::chrono::hours gap_told_for{24};                  // after it was noted
inline constexpr std::chrono::seconds clock_offset_told_from{5 * 60};  // between the API's clock and this machine's

Component health_of(const AgentStatus& status);

}  // namespace tidegate
