#include "agent/edges/forward_uplink.h"

#include "agent/compression.h"
#include "transport/compression.h"

namespace tidegate {

ForwardUplink::ForwardUplink(UplinkOptions options, Id128 epoch, Clock& clock, Log& log)
    : options_(std::move(options)),
      epoch_(epoch),
      log_(log),
      client_(clock, options_.limits, options_.dial),
      bandwidth_(clock, options_.bandwidth) {}

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
  for (std::size_t tried = 0; tried < options_.endpoints.size(); ++tried) {
    const ForwardEndpoint endpoint = options_.endpoints[next_endpoint_];
    const std::string place = endpoint.host + ":" + std::to_string(endpoint.port);
    Result<void> connected = co_await connect_to(endpoint);
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
  ForwardChunk chunk{.tag = content.tag,
                     .payload = content.payload,
                     .compression = on_wire(content.compression),
                     .records = content.records,
                     .chunk = chunk_id(epoch_, segment.id)};
  Result<Bytes> plain = Bytes{};
  if (chunk.compression == WireCompression::zstd && !options_.receiver_knows_zstd) {
    plain = decompress_entries(content.payload, chunk.compression);
    if (!plain) co_return std::move(plain).error();
    chunk.payload = *plain;
    chunk.compression = WireCompression::none;
  }
  Result<void> turn = co_await bandwidth_.take(static_cast<double>(chunk.payload.size()));
  if (!turn) co_return std::move(turn).error();
  in_flight_.emplace(chunk.chunk, segment.id);
  co_return co_await client_.send(chunk);
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
