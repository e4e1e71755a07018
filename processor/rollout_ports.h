// Roll-outs as they are kept: a change of many sensors, stage by stage, and how far it is. edges/sqlite_fleet keeps them in the
// fleet's store, fleet/rollouts carries them out.
//
// Promises of a store: those of FleetStore. The documents lie sealed, for they may hold tokens (P10).
// Thread: the loop.   Source: design, section 8.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace tidegate {

inline constexpr std::size_t rollout_file_bytes_max = 16u << 20;  // what the control socket takes as a body
inline constexpr std::size_t rollout_targets_max = 10'000;        // sensors of one roll-out
inline constexpr std::size_t rollout_stages_max = 16;
inline constexpr std::chrono::hours rollout_settle_max{24 * 7};

struct RolloutStoreLimits {
  std::size_t rollouts_max = 64;  // the oldest that is over makes room
  std::size_t document_bytes_max = 1u << 20;
  std::size_t reasons_bytes_max = 4u << 10;  // longer ones are cut
  std::size_t text_bytes_max = 512;          // ids, names, authors
};

enum class RolloutState : std::uint8_t { running, paused, done, cancelled, rolling_back, rolled_back };
inline constexpr std::size_t rollout_state_count = 6;
std::string_view name(RolloutState state);
// Nothing more is begun in it; sensors that were away may still answer.
bool over(RolloutState state);

enum class TargetState : std::uint8_t {
  waiting,  // its stage has not begun, or it has not had its turn
  pushing,  // it is pushed, and has not answered
  applied,
  failed,     // `reasons` says why
  away,       // it is pushed, and the sensor is not connected: it is offered when it comes
  unchanged,  // it has what is asked for already
  reverting,  // to be rolled back, or rolled back and not answered
  reverted,
};
inline constexpr std::size_t target_state_count = 8;
std::string_view name(TargetState state);

struct RolloutTarget {
  std::string sensor;
  std::size_t stage = 1;
  TargetState state = TargetState::waiting;
  std::uint64_t revision = 0;     // that was pushed; 0: none
  std::uint64_t before = 0;       // whose document it had before; 0: none
  std::uint64_t reverted_by = 0;  // the revision that took it back; 0: none
  bool healthy_before = false;    // when it was pushed
  std::string reasons;
};

struct RolloutHead {
  std::string id;
  WallTime created{};
  std::string author;
  std::string file_name;
  std::vector<std::uint32_t> stages;  // percent of the sensors that are reached with each, rising; the last is 100
  std::uint64_t failures_allowed = 0;
  std::chrono::nanoseconds settle{};
  RolloutState state = RolloutState::running;
  std::size_t stage = 1;               // under way
  std::uint64_t failures_excused = 0;  // those that an operator went on in spite of
  std::string why;                     // it is paused, or was not rolled back whole
  std::optional<WallTime> ended;
};

struct Rollout {
  RolloutHead head;
  std::vector<RolloutTarget> targets;  // in the file's order
};

using TargetCounts = std::array<std::size_t, target_state_count>;  // by TargetState
TargetCounts counts_of(const std::vector<RolloutTarget>& targets);

struct RolloutSummary {
  RolloutHead head;
  TargetCounts counts{};

  std::size_t count(TargetState state) const { return counts[static_cast<std::size_t>(state)]; }
};

class RolloutStore {
 public:
  virtual ~RolloutStore() = default;

  // With the documents of its targets, in their order. `full`: as many as can be kept, and none of them is over. `invalid`: its id
  // is taken, or something is beyond a bound.
  virtual Result<void> put_rollout(const Rollout& rollout, std::span<const Secret> documents) = 0;
  // The head, and the targets in these places. `absent`: it made room for another one.
  virtual Result<void> write_rollout(const Rollout& rollout, std::span<const std::size_t> places) = 0;
  virtual Result<std::vector<RolloutSummary>> rollouts() = 0;                           // newest first
  virtual Result<Rollout> rollout(std::string_view id) = 0;                             // `absent`
  virtual Result<Secret> rollout_document(std::string_view id, std::size_t place) = 0;  // `absent`
};

}  // namespace tidegate
