// `bench crashes`: what is lost and what comes twice when senders are killed, their connections reset, their power cut and their
// buffers filled: the agent, and beside it rsyslog and syslog-ng where they are installed. The same blows (crash_blows.h) fall
// on each, while it sends the same techniques from the same machine through the same relay to a receiver that counts them.
//
//   {kill,flap,power,full}_lost     records that never came
//   {kill,flap,power,full}_twins    records that came again, and that no receiver could tell from new ones by its protocol
//   …_resent                        of the agent: records of chunks that came again under their id, which a receiver drops
//   …_blows                         that hit: a process that ran, a connection that had carried bytes, a buffer that was full
//   …_seconds                       from the start to the last new record
//   …_records                       of the stream
//   power_took                      cuts of the power that something was lost by
//
// crash_subjects.h says what is a twin and why that is fair; crash_peers.h how the peers are set: safe, whatever it costs. A
// peer's input is a file that survives every blow, as the API's data does for the agent.
//
// For `full` the records are so large that the stream is two and a half times the bound of the buffers, which is the smallest
// that the agent can be given: 64 MiB.
#pragma once

#include <cstdint>
#include <string>

#include "bench/backlog.h"

namespace tidegate {

struct CrashOptions : BacklogOptions {
  std::uint64_t blows = 100;
  std::string subject{};  // "agent", "rsyslog", "syslog-ng"; empty: all
  std::string only{};     // "kill", "flap", "power", "full"; empty: all
};

Result<Report> bench_crashes(const CrashOptions& options, const Clock& clock);

}  // namespace tidegate
