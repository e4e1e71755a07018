// `bench control`: a processor's control plane under a whole fleet that comes at once. So many agents, each with a certificate and
// a connection of its own (OpAMP over WebSocket, mutual TLS), connect to one processor, are offered a configuration each, and apply
// it; then configurations are pushed to some of them, one after the other. The agents are sessions and sockets of this program:
// what a sensor does with a configuration is not measured.
//
//   connected_seconds    from the first connection to the first answer that the last agent got
//   configured_seconds   to the last agent that was offered its configuration and has reported it as applied
//   kb_per_agent         resident memory of the processor, more than before they came, by their number
//   cpu_ms_per_agent     of the processor, to connect and configure
//   push_ms_p50, _p99, _max   from `connector apply` at the local socket to APPLIED; the first one also reads what all sensors run
//   missing              agents that were not configured
#pragma once

#include <filesystem>

#include "base/clock.h"
#include "base/result.h"
#include "bench/report.h"

namespace tidegate {

struct ControlOptions {
  std::filesystem::path directory;  // emptied before and after
  std::filesystem::path programs;
  std::uint64_t agents = 10'000;
  std::uint64_t pushes = 300;
};

Result<Report> bench_control(const ControlOptions& options, const Clock& clock);

}  // namespace tidegate
