#include "tests/world/processor_sim.h"

#include "agent/compression.h"
#include "base/check.h"
#include "transport/compression.h"
#include "transport/forward_entries.h"

namespace tidegate {
namespace {

constexpr std::size_t overdue_after = 5;  // chunks

}  // namespace

void ProcessorSim::set_away(bool away) {
  away_ = away;
  if (away) session_ = false;
  changed_.notify();
}

void ProcessorSim::hold_acks(bool hold) {
  hold_ = hold;
  changed_.notify();
}

asio::awaitable<Result<void>> ProcessorSim::connect() {
  if (away_) {
    ++refusals_;
    co_return Error{Code::unavailable, "the processor is away"};
  }
  session_ = true;
  co_return Result<void>{};
}

asio::awaitable<Result<void>> ProcessorSim::ship(const StoredSegment& segment) {
  if (away_) {
    ++refusals_;
    co_return Error{Code::unavailable, "the processor is away"};
  }
  if (!session_) co_return Error{Code::unavailable, "there is no session"};
  if (refuses_ && refuses_(segment)) {
    ++refusals_;
    if (refusing_ == Refusing::closes) {
      end_session();
      co_return Error{Code::unavailable, "the connection was closed"};
    }
    if (!overdue_at_) overdue_at_ = chunks_received_ + overdue_after;
    co_return Result<void>{};
  }
  land(segment);
  if (overdue_at_ && chunks_received_ >= *overdue_at_ && acks_.empty()) {
    end_session();
    co_return Error{Code::timeout, "an ack is overdue"};
  }
  if (acks_to_lose_ > 0) {
    --acks_to_lose_;
    end_session();
    co_return Error{Code::unavailable, "the connection broke"};
  }
  acks_.push_back(segment.id);
  changed_.notify();
  co_return Result<void>{};
}

asio::awaitable<Result<SegmentId>> ProcessorSim::ack() {
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (session_ && (hold_ || acks_.empty())) {
    co_await changed_.wait();
    if (stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, "stopped"};
  }
  if (!session_) co_return Error{Code::unavailable, "the session ended"};
  const SegmentId id = acks_.front();
  acks_.pop_front();
  co_return id;
}

void ProcessorSim::end_session() {
  session_ = false;
  changed_.notify();
}

void ProcessorSim::reset() {
  session_ = false;
  overdue_at_.reset();
  acks_.clear();
  changed_.notify();
}

void ProcessorSim::land(const StoredSegment& stored) {
  ++chunks_received_;
  order_.push_back(stored.id);
  if (!chunks_.insert(chunk_id(epoch_, stored)).second) return;
  Result<Bytes> entries = decompress_entries(stored.segment.payload, on_wire(stored.segment.compression));
  TG_ASSERT(entries.has_value(), "a chunk on the wire can be decompressed");
  EntryReader reader{*entries};
  std::uint32_t count = 0;
  for (;;) {
    Result<std::optional<Entry>> entry = reader.next();
    TG_ASSERT(entry.has_value(), "a chunk's entries can be read");
    if (!*entry) break;
    ++count;
    const std::optional<MsgpackView> record = MsgpackView::open((*entry)->record);
    TG_ASSERT(record.has_value(), "an entry's record is sound msgpack");
    if (stored.id.lane == Lane::own_events) {
      own_events_.emplace_back((*entry)->record);
      continue;
    }
    ++records_[source_name_of(*record)];
    record_ids_.insert(text_at(*record, "record_id"));
  }
  TG_ASSERT(count == stored.segment.records, "a chunk holds as many records as it says");
}

}  // namespace tidegate
