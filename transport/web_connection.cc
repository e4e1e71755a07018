#include "transport/web_connection.h"

#include <array>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "transport/as_values.h"
#include "transport/compression.h"
#include "transport/deadline.h"
#include "transport/header_name.h"
#include "transport/net_error.h"

namespace tidegate {
namespace {

namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using RequestParser = http::request_parser<http::string_body>;

constexpr std::size_t connection_read_bytes = 4u << 10;
constexpr std::chrono::seconds last_words_max{2};
constexpr std::size_t drain_bytes_max = 4u << 20;

std::string text_of(boost::core::string_view text) { return {text.data(), text.size()}; }

std::string reply_head(const WebReply& reply, bool keep) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  head.append(text_of(http::obsolete_reason(http::int_to_status(reply.status)))).append("\r\n");
  if (!reply.content_type.empty()) head.append("Content-Type: ").append(reply.content_type).append("\r\n");
  if (reply.retry_after) head.append("Retry-After: ").append(std::to_string(reply.retry_after->count())).append("\r\n");
  head.append("Content-Length: ").append(std::to_string(reply.body.size())).append("\r\n");
  head.append("Connection: ").append(keep ? "keep-alive" : "close").append("\r\n\r\n");
  return head;
}

WebReply web_refusal(const error_code& error) {
  if (error == http::error::header_limit) return {.status = 431, .body = "header too large\n"};
  if (error == http::error::body_limit) return {.status = 413, .body = "body too large\n"};
  return {.status = 400, .body = "not a request\n"};
}

WebRequest request_of(const UpgradeRequest& head, const std::string& peer, TlsSocket& socket) {
  WebRequest request;
  request.method = text_of(head.method_string());
  const std::string target = text_of(head.target());
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = target.substr(mark + 1);
  request.content_type = text_of(head[http::field::content_type]);
  request.content_encoding = text_of(head[http::field::content_encoding]);
  request.instance_uid = text_of(head["OpAMP-Instance-UID"]);
  request.peer = peer;
  request.certificate = peer_certificate_der(socket.native());
  request.upgrade = boost::beast::websocket::is_upgrade(head);
  return request;
}

// The body as it was before its coding.   status 200: it is
WebReply decode_body(WebRequest& request, std::size_t bytes_max) {
  if (request.content_encoding.empty() || same_name(request.content_encoding, "identity")) return {};
  if (!same_name(request.content_encoding, "gzip")) return {.status = 415, .body = "gzip or nothing\n"};
  Result<Bytes> plain = decompress_entries(request.body, WireCompression::gzip, bytes_max);
  if (!plain && plain.error().code() == Code::invalid) return {.status = 413, .body = "body too large\n"};
  if (!plain) return {.status = 400, .body = "no gzip\n"};
  request.body = *std::move(plain);
  return {};
}

asio::awaitable<Result<void>> first_byte(tcp::socket& socket) {
  const auto [failed] = co_await socket.async_wait(tcp::socket::wait_read, as_values);
  if (failed) co_return network_error(failed, {});
  co_return Result<void>{};
}

asio::awaitable<Result<void>> shake_hands(TlsSocket& socket) {
  if (const error_code failed = co_await socket.handshake()) co_return handshake_error(socket.native(), failed, {});
  co_return Result<void>{};
}

asio::awaitable<Result<void>> write_all(TlsSocket& socket, ByteView bytes) {
  if (const error_code failed = co_await socket.write(bytes)) co_return network_error(failed, {});
  co_return Result<void>{};
}

// Closing with bytes unread resets the connection, and the reset could overtake the answer.
asio::awaitable<Result<void>> drain(TlsSocket& socket) {
  error_code failed;
  socket.tcp().shutdown(tcp::socket::shutdown_send, failed);
  std::array<char, connection_read_bytes> room;
  for (std::size_t drained = 0; !failed && drained < drain_bytes_max;) {
    const auto [error, came] = co_await socket.tcp().async_read_some(asio::buffer(room), as_values);
    failed = error;
    drained += came;
  }
  co_return Result<void>{};
}

}  // namespace

// Its own object, so that what a request needs is gone while a WebSocket is served.
class WebConnection::Requests {
 public:
  Requests(const WebConnection& owner, TlsSocket& socket) : owner_(owner), socket_(socket) {}

