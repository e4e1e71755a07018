#include "transport/http_session.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "transport/deadline.h"

namespace tidegate {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using RequestParser = http::request_parser<http::string_body>;

constexpr std::size_t session_read_bytes = 8u << 10;

std::string reply_head(const HttpReply& reply, bool keep) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  head.append(std::string_view{http::obsolete_reason(http::int_to_status(reply.status))}).append("\r\n");
  head.append("Content-Type: ").append(reply.content_type).append("\r\n");
  head.append("Content-Length: ").append(std::to_string(reply.body.size())).append("\r\n");
  head.append("Connection: ").append(keep ? "keep-alive" : "close").append("\r\n\r\n");
  return head;
}

HttpReply http_refusal(const error_code& error) {
  if (error == http::error::header_limit) return {.status = 431, .body = "header too large\n"};
  if (error == http::error::body_limit) return {.status = 413, .body = "body too large\n"};
  return {.status = 400, .body = "not a request\n"};
}

class Session {
 public:
  Session(ByteStream& stream, const HttpServer::Handler& handler, HttpServerLimits limits)
      : stream_(stream), handler_(handler), limits_(limits) {}

  asio::awaitable<Error> run() {
    const auto stop = co_await asio::this_coro::cancellation_state;
    while (stop.cancelled() == asio::cancellation_type::none) {
      RequestParser parser;
      parser.header_limit(static_cast<std::uint32_t>(limits_.header_bytes_max));
      parser.body_limit(limits_.body_bytes_max);
      parser.eager(true);
      if (auto read = co_await read_request(parser); !read) co_return std::move(read).error();
      const auto& request = parser.get();
      HttpReply reply = co_await answer(request);
      const bool head_only = request.method() == http::verb::head;
      if (auto sent = co_await send(reply, parser.keep_alive(), head_only); !sent) co_return std::move(sent).error();
      if (!parser.keep_alive()) co_return Error{Code::cancelled, "the client was served"};
    }
    co_return Error{Code::cancelled, "stopped"};
  }

 private:
  asio::awaitable<HttpReply> answer(const RequestParser::value_type& request) {
    const auto method = request.method();
    if (method != http::verb::get && method != http::verb::post && method != http::verb::head)
      co_return HttpReply{.status = 405, .body = "GET or POST\n"};
    co_return co_await handler_(
        HttpRequestView{.method = request.method_string(), .target = request.target(), .body = request.body()});
  }

  asio::awaitable<Result<void>> read_request(RequestParser& parser) {
    while (!parser.is_done()) {
      error_code error;
      if (!inbox_.empty()) {
        inbox_.erase(0, parser.put(asio::buffer(inbox_), error));
        if (error && error != http::error::need_more) {
          (void)co_await send(http_refusal(error), false, false);
          co_return Error{Code::corrupt, "not a request: " + error.message()};
        }
        if (!error) continue;
      }
      char room[session_read_bytes];
      const auto came = co_await with_deadline(stream_.read_some(room), limits_.wait_max, "request");
      if (!came) co_return came.error();
      if (*came == 0) co_return Error{Code::cancelled, "the client left"};
      inbox_.append(room, *came);
    }
    co_return Result<void>{};
  }

  asio::awaitable<Result<void>> send(const HttpReply& reply, bool keep, bool head_only) {
    const std::string head = reply_head(reply, keep);
    const ByteView body = head_only ? ByteView{} : ByteView{reply.body};
    co_return co_await with_deadline(stream_.write({head, body, {}}), limits_.wait_max, "reply");
  }

  ByteStream& stream_;
  const HttpServer::Handler& handler_;
  HttpServerLimits limits_;
  Bytes inbox_;
};

}  // namespace

asio::awaitable<Error> serve_http(std::unique_ptr<ByteStream> stream, const HttpServer::Handler& handler, HttpServerLimits limits) {
  Session session{*stream, handler, limits};
  co_return co_await session.run();
}

}  // namespace tidegate
