// rsyslog and syslog-ng as they are set up for `bench crashes`: the way of `bench pipeline` (peer_setup.h), set to what loses
// least and repeats least, whatever it costs.
//
// - rsyslog: the state of the queue is written whenever something was put into it or taken from it (checkpointInterval 1), the
//   position in the input only after what was read is in the queue (persistStateAfterSubmission; an interval would write it
//   before). A full queue makes the input wait (timeoutEnqueue as long as it can be; by default what does not fit for two
//   seconds is dropped), and its files are small, so that their space is soon free again. Tries never end. Where the power is
//   cut, the queue is synced with every record; the input's position cannot be.
// - syslog-ng: a reliable disk buffer, and flow control, so that a line counts as read when it is in the buffer. Nothing of it
//   can be synced: buffer and positions are written by pwrite and through mappings.
// - Both: what a connection holds is not known to have arrived; neither protocol has an acknowledgement.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/crash_disk.h"
#include "bench/peer_setup.h"

namespace tidegate {

struct CrashPeerPlace : PeerPlace {
  std::uint64_t buffer_bytes = 0;  // of the disk, at most
  PeerSync sync = PeerSync::off;
};

struct CrashPeer {
  std::string name;               // in the report
  std::string set_up;             // in a few words, for the report
  std::filesystem::path program;  // below the unpacked packages
  std::function<std::string(const CrashPeerPlace&)> configuration;
  std::function<std::vector<std::string>(const CrashPeerPlace&)> arguments;
  std::vector<std::string> version_arguments;  // that make it print its version
  std::vector<MappedPart> mapped{};            // below its folder
};

// In the order in which they run and are printed.
std::vector<CrashPeer> peers_of_crashes();

}  // namespace tidegate
