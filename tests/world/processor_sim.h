// ProcessorSim: a processor as an Uplink, in the process. It keeps chunk ids and records as the real one does (a chunk seen
// before is acknowledged and dropped), and can be away, lose acks, hold them back, or refuse chunks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/ports.h"
#include "tests/world/source_name.h"
#include "transport/signal.h"

namespace tidegate {

class ProcessorSim final : public Uplink {
 public:
  explicit ProcessorSim(const Id128& epoch) : epoch_(epoch) {}

  // While away nothing is taken, and the session ends.
  void set_away(bool away);
  // The next `count` chunks are kept, and the session ends before their ack.
  void lose_acks(int count) { acks_to_lose_ = count; }
  // Chunks for which `which` is true are never kept nor acknowledged. `closes`: the session ends at each. `silent`: it ends a while
  // later, for want of that ack, as the real uplink ends it. Empty: none.
  enum class Refusing : unsigned char { closes, silent };
  void refuse(std::function<bool(const StoredSegment&)> which, Refusing how = Refusing::closes) {
    refuses_ = std::move(which);
    refusing_ = how;
  }
  // Chunks are kept, their acks wait until released.
  void hold_acks(bool hold);

  asio::awaitable<Result<void>> connect() override;
  asio::awaitable<Result<void>> ship(const StoredSegment& segment) override;
  asio::awaitable<Result<SegmentId>> ack() override;
  asio::awaitable<void> preferred() override { return no_other_.wait(); }
  void reset() override;

  // How often each record came in a chunk that was not a repeat: 1 for each, if all is well; of those without id, as often as
  // the source has it.
  const std::map<SourceName, int>& records() const { return records_; }
  // Record ids, which the index would upsert by; as many as records where no twin was made.
  const std::set<std::string>& record_ids() const { return record_ids_; }
  // What the agent itself had to say: records of its own lane, as msgpack.
  const std::vector<Bytes>& own_events() const { return own_events_; }
  std::size_t chunks_received() const { return chunks_received_; }
  std::size_t refusals() const { return refusals_; }  // of connections and chunks, while away or refusing
  std::size_t chunks_kept() const { return chunks_.size(); }
  const std::vector<SegmentId>& order() const { return order_; }

 private:
  void land(const StoredSegment& segment);
  void end_session();

  const Id128& epoch_;
  Signal no_other_;  // never raised: there is but this one
  bool away_ = false;
  bool hold_ = false;
  bool session_ = false;
  int acks_to_lose_ = 0;
  std::function<bool(const StoredSegment&)> refuses_;
  Refusing refusing_ = Refusing::closes;
  std::optional<std::size_t> overdue_at_;  // how many chunks will have come when the silent one is waited for no longer
  std::size_t chunks_received_ = 0;
  std::size_t refusals_ = 0;
  std::set<Id128> chunks_;
  std::vector<SegmentId> order_;  // as received
  std::deque<SegmentId> acks_;
  std::map<SourceName, int> records_;
  std::set<std::string> record_ids_;
  std::vector<Bytes> own_events_;
  Signal changed_;
};

}  // namespace tidegate
