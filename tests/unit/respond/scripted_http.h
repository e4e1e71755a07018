// The other end of HTTP for one test: each request is kept, and answered by what the test says.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/support/run_at_once.h"
#include "transport/http_send.h"

namespace tidegate {

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
