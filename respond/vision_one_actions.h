// VisionOneActions: the API of response actions of Trend Vision One, over HTTPS.
//
// Promises: each call of send() is one request, at most (P9): nothing is sent again, no redirect is followed. The key goes to its
// own API alone (P10), also where a page of tasks links elsewhere, and stands in no error, reason or description. What may have
// been done is never reported as `denied`, `invalid` or `throttled`.
//
// Thread: the loop. Waits: each request up to its deadline.
// Source: Trend Vision One public API v3.0, "Response Management", "Authentication"; vision-one-api, sections 1 and 6.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "respond/ports.h"
#include "respond/vision_one_tasks.h"
#include "transport/http_send.h"

namespace tidegate {

inline constexpr int task_pages_max = 50;

struct VisionOneActionsOptions {
  std::string origin;                                           // "https://api.eu.xdr.trendmicro.com", without a slash at its end
  Secret token;                                                 // the API key; a renewed one is given to a new API object
  std::chrono::nanoseconds deadline{std::chrono::seconds{70}};  // the server itself may take 60 s
};

class VisionOneActions final : public ActionApi {
 public:
  //   requires: clock and random outlive this, and so does what `send` refers to
  VisionOneActions(VisionOneActionsOptions options, HttpSend send, Clock& clock, Random& random);

  // `denied`: also where there is no token to send. `corrupt`: the answer is not the API's, or too large; it may have been done.
  asio::awaitable<Result<std::vector<SentElement>>> send(ResponseAction action, std::vector<ActionElement> elements) override;
  asio::awaitable<Result<TaskView>> task(std::string id) override;
  // Each task once. `unavailable`: more than task_pages_max pages.
  asio::awaitable<Result<std::vector<TaskView>>> tasks_since(WallTime since) override;

  // The test without side effects: the tasks of the last hour are listed. What that proves, in words, or what is wrong.
  asio::awaitable<Result<std::string>> probe();

 private:
  struct Answer {
    HttpResponse response;
    std::string trace_id;
  };

  // Any status is an answer, with the token masked in it.
  asio::awaitable<Result<Answer>> ask(HttpRequest request);
  asio::awaitable<Result<TaskPage>> page_at(std::string url);
  std::string tasks_url(WallTime since, int top) const;
  // The page's link, as a URL to ask for. `corrupt`: no URL, or another origin.
  Result<std::string> own_link(std::string_view link) const;

  VisionOneActionsOptions options_;
  HttpSend send_;
  Clock& clock_;
  Random& random_;
};

}  // namespace tidegate
