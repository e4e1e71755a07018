// ForwardUplink: the way to the processors, in order of preference, over Forward v1 and TLS; to receivers of others with a
// handshake where they want one. One session at a time; when it cannot be had with one endpoint, or brings no ack, the next one is
// tried. While it is not with the first, those before are looked for every few minutes, beside it; when one is there, the chunks in
// flight are waited for, and the session ends. What is shipped is paced by the receiver's acks (the window of bytes in flight) and
// by the bandwidth (P7), which may follow a schedule.
//
// Thread: the loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "agent/edges/bandwidth_schedule.h"
#include "agent/ports.h"
#include "base/log.h"
#include "transport/endpoint_choice.h"
#include "transport/forward_client.h"
#include "transport/rate_limiter.h"
#include "transport/signal.h"

namespace tidegate {

struct UplinkOptions {
  std::vector<ForwardEndpoint> endpoints;  // at least one
  TlsContextPtr tls;
  ForwardLimits limits;
  BandwidthSchedule bandwidth;
  Dial dial = dial_tls();
  // What a handshake is made with, asked for anew before each: keys may change, and each salt is used once. Empty: no handshake.
  std::function<Result<HandshakeOptions>()> handshake;
  // Between two looks for a preferred endpoint, drawn anew from half of it to all of it.
  std::chrono::nanoseconds look_for_preferred_every{std::chrono::minutes{5}};
  // False: what the journal holds as zstd, from a time when the receiver was another, goes out uncompressed.
  bool receiver_knows_zstd = true;
};

class ForwardUplink final : public Uplink {
 public:
  ForwardUplink(UplinkOptions options, Id128 epoch, Surroundings around, Log& log);

  asio::awaitable<Result<void>> connect() override;
  asio::awaitable<Result<void>> ship(const StoredSegment& segment) override;
  asio::awaitable<Result<SegmentId>> ack() override;
  asio::awaitable<void> preferred() override;
  void reset() override;

 private:
  asio::awaitable<Result<void>> connect_to(ForwardEndpoint endpoint);
  asio::awaitable<Result<void>> pay(std::size_t bytes);
  double follow_schedule();
  asio::awaitable<bool> preferred_is_there();
  asio::awaitable<Result<void>> wait_while_leaving();

  UplinkOptions options_;
  Id128 epoch_;
  Log& log_;
  ForwardClient client_;
  std::optional<std::uint64_t> in_force_;  // bits per second
  RateLimiter bandwidth_;
  Clock& clock_;
  Random& random_;
  EndpointChoice choice_;
  std::size_t current_ = 0;  // the endpoint of the session
  bool shipped_ = false;     // anything in it
  bool proven_ = false;      // it brought an ack
  bool leaving_ = false;     // nothing more is shipped in it
  Signal left_;
  std::map<Id128, SegmentId> in_flight_;  // bounded by the window of bytes
};

}  // namespace tidegate
