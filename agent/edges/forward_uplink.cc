#include "agent/edges/forward_uplink.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "agent/compression.h"
#include "config/units.h"
#include "transport/byte_stream.h"
#include "transport/compression.h"
#include "transport/deadline.h"

namespace tidegate {
namespace {

constexpr BackoffLimits endpoint_retry{.first = std::chrono::seconds{1}, .ceiling = std::chrono::seconds{60}};
constexpr std::chrono::seconds leave_max{60};  // for the acks of what is in flight
constexpr std::chrono::milliseconds leave_look{200};

std::string text_of(const ForwardEndpoint& endpoint) { return endpoint.host + ":" + std::to_string(endpoint.port); }

RateLimit limit_of(const std::optional<std::uint64_t>& bits_per_second) {
  if (!bits_per_second) return {};
  const double bytes_per_second = static_cast<double>(*bits_per_second) / 8;
  return {.per_second = bytes_per_second, .burst = bytes_per_second / 4};
}

}  // namespace

ForwardUplink::ForwardUplink(UplinkOptions options, Id128 epoch, Surroundings around, Log& log)
    : options_(std::move(options)),
      epoch_(epoch),
      log_(log),
      client_(around.clock, options_.limits, options_.dial),
      in_force_(bandwidth_at(options_.bandwidth, around.clock.wall())),
      bandwidth_(around.clock, limit_of(in_force_)),
      clock_(around.clock),
      random_(around.random),
      choice_(options_.endpoints.size(), around.random, endpoint_retry) {}

asio::awaitable<Result<void>> ForwardUplink::connect_to(ForwardEndpoint endpoint) {
  if (!options_.handshake) co_return co_await client_.connect(std::move(endpoint), options_.tls);
  Result<HandshakeOptions> handshake = options_.handshake();
  // Without its key nobody lets us in: the same as with a wrong one.
  if (!handshake) co_return Error{Code::denied, handshake.error().text()};
  HandshakeOptions given = *std::move(handshake);
  co_return co_await client_.connect(std::move(endpoint), options_.tls, std::move(given));
}

asio::awaitable<Result<void>> ForwardUplink::connect() {
  if (client_.connected()) co_return Result<void>{};
  Error last{Code::unavailable, "no processor is configured"};
  for (const std::size_t at : choice_.order(clock_.steady())) {
    const ForwardEndpoint endpoint = options_.endpoints[at];
    Result<void> connected = co_await connect_to(endpoint);
    if (connected) {
      current_ = at;
      shipped_ = proven_ = leaving_ = false;
      log_.info("session with the processor begun", {{"processor", text_of(endpoint)}});
      co_return Result<void>{};
    }
    last = std::move(connected).error();
    if (last.code() == Code::cancelled) co_return last;
    choice_.failed(at, clock_.steady());
    log_.warning("processor not reached", {{"processor", text_of(endpoint)}, {"reason", last.text()}});
  }
  co_return last;
}

asio::awaitable<Result<void>> ForwardUplink::ship(const StoredSegment& segment) {
  if (!client_.connected()) co_return Error{Code::unavailable, "there is no session"};
  const Segment& content = segment.segment;
  ForwardChunk chunk{.tag = content.tag,
                     .payload = content.payload,
                     .compression = on_wire(content.compression),
                     .records = content.records,
                     .chunk = chunk_id(epoch_, segment)};
  Result<Bytes> plain = Bytes{};
  if (chunk.compression == WireCompression::zstd && !options_.receiver_knows_zstd) {
    plain = decompress_entries(content.payload, chunk.compression);
    if (!plain) co_return std::move(plain).error();
    chunk.payload = *plain;
    chunk.compression = WireCompression::none;
  }
  Result<void> turn = co_await pay(chunk.payload.size());
  if (!turn) co_return std::move(turn).error();
  if (leaving_) co_return co_await wait_while_leaving();
  shipped_ = true;
  in_flight_.emplace(chunk.chunk, segment.id);
  co_return co_await client_.send(chunk);
}

// Waits for as long as the bandwidth needs for so many bytes. They are paid for second by second, so that a chunk that waits under
// a slow limit (4 MiB at 8 kbit/s: more than an hour) goes on within a second of that limit's end, and no debt outlasts a change.
asio::awaitable<Result<void>> ForwardUplink::pay(std::size_t bytes) {
  double unpaid = static_cast<double>(bytes);
  while (unpaid > 0) {
    const double part = std::min(unpaid, follow_schedule());
    Result<void> turn = co_await bandwidth_.take(part);
    if (!turn) co_return std::move(turn).error();
    unpaid -= part;
  }
  co_return Result<void>{};
}

// The bytes that may be sent in a second from now on. The schedule is asked each time, since the wall clock may step either way.
double ForwardUplink::follow_schedule() {
  const std::optional<std::uint64_t> now = bandwidth_at(options_.bandwidth, clock_.wall());
  if (now != in_force_) {
    in_force_ = now;
    bandwidth_.set_limit(limit_of(now));
    log_.info("the bandwidth changes by its schedule", {{"bandwidth", now ? rate_text(*now) : "unlimited"}});
  }
  return limit_of(now).per_second;
}

asio::awaitable<Result<SegmentId>> ForwardUplink::ack() {
  Result<Id128> acked = co_await client_.next_ack();
  if (!acked) co_return std::move(acked).error();
  const auto found = in_flight_.find(*acked);
  if (found == in_flight_.end()) co_return Error{Code::corrupt, "an ack for a chunk that is not in flight"};
  const SegmentId id = found->second;
  in_flight_.erase(found);
  if (!std::exchange(proven_, true)) choice_.proven(current_);
  co_return id;
}

asio::awaitable<void> ForwardUplink::preferred() {
  const auto stop = co_await asio::this_coro::cancellation_state;
  const auto stopped = [&stop] { return stop.cancelled() != asio::cancellation_type::none; };
  const auto most = options_.look_for_preferred_every.count();
  while (!stopped()) {
    co_await clock_.sleep_for(std::chrono::nanoseconds{random_.between(most / 2, most)});
    if (stopped() || current_ == 0 || !client_.connected()) continue;
    if (!co_await preferred_is_there()) continue;
    leaving_ = true;
    const SteadyTime latest = clock_.steady() + leave_max;
    while (!stopped() && !in_flight_.empty() && clock_.steady() < latest) co_await clock_.sleep_for(leave_look);
    log_.info("a preferred processor is there again", {{"left", text_of(options_.endpoints[current_])}});
    co_return;
  }
}

// Whether one of them, whose wait is over, takes a connection, which is then closed. That proves nothing yet: its wait stays what
// it was.
asio::awaitable<bool> ForwardUplink::preferred_is_there() {
  for (const std::size_t at : choice_.order(clock_.steady())) {
    if (at >= current_) break;
    const ForwardEndpoint endpoint = options_.endpoints[at];
    auto stream = co_await with_deadline(options_.dial(endpoint, options_.tls), options_.limits.connect_max, "connect", &clock_);
    if (!stream) continue;
    (*stream)->close();
    co_return true;
  }
  co_return false;
}

// The chunk is not sent: it stays with the shipper, who ships it in the next session.
asio::awaitable<Result<void>> ForwardUplink::wait_while_leaving() {
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (leaving_ && stop.cancelled() == asio::cancellation_type::none) co_await left_.wait();
  co_return Error{Code::unavailable, "the session ended"};
}

void ForwardUplink::reset() {
  client_.close();
  if (shipped_ && !proven_) choice_.failed(current_, clock_.steady());
  shipped_ = proven_ = leaving_ = false;
  in_flight_.clear();
  left_.notify();
}

}  // namespace tidegate
