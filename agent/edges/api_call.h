// ApiCall: one request to the Vision One API and its answer: token, budget, headers, trace id, metrics, and what the answer's Date
// says of the API's clock. What a status means to the caller is error_of()'s (vision_one_error.h).
//
// Thread: the loop.
// Source: Trend Vision One public API v3.0, "Authentication", "API request limits"; RFC 9110 section 5.6.7 (Date).
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/edges/request_budget.h"
#include "agent/edges/vision_one_error.h"
#include "agent/ports.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "transport/http_send.h"

namespace tidegate {

// How one content type of one connector asks the API.
struct VisionOneOptions {
  Lane lane = Lane::alerts;
  std::string connector;  // for metrics
  Urgency urgency = Urgency::fresh;
  std::string api_base_url;                                     // without a slash at its end
  std::function<Result<Secret>()> token;                        // asked at each request: a renewed token file takes effect
  std::chrono::nanoseconds deadline{std::chrono::seconds{70}};  // the server itself may take 60 s
};

struct ApiAnswer {
  HttpResponse response;
  std::string trace_id;

  // What an answer that is no success means.
  Error error(PageKind page) const { return error_of(response, page, trace_id); }
};

class ApiCall {
 public:
  //   requires: what the references name outlives the object
  ApiCall(VisionOneOptions options, HttpSend send, RequestBudget& budget, Surroundings around, Metrics& metrics);

  // Waits for a turn, sends. The request's own headers stand beside those of every call (token, user agent, trace id); its URL
  // must be the API's: begin it with api_base_url, or have it from own_link(). Any status is an answer.
  asio::awaitable<Result<ApiAnswer>> send(HttpRequest request);

  // A link that the API gave, as a URL to ask for. `corrupt`: no URL, or it names another host: the token goes to nobody
  // else (P10).
  Result<std::string> own_link(std::string_view link) const;

  // What the API's answers say of its clock: never ahead of it, and behind it by no more than the last answer took and a second. An
  // answer that something else may have given is not believed, and a jump only when two answers in a row agree on it.
  const std::optional<ApiTime>& api_time() const { return api_time_; }
  // The API's clock as of now, carried on by our steady one; absent before its first answer.
  std::optional<WallTime> api_now() const;
  // The API's clock less ours, to the second; absent as api_now().
  std::optional<std::chrono::seconds> clock_offset() const;
  const VisionOneOptions& options() const { return options_; }

 private:
  void learn_time(const HttpResponse& response);
  Metric& requests_with(unsigned status);

  VisionOneOptions options_;
  HttpSend send_;
  RequestBudget& budget_;
  Clock& clock_;
  Random& random_;
  Metrics& metrics_;
  std::optional<ApiTime> api_time_;
  std::optional<ApiTime> doubted_;  // a jump that one answer told
};

// "Tue, 24 Nov 2026 13:05:07 GMT", the one form that is still written; absent for any other text, and for a year before 2020, which
// only a clock that was never set tells.
std::optional<WallSeconds> parse_http_date(std::string_view text);

}  // namespace tidegate
