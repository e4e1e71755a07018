#include "tests/support/rig_http.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>

#include "transport/http_client.h"

namespace tidegate {
namespace {

asio::awaitable<void> get(HttpClient& client, std::string url, std::chrono::nanoseconds deadline,
                          std::optional<Result<HttpResponse>>& answer) {
  HttpRequest request;
  request.url = std::move(url);
  answer.emplace(co_await client.send(std::move(request), deadline));
  client.close();
}

}  // namespace

Result<Bytes> http_get(const std::string& url, const GetOptions& options) {
  HttpClientOptions client_options;
  client_options.limits.body_bytes_max = options.body_bytes_max;
  if (!options.ca_file.empty()) {
    TlsClientFiles files;
    files.ca_file = options.ca_file.string();
    Result<TlsContextPtr> tls = make_client_tls(files);
    if (!tls) return std::move(tls).error();
    client_options.tls = std::move(*tls);
  }
  std::optional<Result<HttpResponse>> answer;
  asio::io_context loop{1};
  HttpClient client{std::move(client_options)};
  asio::co_spawn(loop, get(client, url, options.deadline, answer), [](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
  loop.run();
  if (!answer) return Error{Code::unavailable, url + ": no answer"};
  if (!*answer) return std::move(*answer).error().in(url);
  if ((*answer)->status != 200) return Error{Code::unavailable, url + ": status " + std::to_string((*answer)->status)};
  return std::move((*answer)->body);
}

}  // namespace tidegate
