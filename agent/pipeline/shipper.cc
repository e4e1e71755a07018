#include "agent/pipeline/shipper.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/check.h"

namespace tidegate {
namespace {

// Trimming goes to the journal's thread and back: a few acks are worth one way.
constexpr std::size_t acks_together_max = 16;
constexpr std::chrono::seconds trim_wait_max{1};

bool stopped(const asio::cancellation_state& state) { return state.cancelled() != asio::cancellation_type::none; }

}  // namespace

Shipper::Shipper(Store& store, Uplink& uplink, Surroundings around, ShipperLimits limits, Log& log, Metrics& metrics)
    : store_(store),
      uplink_(uplink),
      clock_(around.clock),
      log_(log),
      backoff_(around.random, limits.retry),
      refusals_(limits.refusals_max),
      aside_records_(
          metrics.gauge("tidegate_journal_set_aside_records", "Records that the processor refused, and that wait apart.")),
      sent_bytes_(metrics.counter("tidegate_ship_bytes_total", "Payload bytes written to the processor.")) {
  state_.since = clock_.wall();
  for (const Lane lane : all_lanes) {
    const Labels labels{{"lane", std::string{name(lane)}}};
    const std::size_t at = index_of(lane);
    shipped_[at] =
        &metrics.counter("tidegate_records_shipped_total", "Records written to the processor, repeats included.", labels);
    acked_[at] = &metrics.counter("tidegate_records_acked_total", "Records that the processor keeps on stable storage.", labels);
    backlog_bytes_[at] = &metrics.gauge("tidegate_journal_bytes", "Bytes in the journal that are not acknowledged.", labels);
    backlog_records_[at] = &metrics.gauge("tidegate_journal_records", "Records in the journal that are not acknowledged.", labels);
    backlog_seconds_[at] =
        &metrics.gauge("tidegate_journal_oldest_seconds", "Age of the oldest record in the journal; 0 when empty.", labels);
  }
}

asio::awaitable<Error> Shipper::run() {
  using asio::experimental::awaitable_operators::operator||;
  co_await asio::this_coro::throw_if_cancelled(false);
  std::variant<Error, Error> ended = co_await (ship_in_sessions() || show_backlog());
  co_return std::visit([](Error& error) { return std::move(error); }, ended);
}

asio::awaitable<Error> Shipper::ship_in_sessions() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (!stopped(stop)) {
    const std::optional<Error> ended = co_await session();
    end_session(ended && !stopped(stop) && !journal_failed_);
    Result<void> kept = co_await set_aside_the_unbearable();
    if (kept) kept = co_await trim();
    if (stopped(stop)) break;
    if (journal_failed_)
      co_return kept ? ended.value_or(Error{Code::unavailable, "the journal failed while the session was left"}) : kept.error();
    if (!ended) continue;
    show(store_.usage());  // what is kept grows older also while nothing changes
    state_.become(ended->code() == Code::denied ? Verdict::auth_failed : Verdict::unreachable, clock_.wall(), ended->text());
    log_.warning("session with the processor ended", {{"reason", ended->text()}});
    co_await clock_.sleep_for(backoff_.next());
  }
  co_return Error{Code::cancelled, "shipper stopped"};
}

// What was in flight is picked again, but for what has to travel alone.
void Shipper::end_session(bool failed) {
  uplink_.reset();
  picker_.rewind();
  in_flight_.clear();
  taken_ = false;
  if (failed) refusals_.session_failed();
  else refusals_.session_left();
  for (const SegmentId& id : refusals_.alone()) picker_.hold(id);
}

// Both directions run until one of them fails. A session is begun also when there is nothing to ship, so that whether the processor
// is there is known before it is needed (P12). Absent: it ended because a preferred processor is there again.
asio::awaitable<std::optional<Error>> Shipper::session() {
  using asio::experimental::awaitable_operators::operator||;
  Result<void> connected = co_await uplink_.connect();
  if (!connected) co_return std::move(connected).error();
  state_.become(Verdict::idle, clock_.wall(), {});
  std::variant<Error, Error, std::monostate> ended = co_await (ship_all() || take_acks() || uplink_.preferred());
  if (ended.index() == 2) co_return std::nullopt;
  co_return ended.index() == 0 ? std::get<0>(std::move(ended)) : std::get<1>(std::move(ended));
}

asio::awaitable<Error> Shipper::ship_all() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (!stopped(stop)) {
    Result<void> shipped = co_await ship_next();
    if (!shipped) co_return std::move(shipped).error();
  }
  co_return Error{Code::cancelled, "shipper stopped"};
}

asio::awaitable<Error> Shipper::take_acks() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (!stopped(stop)) {
    Result<void> taken = co_await take_ack();
    if (!taken) co_return std::move(taken).error();
  }
  co_return Error{Code::cancelled, "shipper stopped"};
}

