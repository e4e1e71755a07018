// Shipper: batch → ship → ack → trim, for all lanes, for as long as it lives.
//
// A session is two loops side by side: one ships what LanePicker picks, the other takes acks and trims. There is one as soon as
// there can be, whether or not there is something to ship. When either loop fails, the session is reset, everything unacknowledged
// is picked again, and the next session begins after a jittered back-off (P7). A segment leaves the journal only after its ack
// (P4); the same segment is the same chunk, with the same id and bytes, however often it is shipped (P2). A chunk that the
// receiver refuses again and again while it takes others (refusals.h) is set aside in the journal, so that it does not block its
// lane.
//
// Waits that may last: for something to ship, and for acks (the uplink bounds those by its ack time-out).
// Thread: the loop.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "agent/pipeline/lane_picker.h"
#include "agent/pipeline/refusals.h"
#include "agent/ports.h"
#include "agent/verdict.h"
#include "base/log.h"
#include "base/metrics.h"
#include "transport/backoff.h"
#include "transport/signal.h"

namespace tidegate {

struct ShipperView {
  StageState state;
  std::optional<WallTime> last_ack;
  std::size_t chunks_in_flight = 0;
};

struct ShipperLimits {
  BackoffLimits retry{};
  std::uint32_t refusals_max = 10;
};

class Shipper {
 public:
  Shipper(Store& store, Uplink& uplink, Surroundings around, ShipperLimits limits, Log& log, Metrics& metrics);

  // Until cancelled.
  asio::awaitable<Error> run();

  ShipperView view() const;

 private:
  asio::awaitable<Error> ship_in_sessions();
  asio::awaitable<std::optional<Error>> session();
  asio::awaitable<Error> ship_all();
  asio::awaitable<Error> take_acks();
  asio::awaitable<Result<void>> ship_next();
  std::optional<SegmentId> pick();
  asio::awaitable<Result<void>> set_aside_the_unbearable();
  void acknowledged_to(const std::optional<SegmentId>& trim_to);
  void end_session(bool failed);
  asio::awaitable<Result<void>> take_ack();
  asio::awaitable<Result<void>> trim();
  asio::awaitable<Error> show_backlog();
  void show(const JournalUsage& usage);

  Store& store_;
  Uplink& uplink_;
  Clock& clock_;
  Log& log_;
  Backoff backoff_;
  LanePicker picker_;
  StageState state_;
  Refusals refusals_;
  bool taken_ = false;  // the receiver acknowledged something in this session
  Signal acked_signal_;
  bool journal_failed_ = false;  // ends run(): what to do with a journal that fails is its owner's to say
  std::optional<WallTime> last_ack_;
  std::map<SegmentId, std::uint32_t> in_flight_;              // records of each; bounded by the uplink's window of bytes
  std::array<std::optional<SegmentId>, lane_count> to_trim_;  // acknowledged, up to here
  std::size_t acks_to_trim_ = 0;
  SteadyTime last_trim_{};

  std::array<Metric*, lane_count> shipped_{};
  std::array<Metric*, lane_count> acked_{};
  std::array<Metric*, lane_count> backlog_bytes_{};
  std::array<Metric*, lane_count> backlog_records_{};
  std::array<Metric*, lane_count> backlog_seconds_{};
  Metric& aside_records_;
  Metric& sent_bytes_;
};

}  // namespace tidegate
