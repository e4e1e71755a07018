// The peers of `bench pipeline`, side by side with the agent: rsyslog and syslog-ng of Debian 12 forward the same techniques from
// the same machine, one after the other, to a receiver that counts them. peer_setup.h says how each is set up, what it promises
// less than the agent and what it does not do at all; a ratio is to be read with that.
//
//   cpu_s_per_million          of the peer's process, from its start to its end, for a million of the records that came
//   records_per_s              from the start of the process until its last new record came
//   disk_bytes_per_input_byte  that went, or will go, to a disk; input is the bytes of the lines. A buffer that is empty again
//                              and again is written over in the page cache: without a sync little of it ever reaches a disk
//   peak_rss_mb                of the process
//   missing, twins             of the lines that it was given, by the techniques' own ids
//
// A peer that makes no progress for a minute, takes longer than 20 minutes or ends by itself is stopped there, and its figures
// are of what it did; the report says why.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/clock.h"
#include "base/result.h"
#include "bench/report.h"
#include "tests/support/rig.h"

namespace tidegate {

struct PeerResults {
  Peers figures;  // of those that could be run
  Facts facts;    // a line for each peer: version and set-up, or why there are no figures
};

// `packages`: the folder where the peers' packages are unpacked. An error tells of the simulator, never of a peer.
//   requires: the simulator runs, and its backlog is `records` techniques
Result<PeerResults> run_peers(Rig& rig, const std::filesystem::path& packages, std::uint64_t records, const Clock& clock);

}  // namespace tidegate
