// CloneWatch: finds two machines that use one identity, such as a copied disk. Two control sessions of one sensor are not yet two
// machines: the older may be what a sudden restart or a lost connection has left, which nobody speaks on any more. So a clone is
// seen when the older session still speaks a while after the newer one came, under whatever instance ids.
//
// Promises: each pair is told once; a sensor that reconnects, or whose old connection hangs, is never told. Memory is bounded by
// the sessions that the port lets in.   Pure; times are arguments. Thread: the owner's. Source: opamp, 4.5 (duplicate
// instance_uid); design, section 8.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace tidegate {

using SessionId = std::uint64_t;  // the port's: given once, in the order of their coming

struct LiveSession {
  SessionId id = 0;
  std::string serial;  // of the certificate that it came with
  Bytes instance_uid;
  std::string peer;
  SteadyTime since{};

  bool operator==(const LiveSession&) const = default;
};

struct CloneSeen {
  std::string sensor;
  LiveSession older;
  LiveSession newer;
  bool other_instance = false;  // their instance ids differ; equal ones were copied with the disk

  bool operator==(const CloneSeen&) const = default;
};

struct CloneLimits {
  std::chrono::seconds settle{10};          // what was under way on the older session when the newer came
  std::size_t sessions_of_sensor_max = 16;  // beyond it the oldest is forgotten
};

class CloneWatch {
 public:
  explicit CloneWatch(CloneLimits limits = {}) : limits_(limits) {}

  //   requires: the id is greater than any before
  void came(const std::string& sensor, LiveSession session);
  // The session's agent said something. `instance_uid` is what the session has now: a server may have given it a new one.
  std::optional<CloneSeen> heard(const std::string& sensor, SessionId id, ByteView instance_uid, SteadyTime now);
  void went(const std::string& sensor, SessionId id);

 private:
  struct Watched {
    LiveSession session;
    SessionId told_of = 0;  // the newest session that it was told of with
  };

  CloneLimits limits_;
  std::map<std::string, std::vector<Watched>, std::less<>> sensors_;  // of each sensor, oldest first
};

}  // namespace tidegate
