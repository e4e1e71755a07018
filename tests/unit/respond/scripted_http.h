// The other end of HTTP for one test: each request is kept, and answered by what the test says.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "transport/http_send.h"

namespace tidegate {

template <class T>
asio::awaitable<void> keep_result(asio::awaitable<T> work, std::optional<T>& result) {
  result.emplace(co_await std::move(work));
}

// Runs to its end what waits for nothing but answers that are given at once.
template <class T>
T run_at_once(asio::awaitable<T> work) {
  asio::io_context loop{1};
  std::optional<T> result;
  asio::co_spawn(loop, keep_result(std::move(work), result), [](const std::exception_ptr& failed) { EXPECT_FALSE(failed); });
  loop.run();
  TG_ASSERT(result.has_value(), "what is answered at once ends at once");
  return *std::move(result);
}

inline HttpResponse http_answer(unsigned status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

class ScriptedHttp {
 public:
  using Answer = std::function<Result<HttpResponse>(const HttpRequest&)>;

  explicit ScriptedHttp(Answer answer) : answer_(std::move(answer)) {}

  HttpSend send() {
    return [this](HttpRequest request, std::chrono::nanoseconds) { return give(std::move(request)); };
  }
  void answer_with(Answer answer) { answer_ = std::move(answer); }

  std::vector<HttpRequest> requests;

 private:
  asio::awaitable<Result<HttpResponse>> give(HttpRequest request) {
    requests.push_back(request);
    co_return answer_(request);
  }

  Answer answer_;
};

inline std::string header_value(const HttpRequest& request, std::string_view name) {
  std::string found;
  for (const HttpHeader& header : request.headers)
    if (header.name == name) found.append(found.empty() ? "" : ", ").append(header.value);
  return found;
}

}  // namespace tidegate
