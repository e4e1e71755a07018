// Mutants of the way to the processors.
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "tests/sim/mutant_makers.h"
#include "tests/sim/passing_ports.h"

namespace tidegate {
namespace {

// The agent forgets what no processor has landed: the checker of P4 sees it with the trim, and in the end it is missing (P1).
class AcknowledgesUnsent final : public PassingUplink {
 public:
  using PassingUplink::PassingUplink;

  asio::awaitable<Result<void>> ship(const StoredSegment& segment) override {
    if (++shipped_ % every_tenth != 0) co_return co_await real_->ship(segment);
    unsent_.push_back(segment.id);
    co_return Result<void>{};
  }

  asio::awaitable<Result<SegmentId>> ack() override {
    if (unsent_.empty()) co_return co_await real_->ack();
    const SegmentId id = unsent_.front();
    unsent_.pop_front();
    co_return id;
  }

  void reset() override {
    unsent_.clear();
    real_->reset();
  }

 private:
  std::uint64_t shipped_ = 0;
  std::deque<SegmentId> unsent_;
};

// The processor has it and the agent never learns: its lane is not trimmed any more, so the journal is never empty (liveness).
class LosesAcks final : public PassingUplink {
 public:
  using PassingUplink::PassingUplink;

  asio::awaitable<Result<void>> ship(const StoredSegment& segment) override {
    if (lost_.contains(segment.id)) co_return Result<void>{};
    co_return co_await real_->ship(segment);
  }

  asio::awaitable<Result<SegmentId>> ack() override {
    for (;;) {
      Result<SegmentId> acked = co_await real_->ack();
      if (!acked || ++acks_ % every_tenth != 0) co_return acked;
      lost_.insert(*acked);
    }
  }

 private:
  std::uint64_t acks_ = 0;
  std::set<SegmentId> lost_;
};

// Where the next is of the same lane, a processor lands the later one first (lane order).
class SwapsOrder final : public PassingUplink {
 public:
  using PassingUplink::PassingUplink;

  asio::awaitable<Result<void>> ship(const StoredSegment& segment) override {
    if (++shipped_ % every_tenth == 0 && !held_) {
      held_ = segment;
      co_return Result<void>{};
    }
    Result<void> shipped = co_await real_->ship(segment);
    if (!shipped || !held_) co_return shipped;
    const StoredSegment held = *std::exchange(held_, std::nullopt);
    co_return co_await real_->ship(held);
  }

  void reset() override {
    held_.reset();
    real_->reset();
  }

 private:
  std::uint64_t shipped_ = 0;
  std::optional<StoredSegment> held_;
};

}  // namespace

std::unique_ptr<Uplink> acknowledging_unsent(std::unique_ptr<Uplink> real) {
  return std::make_unique<AcknowledgesUnsent>(std::move(real));
}
std::unique_ptr<Uplink> losing_acks(std::unique_ptr<Uplink> real) { return std::make_unique<LosesAcks>(std::move(real)); }
std::unique_ptr<Uplink> swapping_order(std::unique_ptr<Uplink> real) { return std::make_unique<SwapsOrder>(std::move(real)); }

}  // namespace tidegate
