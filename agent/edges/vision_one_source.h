// VisionOneSource: one content type of the Vision One API as a Source. It knows paths, parameters and page links; HTTP, the
// budget of requests and the token come from outside, so a simulation can stand behind it.
//
//   alerts       GET /v3.0/workbench/alerts   updatedDateTime, ascending: an alert that changes comes again
//   audit logs   GET /v3.0/audit/logs         ingestedDateTime, ascending; loggedDateTime where the tenant does not know it
//   techniques   GET /v3.0/oat/detections     ingested*, with a wide detected* so that its default hour never applies
//
// A page link is followed as it is, but only to the host that was asked: a foreign one is refused (`corrupt`).
//
// Thread: the loop.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "agent/edges/vision_one_page.h"
#include "agent/ports.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "transport/http_client.h"
#include "transport/rate_limiter.h"
#include "transport/url.h"

namespace tidegate {

using HttpSend = std::function<asio::awaitable<Result<HttpResponse>>(HttpRequest request, std::chrono::nanoseconds deadline)>;

struct VisionOneOptions {
  Lane lane = Lane::alerts;
  std::string connector;                                        // for metrics
  std::string api_base_url;                                     // without a slash at its end
  std::function<Result<Secret>()> token;                        // asked at each request: a renewed token file takes effect
  std::chrono::nanoseconds deadline{std::chrono::seconds{70}};  // the server itself may take 60 s
};

class VisionOneSource final : public Source {
 public:
  //   requires: what the references name outlives the source
  VisionOneSource(VisionOneOptions options, HttpSend send, RateLimiter& limiter, Surroundings around, Metrics& metrics);

  asio::awaitable<Result<Bytes>> poll(const PageRequest& request) override;
  Result<Page> parse(const PageRequest& request, Bytes body) override;

 private:
  Result<std::string> url_of(const PageRequest& request) const;
  std::string first_page(const PageRequest& request) const;
  std::string trace_id();
  Metric& requests_with(unsigned status);

  VisionOneOptions options_;
  HttpSend send_;
  RateLimiter& limiter_;
  Clock& clock_;
  Random& random_;
  Metrics& metrics_;
  VisionOnePageParser parser_;
  SteadyTime not_before_{};        // what the API asked for with its last 429
  bool ingested_unknown_ = false;  // audit logs: the tenant answered 400 to ingestedDateTime
};

}  // namespace tidegate
