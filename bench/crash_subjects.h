// The subjects of `bench crashes`: the agent, and rsyslog and syslog-ng where they are unpacked, each with its own receiver.
// They are started, killed and robbed of what they had not synced in the same way, and what has come from them is told in the
// same words.
//
// **Why a chunk that comes again is no twin.** The agent's protocol has ids of chunks and acknowledgements: after a break it
// sends again what was not acknowledged, under the same id, and the receiver drops what it has. Such records are `resent`, a
// cost and no error. A twin is what no receiver can tell from a record of its own: one that comes again in a chunk with another
// id, or without one. The peers' protocol is lines: no ids, no acknowledgement; whatever comes again is a twin there, and a
// receiver would have to know the records' own ids to tell.
//
// Thread: the owner's, which must outlive the processes (process.h says why).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "bench/peer_lines.h"
#include "tests/support/rig.h"

namespace tidegate {

struct Arrivals {
  std::uint64_t distinct = 0;  // records, by their ids
  std::uint64_t twins = 0;
  std::uint64_t resent = 0;  // dropped by the receiver, for their chunk's id
};

// How a subject is to live until the next reset.
struct CrashLife {
  std::uint16_t receiver_port = 0;  // where the way leads; the sender sees CrashWorld::way_port
  bool watch_disk = false;          // for cut_power()
};

class CrashSubject {
 public:
  virtual ~CrashSubject() = default;
  virtual const std::string& name() const = 0;
  // Version and set-up, for the report.
  virtual std::string set_up() const = 0;
  // Whether it knows chunks by ids, so that some of what comes again is no twin.
  virtual bool resends_by_id() const = 0;
  // How long nothing may come while it still tries: its longest wait between two tries, and some.
  virtual std::chrono::seconds quiet_max() const = 0;

  // As on the first day: nothing kept, nothing received.   requires: not running
  virtual Result<void> reset(const CrashLife& life) = 0;
  virtual Result<void> launch() = 0;
  virtual bool running() = 0;
  // False: it did not run.
  virtual Result<bool> kill() = 0;

  // Of the disk, both   require: a life with a watched disk
  // What it has written so far, the system has written back.
  virtual void written_back() = 0;
  // True: something was not durable, and is gone.   requires: not running
  virtual Result<bool> cut_power(Random& random) = 0;

  virtual std::uint64_t kept_bytes() const = 0;  // in its files
  virtual Arrivals arrivals() const = 0;
};

// What the subjects of one stream share.
struct CrashWorld {
  Rig& rig;  // its simulator runs, and its agent ships to way_port
  std::filesystem::path programs;
  std::uint16_t way_port = 0;
  Lines lines{};  // the simulator's techniques; only peers read them
  std::uint64_t buffer_bytes = 0;
};

using CrashSubjects = std::vector<std::unique_ptr<CrashSubject>>;

inline constexpr const char* agent_subject = "agent";

// The agent, and the peers that are unpacked in `packages`; only the one of that name where `only` has one. `world` outlives
// them.
CrashSubjects make_crash_subjects(const CrashWorld& world, const std::filesystem::path& packages, const std::string& only);

}  // namespace tidegate
