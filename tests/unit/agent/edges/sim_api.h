// A source's world in one thread: the simulated API, or answers that a test writes, under a clock that moves when it is slept on.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/edges/api_call.h"
#include "base/check.h"
#include "tests/support/manual_clock.h"
#include "tests/support/vision_one_http.h"
#include "transport/url.h"

namespace tidegate {

inline const WallSeconds noon = std::chrono::floor<std::chrono::seconds>(*parse_time("2026-11-24T12:00:00Z"));

class SimApi {
 public:
  explicit SimApi(SimOptions options, Seed seed = Seed{1})
      : clock(options.data.origin), random(seed), sim((options.serve.tokens = {"token"}, options), seed), budget(clock, 100'000) {}

  VisionOneOptions options(Lane lane) const {
    VisionOneOptions made;
    made.lane = lane;
    made.connector = "c";
    made.api_base_url = "https://api.test";
    made.token = []() -> Result<Secret> { return Secret{std::string{"token"}}; };
    return made;
  }
  HttpSend send() {
    return [this](HttpRequest request, std::chrono::nanoseconds) { return serve(std::move(request)); };
  }
  Surroundings around() { return {clock, random}; }

  template <class T>
  T run(asio::awaitable<T> call) {
    std::optional<T> result;
    asio::co_spawn(loop_, keep(std::move(call), result), [](const std::exception_ptr& failed) { EXPECT_FALSE(failed); });
    for (int turns = 0; !result && turns < 100'000; ++turns) {
      loop_.restart();
      loop_.poll();
      if (!result) clock.advance(clock.next_deadline() ? *clock.next_deadline() - clock.steady() : std::chrono::nanoseconds{1});
    }
    TG_ASSERT(result.has_value(), "a call on the simulated API ends");
    return std::move(*result);
  }

  // "GET /v3.0/…", without the query, of every request from `at` on.
  std::vector<std::string> paths(std::size_t at = 0) const {
    std::vector<std::string> found;
    for (; at < requests.size(); ++at) {
      const std::string target = parse_url(requests[at].url)->target;
      found.push_back(requests[at].method + " " + target.substr(0, target.find('?')));
    }
    return found;
  }

  ManualClock clock;
  Random random;
  Metrics metrics;
  VisionOneSim sim;
  RequestBudget budget;
  std::vector<HttpRequest> requests;
  std::chrono::nanoseconds answer_time{0};
  std::chrono::seconds clock_ahead{0};  // the API's clock before ours
  // An answer in the simulator's place, where it gives one.
  std::function<std::optional<Result<HttpResponse>>(const HttpRequest&)> instead;

 private:
  template <class T>
  static asio::awaitable<void> keep(asio::awaitable<T> call, std::optional<T>& result) {
    result.emplace(co_await std::move(call));
  }

  asio::awaitable<Result<HttpResponse>> serve(HttpRequest request) {
    requests.push_back(request);
    if (answer_time > std::chrono::nanoseconds{0}) co_await clock.sleep_for(answer_time);
    if (instead)
      if (std::optional<Result<HttpResponse>> answer = instead(request)) co_return *std::move(answer);
    co_return answer_of(sim, request, clock.wall() + clock_ahead);
  }

  asio::io_context loop_{1};
};

}  // namespace tidegate
