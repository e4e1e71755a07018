#include "agent/edges/forward_uplink.h"

#include "agent/compression.h"

namespace tidegate {
ForwardUplink::ForwardUplink(UplinkOptions options, Id128 epoch, Clock& clock, Log& log)
    : options_(std::move(options)),
      epoch_(epoch),
      log_(log),
      client_(clock, options_.limits, options_.dial),
      bandwidth_(clock, options_.bandwidth) {}

asio::awaitable<Result<void>> ForwardUplink::connect() {
  if (client_.connected()) co_return Result<void>{};
  Error last{Code::unavailable, "no processor is configured"};
  for (std::size_t tried = 0; tried < options_.endpoints.size(); ++tried) {
    const ForwardEndpoint endpoint = options_.endpoints[next_endpoint_];
    const std::string place = endpoint.host + ":" + std::to_string(endpoint.port);
    Result<void> connected = co_await client_.connect(endpoint, options_.tls);
    if (connected) {
      log_.info("session with the processor begun", {{"processor", place}});
      co_return Result<void>{};
    }
    next_endpoint_ = (next_endpoint_ + 1) % options_.endpoints.size();
    last = std::move(connected).error();
    if (last.code() == Code::cancelled) co_return last;
    log_.warning("processor not reached", {{"processor", place}, {"reason", last.text()}});
  }
  // The next attempt begins with the preferred one again.
  next_endpoint_ = 0;
  co_return last;
}

asio::awaitable<Result<void>> ForwardUplink::ship(const StoredSegment& segment) {
  if (!client_.connected()) co_return Error{Code::unavailable, "there is no session"};
  const Segment& content = segment.segment;
  Result<void> turn = co_await bandwidth_.take(static_cast<double>(content.payload.size()));
  if (!turn) co_return std::move(turn).error();
  const Id128 chunk = chunk_id(epoch_, segment.id);
  in_flight_.emplace(chunk, segment.id);
  co_return co_await client_.send({.tag = content.tag,
                                   .payload = content.payload,
                                   .compression = on_wire(content.compression),
                                   .records = content.records,
                                   .chunk = chunk});
}

asio::awaitable<Result<SegmentId>> ForwardUplink::ack() {
  Result<Id128> acked = co_await client_.next_ack();
  if (!acked) co_return std::move(acked).error();
  const auto found = in_flight_.find(*acked);
  if (found == in_flight_.end()) co_return Error{Code::corrupt, "an ack for a chunk that is not in flight"};
  const SegmentId id = found->second;
  in_flight_.erase(found);
  co_return id;
}

void ForwardUplink::reset() {
  client_.close();
  in_flight_.clear();
}

}  // namespace tidegate