  asio::awaitable<std::optional<WebUpgrade>> run() {
    const auto stop = co_await asio::this_coro::cancellation_state;
    while (stop.cancelled() == asio::cancellation_type::none) {
      RequestParser parser;
      parser.header_limit(static_cast<std::uint32_t>(owner_.limits_.header_bytes_max));
      parser.body_limit(owner_.limits_.body_bytes_max);
      parser.eager(true);
      error_code wrong;
      const auto whole = co_await with_deadline(read_request(parser, wrong), owner_.limits_.request_max, "request");
      if (wrong) co_await turn_away(web_refusal(wrong));
      if (!whole) co_return std::nullopt;
      const bool keep = parser.keep_alive();
      UpgradeRequest head = parser.release();
      WebRequest request = request_of(head, owner_.peer_, socket_);
      if (request.upgrade) {
        const bool lets_in = co_await may_upgrade(request);
        if (!lets_in) co_return std::nullopt;
        WebUpgrade upgrade{std::move(head), std::move(request)};
        co_return upgrade;
      }
      request.body = std::move(head.body());
      const bool goes_on = co_await answer(std::move(request), keep);
      if (!goes_on) co_return std::nullopt;
    }
    co_return std::nullopt;
  }

 private:
  asio::awaitable<Result<void>> read_request(RequestParser& parser, error_code& wrong) {
    while (!parser.is_done()) {
      if (!inbox_.empty()) {
        error_code error;
        inbox_.erase(0, parser.put(asio::buffer(inbox_), error));
        if (error && error != http::error::need_more) {
          wrong = error;
          co_return Error{Code::corrupt, "not a request"};
        }
        if (!error) continue;
      }
      std::array<char, connection_read_bytes> room;
      const TlsSocket::Read came = co_await socket_.read_some(room);
      if (came.error || came.bytes == 0) co_return Error{Code::unavailable, "the client left"};
      inbox_.append(room.data(), came.bytes);
    }
    co_return Result<void>{};
  }

  asio::awaitable<bool> may_upgrade(const WebRequest& request) {
    WebReply reply = owner_.handlers_.may_open(request);
    // Nobody speaks before the answer: what came already is no WebSocket's.
    if (reply.status == 101 && inbox_.empty()) co_return true;
    if (reply.status == 101) reply = WebReply{.status = 400, .body = "something behind the upgrade\n"};
    co_await turn_away(reply);
    co_return false;
  }

  // False: the connection is over.
  asio::awaitable<bool> answer(WebRequest request, bool keep) {
    const bool head_only = request.method == "HEAD";
    WebReply reply = decode_body(request, owner_.limits_.body_bytes_max);
    if (reply.status != 200) {
      co_await turn_away(reply);
      co_return false;
    }
    reply = co_await owner_.handlers_.answer(request);
    const bool sent = co_await send(reply, keep, head_only);
    const bool goes_on = sent && keep;
    co_return goes_on;
  }

  asio::awaitable<bool> send(const WebReply& reply, bool keep, bool head_only) {
    Bytes message = reply_head(reply, keep);
    if (!head_only) message += reply.body;
    const auto sent = co_await with_deadline(write_all(socket_, message), owner_.limits_.request_max, "reply");
    co_return sent.has_value();
  }

  asio::awaitable<void> turn_away(const WebReply& reply) {
    owner_.refuse(WebPortRefusal::request);
    const bool sent = co_await send(reply, false, false);
    if (!sent) co_return;
    [[maybe_unused]] const auto drained = co_await with_deadline(drain(socket_), last_words_max, "last words");
  }

  const WebConnection& owner_;
  TlsSocket& socket_;
  Bytes inbox_;
};

asio::awaitable<Result<std::shared_ptr<TlsSocket>>> WebConnection::open(tcp::socket socket, Turns& turns,
                                                                        const TlsContextPtr& tls) const {
  const auto spoke = co_await with_deadline(first_byte(socket), limits_.handshake_max, "first byte");
  if (!spoke) {
    if (spoke.error().code() == Code::timeout) refuse(WebPortRefusal::handshake);
    co_return spoke.error();
  }
  const Turns::Turn turn = co_await turns.take();
  if (!turn) co_return Error{Code::cancelled, "stopped"};
  auto secure = std::make_shared<TlsSocket>(std::move(socket), tls, TlsSocket::Side::server);
  secure->keep_no_buffers();
  const auto shaken = co_await with_deadline(shake_hands(*secure), limits_.handshake_max, "handshake");
  if (shaken) co_return secure;
  if (shaken.error().code() != Code::cancelled)
    refuse(shaken.error().code() == Code::invalid ? WebPortRefusal::certificate : WebPortRefusal::handshake);
  co_return shaken.error();
}

asio::awaitable<std::optional<WebUpgrade>> WebConnection::serve_requests(TlsSocket& socket) const {
  Requests requests{*this, socket};
  co_return co_await requests.run();
}

}  // namespace tidegate
