#include "bench/load_sensor.h"

#include <cstdio>

#include "agent/envelope.h"
#include "bench/rule_set.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr auto chunk_sent_every = 20ms;  // 10,000 records/s
constexpr auto beacon_sent_every = 1s;

}  // namespace

asio::awaitable<Result<void>> LoadSensor::connect(std::uint16_t port, TlsContextPtr tls) {
  ForwardEndpoint endpoint{"127.0.0.1", port};
  co_return co_await client_.connect(std::move(endpoint), std::move(tls));
}

asio::awaitable<void> LoadSensor::take_acks() {
  while (true) {
    const Result<Id128> ack = co_await client_.next_ack();
    if (!ack) co_return;
  }
}

asio::awaitable<Result<void>> LoadSensor::send_for(std::chrono::nanoseconds span, bool beacons) {
  const SteadyTime begun = clock_.steady();
  SteadyTime beacon_at = begun;
  for (SteadyTime at = begun; at < begun + span && clock_.steady() < begun + span; at += chunk_sent_every) {
    co_await clock_.sleep_until(at);
    const bool with_beacon = beacons && at >= beacon_at;
    if (with_beacon) beacon_at += beacon_sent_every;
    Result<void> sent = co_await send_next(with_beacon);
    if (!sent) co_return sent;
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> LoadSensor::send_next(bool with_beacon) {
  TrafficChunk& chunk = traffic_[number_ % traffic_.size()];
  chunk.renumber(static_cast<std::uint32_t>(++number_));
  Bytes plain = chunk.entries;
  std::uint32_t count = traffic_chunk_records;
  std::string guid;
  if (with_beacon) {
    guid = new_guid();
    const Result<std::vector<Bytes>> beacon =
        records_.entries_of(Lane::alerts, "acme", beacon_page(guid, beacons_.size(), clock_.wall()));
    if (!beacon) co_return beacon.error();
    for (const Bytes& entry : *beacon) plain.append(entry);
    count += static_cast<std::uint32_t>(beacon->size());
  }
  const Result<Bytes> packed = compressor_.compress_entries(plain, WireCompression::zstd);
  if (!packed) co_return packed.error();
  const std::string tag = tag_of(chunk.lane);
  ForwardChunk out;
  out.tag = tag;
  out.payload = *packed;
  out.compression = WireCompression::zstd;
  out.records = count;
  out.chunk = Id128{1, number_};
  const SteadyTime begun = clock_.steady();
  if (with_beacon) beacons_.emplace(guid, begun);
  Result<void> sent = co_await client_.send(out);
  if (sent) sent_ += count;
  co_return sent;
}

std::string LoadSensor::new_guid() const {
  char text[40];
  std::snprintf(text, sizeof text, "b0000000-0000-4000-8000-%012zu", beacons_.size());
  return text;
}

}  // namespace tidegate
