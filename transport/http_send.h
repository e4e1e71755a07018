// HttpSend: how a request is sent, for those who do not care by what: an HttpClient, or a test's answers.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>

#include "base/result.h"
#include "transport/http_client.h"

namespace tidegate {

// Answers and errors are those of HttpClient::send().
using HttpSend = std::function<asio::awaitable<Result<HttpResponse>>(HttpRequest request, std::chrono::nanoseconds deadline)>;

}  // namespace tidegate
