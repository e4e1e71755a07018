#include "transport/http_client.h"

#include <boost/asio/this_coro.hpp>

#include "transport/byte_stream.h"
#include "transport/deadline.h"
#include "transport/header_name.h"
#include "transport/http_exchange.h"
#include "transport/proxy_tunnel.h"
#include "transport/signal.h"
#include "transport/url.h"

namespace tidegate {
namespace {

using StreamPtr = std::unique_ptr<ByteStream>;

asio::awaitable<Result<StreamPtr>> open_stream(const Url& target, const HttpClientOptions& options) {
  if (target.tls() && !options.tls) co_return Error{Code::invalid, target.host + ": no TLS context for an https URL"};
  std::optional<Url> proxy;
  if (!options.proxy.empty()) {
    auto parsed = parse_proxy(options.proxy);
    if (!parsed) co_return std::move(parsed).error();
    proxy = std::move(*parsed);
  }
  const Url& first = proxy ? *proxy : target;
  auto plain = co_await connect_tcp(first.host, first.port);
  if (!plain) co_return proxy ? std::move(plain).error().in("proxy") : std::move(plain).error();
  if (proxy) {
    const Result<unsigned> status = co_await ask_for_tunnel(**plain, target, *proxy, options.limits);
    if (!status) co_return status.error();
    if (auto open = tunnel_result(*status, target, *proxy); !open) co_return std::move(open).error();
  }
  if (!target.tls()) co_return StreamPtr{std::move(*plain)};
  co_return co_await start_tls(std::move(*plain), options.tls, target.host);
}

}  // namespace

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  for (const HttpHeader& header : headers)
    if (same_name(header.name, name)) return header.value;
  return std::nullopt;
}

class HttpClient::Impl {
 public:
  explicit Impl(HttpClientOptions options) : options_(std::move(options)) {}

  asio::awaitable<Result<HttpResponse>> send(const HttpRequest& request) {
    auto url = parse_url(request.url);
    if (!url) co_return std::move(url).error();
    const auto stop = co_await asio::this_coro::cancellation_state;
    while (busy_) {
      if (stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, url->host + ": stopped"};
      co_await turn_.wait();
    }
    const Turn turn{*this};
    auto response = co_await send_in_turn(request, *url);
    if (!response) drop();
    co_return response;
  }

  void close() { drop(); }

 private:
  // Ends the turn however the coroutine ends.
  class Turn {
   public:
    explicit Turn(Impl& owner) : owner_(owner) { owner_.busy_ = true; }
    ~Turn() {
      owner_.busy_ = false;
      owner_.turn_.notify();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Impl& owner_;
  };

  static std::string origin_of(const Url& url) { return url.scheme + "://" + url.authority(); }

  void drop() {
    if (stream_) stream_->close();
    kept_for_.clear();
  }

  asio::awaitable<Result<HttpResponse>> send_in_turn(const HttpRequest& request, const Url& url) {
    auto head = request_head(request, url.target, url.host_header());
    if (!head) co_return std::move(head).error();
    bool kept = kept_for_ == origin_of(url) && stream_->quiet();
    while (true) {
      if (!kept) {
        if (auto opened = co_await open(url); !opened) co_return std::move(opened).error();
      }
      ExchangeProgress progress;
      const AnswerBody body = request.method == "HEAD" ? AnswerBody::none : AnswerBody::as_announced;
      auto answer = co_await exchange(*stream_, *head, request.body, body, options_.limits, progress);
      if (answer) {
        if (!answer->reusable) drop();
        co_return std::move(answer->response);
      }
      const bool stale = kept && !progress.answer_began && answer.error().code() == Code::unavailable;
      if (!stale || request.method != "GET") co_return std::move(answer).error().in(url.authority());
      kept = false;
    }
  }

  asio::awaitable<Result<void>> open(const Url& url) {
    drop();
    auto opened = co_await with_deadline(open_stream(url, options_), options_.limits.connect_max, url.authority() + ": connect");
    if (!opened) co_return std::move(opened).error();
    stream_ = std::move(*opened);
    kept_for_ = origin_of(url);
    co_return Result<void>{};
  }

  HttpClientOptions options_;
  StreamPtr stream_;      // closed, not destroyed, by close(): a request may be waiting on it
  std::string kept_for_;  // the origin that stream_ is good for; empty: none
  bool busy_ = false;
  Signal turn_;
};

HttpClient::HttpClient(HttpClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpClient::~HttpClient() = default;

asio::awaitable<Result<HttpResponse>> HttpClient::send(HttpRequest request, std::chrono::nanoseconds deadline) {
  // The target may hold what only its owner should see: the host alone is named.
  auto url = parse_url(request.url);
  const std::string what = url ? url->host : "request";
  co_return co_await with_deadline(impl_->send(request), deadline, what);
}

void HttpClient::close() { impl_->close(); }

namespace {

asio::awaitable<Result<HttpResponse>> send_over_unix(const std::string& socket_path, const UnixRequest& request) {
  auto stream = co_await connect_unix(socket_path);
  if (!stream) co_return std::move(stream).error();
  const std::string head = request.method + " " + request.target +
                           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(request.body.size()) +
                           "\r\nConnection: close\r\n\r\n";
  ExchangeProgress progress;
  auto answer = co_await exchange(**stream, head, request.body, AnswerBody::as_announced, {}, progress);
  if (!answer) co_return std::move(answer).error().in(socket_path);
  co_return std::move(answer->response);
}

}  // namespace

asio::awaitable<Result<HttpResponse>> unix_send(std::string socket_path, UnixRequest request, std::chrono::nanoseconds deadline) {
  co_return co_await with_deadline(send_over_unix(socket_path, request), deadline, socket_path);
}

}  // namespace tidegate
