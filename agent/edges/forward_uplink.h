// ForwardUplink: the way to the processors, in order of preference, over Forward v1 and mutual TLS. One session at a time; when
// it cannot be had with one endpoint, the next one is tried. What is shipped is paced by the receiver's acks (the window of
// bytes in flight) and by the bandwidth (P7).
//
// Thread: the loop.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "agent/ports.h"
#include "base/log.h"
#include "transport/forward_client.h"
#include "transport/rate_limiter.h"

namespace tidegate {

struct UplinkOptions {
  std::vector<ForwardEndpoint> endpoints;  // at least one
  TlsContextPtr tls;
  ForwardLimits limits;
  RateLimit bandwidth;  // bytes per second
  Dial dial = dial_tls();
};

class ForwardUplink final : public Uplink {
 public:
  ForwardUplink(UplinkOptions options, Id128 epoch, Clock& clock, Log& log);

  asio::awaitable<Result<void>> connect() override;
  asio::awaitable<Result<void>> ship(const StoredSegment& segment) override;
  asio::awaitable<Result<SegmentId>> ack() override;
  void reset() override;

 private:
  UplinkOptions options_;
  Id128 epoch_;
  Log& log_;
  ForwardClient client_;
  RateLimiter bandwidth_;
  std::size_t next_endpoint_ = 0;
  std::map<Id128, SegmentId> in_flight_;  // bounded by the window of bytes
};

}  // namespace tidegate
