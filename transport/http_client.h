// HttpClient: one request, one bounded answer, over HTTPS (or plain HTTP where the URL says so). The connection is kept
// and used again for the same host. Redirects are not followed; no content coding is asked for.
//
// Promises: no answer larger than its limits is ever held; every request ends within its deadline; certificates and host
// names are verified as the TLS context has it. Requests of one client are served one after the other; a second caller waits its
// turn, within its own deadline.
//
// Thread: the loop. Cancelling the calling coroutine drops the connection and returns `cancelled`.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "transport/tls_context.h"

namespace tidegate {

namespace asio = boost::asio;

struct HttpHeader {
  std::string name;
  std::string value;
};
using HttpHeaders = std::vector<HttpHeader>;

// In a coroutine, give a request a name before it is sent: g++ 12 destroys a braced aggregate inside a co_await twice.
struct HttpRequest {
  std::string method = "GET";
  std::string url;  // absolute
  HttpHeaders headers{};
  Bytes body{};
};

struct HttpResponse {
  unsigned status = 0;
  HttpHeaders headers;
  Bytes body;

  // The first header of that name, whatever its case.
  std::optional<std::string_view> header(std::string_view name) const;
};

struct HttpLimits {
  std::size_t header_bytes_max = 64u << 10;
  std::size_t body_bytes_max = 64u << 20;
  std::chrono::nanoseconds connect_max{std::chrono::seconds{30}};  // name, TCP, proxy and TLS together
};

struct HttpClientOptions {
  TlsContextPtr tls{};  // a client's; may be null where every URL is http
  std::string proxy{};  // "http://[user:password@]host:port"; empty: none. It is always asked to CONNECT
  HttpLimits limits{};
};

// Whether an error of send() is `invalid` for the size of the answer alone: the request was received, and may have been obeyed.
bool answer_was_too_large(const Error& error);

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any status is an answer, not an error. `unavailable`: the name does not resolve, refused, reset, the answer breaks
  // off. `timeout`: not whole within `deadline`, counted from the call. `invalid`: a bad URL or header, a certificate
  // that does not verify, an answer beyond the limits. `corrupt`: not HTTP. A kept connection that the server closed
  // before the first byte of the answer is replaced once, for GET alone; one that is seen to be closed is not used at all.
  asio::awaitable<Result<HttpResponse>> send(HttpRequest request, std::chrono::nanoseconds deadline);

  // Drops the kept connection; a request under way ends with an error.
  void close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

struct UnixRequest {
  std::string method = "GET";
  std::string target;
  Bytes body{};
};

// Over a unix socket, a fresh connection: the local control socket. `unavailable`: nobody listens there. `denied`: the
// file's permissions.
asio::awaitable<Result<HttpResponse>> unix_send(std::string socket_path, UnixRequest request, std::chrono::nanoseconds deadline);

}  // namespace tidegate