// Waits until there is something to ship, then ships it.
asio::awaitable<Result<void>> Shipper::ship_next() {
  const auto stop = co_await asio::this_coro::cancellation_state;
  std::optional<SegmentId> id;
  for (;;) {
    id = pick();
    if (id) break;
    if (refusals_.next_alone() && picker_.in_flight_count() > 0) co_await acked_signal_.wait();
    else co_await store_.changed();
    if (stopped(stop)) co_return Error{Code::cancelled, "shipper stopped"};
  }
  Result<StoredSegment> segment = co_await store_.batch(*id);
  if (stopped(stop)) co_return Error{Code::cancelled, "shipper stopped"};
  if (!segment && segment.error().code() == Code::absent) {
    acknowledged_to(picker_.pass_over(*id));
    refusals_.forget(*id);
    co_return Result<void>{};
  }
  if (!segment) {
    journal_failed_ = true;
    co_return std::move(segment).error().in("journal");
  }
  const Segment& content = segment->segment;
  in_flight_[*id] = content.records;
  refusals_.sent(*id);
  Result<void> written = co_await uplink_.ship(*segment);
  if (!written) co_return std::move(written).error();
  shipped_[index_of(id->lane)]->add(content.records);
  sent_bytes_.add(static_cast<std::int64_t>(content.payload.size()));
  co_return Result<void>{};
}

// One that has to travel alone goes when the receiver has just taken another one, so that its refusal would tell, or when there is
// no other. Absent: nothing may be shipped now.
std::optional<SegmentId> Shipper::pick() {
  const std::optional<SegmentId> alone = refusals_.next_alone();
  if (!alone) return picker_.pick(store_.usage());
  if (picker_.in_flight(*alone)) return std::nullopt;
  std::optional<SegmentId> other;
  if (!taken_) other = picker_.pick(store_.usage());
  if (other || picker_.in_flight_count() > 0) return other;
  picker_.pick_held(*alone);
  return alone;
}

// What the journal has no room for is borne for as long again.
asio::awaitable<Result<void>> Shipper::set_aside_the_unbearable() {
  while (const std::optional<SegmentId> id = refusals_.unbearable()) {
    if (picker_.in_flight(*id)) break;
    picker_.hold(*id);  // while the journal is asked nobody else picks it
    refusals_.forget(*id);
    const std::string lane{name(id->lane)};
    const std::string sequence = std::to_string(id->sequence);
    Result<void> kept = co_await store_.set_aside(*id);
    if (!kept && kept.error().code() == Code::full) {
      picker_.release(*id);
      log_.error("a chunk that the processor refuses cannot be set aside",
                 {{"lane", lane}, {"sequence", sequence}, {"reason", kept.error().text()}});
      continue;
    }
    if (!kept && kept.error().code() != Code::absent) {
      journal_failed_ = true;
      co_return std::move(kept).error().in("journal");
    }
    log_.error("a chunk is set aside: the processor refused it again and again while it took others",
               {{"lane", lane}, {"sequence", sequence}});
    acknowledged_to(picker_.pass_over(*id));
  }
  co_return Result<void>{};
}

void Shipper::acknowledged_to(const std::optional<SegmentId>& trim_to) {
  if (!trim_to) return;
  to_trim_[index_of(trim_to->lane)] = trim_to;
  ++acks_to_trim_;
}

asio::awaitable<Result<void>> Shipper::take_ack() {
  Result<SegmentId> acked = co_await uplink_.ack();
  if (!acked) co_return std::move(acked).error();
  if (!picker_.in_flight(*acked)) co_return Error{Code::corrupt, "an ack for a chunk that is not in flight"};
  acknowledged_to(picker_.acknowledge(*acked));
  refusals_.acked(*acked);
  taken_ = true;
  acked_signal_.notify();
  acked_[index_of(acked->lane)]->add(in_flight_[*acked]);
  in_flight_.erase(*acked);
  last_ack_ = clock_.wall();
  backoff_.reset();
  state_.become(in_flight_.empty() ? Verdict::idle : Verdict::healthy, clock_.wall(), {});
  if (Result<void> kept = co_await set_aside_the_unbearable(); !kept) co_return kept;
  const bool wait = acks_to_trim_ < acks_together_max && !in_flight_.empty() && clock_.steady() < last_trim_ + trim_wait_max;
  if (wait) co_return Result<void>{};
  co_return co_await trim();
}

// What is acknowledged and was not trimmed yet, as after a crash, is sent again, and known there by its id (P2).
asio::awaitable<Result<void>> Shipper::trim() {
  last_trim_ = clock_.steady();
  acks_to_trim_ = 0;
  for (std::optional<SegmentId>& last : to_trim_) {
    if (!last) continue;
    const SegmentId id = *std::exchange(last, std::nullopt);
    Result<void> trimmed = co_await store_.trim(id);
    if (!trimmed) {
      journal_failed_ = true;
      co_return std::move(trimmed).error().in("journal");
    }
  }
  co_return Result<void>{};
}

// The gauges follow what the picks are made from, whether there is a session or not (P12).
asio::awaitable<Error> Shipper::show_backlog() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (!stopped(stop)) {
    show(store_.usage());
    co_await store_.changed();
  }
  co_return Error{Code::cancelled, "shipper stopped"};
}

void Shipper::show(const JournalUsage& usage) {
  aside_records_.set(static_cast<std::int64_t>(usage.set_aside.records));
  const WallTime now = clock_.wall();
  for (const Lane lane : all_lanes) {
    const LaneUsage& kept = usage.lane(lane);
    const std::size_t at = index_of(lane);
    backlog_bytes_[at]->set(static_cast<std::int64_t>(kept.bytes));
    backlog_records_[at]->set(static_cast<std::int64_t>(kept.records));
    backlog_seconds_[at]->set(
        kept.empty() ? 0 : std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(now - kept.oldest).count()));
  }
}

ShipperView Shipper::view() const {
  return {.state = state_, .last_ack = last_ack_, .chunks_in_flight = picker_.in_flight_count()};
}

}  // namespace tidegate
