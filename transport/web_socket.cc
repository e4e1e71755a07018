#include "transport/web_socket.h"

#include <algorithm>
#include <array>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/websocket/error.hpp>
#include <charconv>

#include "base/check.h"
#include "transport/as_values.h"
#include "transport/byte_stream.h"
#include "transport/deadline.h"
#include "transport/net_error.h"
#include "transport/web_socket_stream.h"

namespace tidegate {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

constexpr std::chrono::seconds write_max{30};
constexpr std::chrono::seconds close_max{5};  // also of a server's opening handshake
constexpr std::size_t first_bytes = 32;       // an idle read holds no more than these
constexpr std::size_t read_bytes_max = 64u << 10;

bool protocol_error(const error_code& code) {
  return code.category() == make_error_code(websocket::error::closed).category() && code != websocket::error::upgrade_declined;
}

std::string in_words(const websocket::close_reason& reason) {
  std::string text = "closed by the peer: " + std::to_string(reason.code);
  if (!reason.reason.empty()) text.append(" ").append(reason.reason.data(), reason.reason.size());
  return text;
}

std::optional<std::chrono::seconds> seconds_of(std::string_view text) {
  unsigned value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds{value};
}

WebSocketRefused refusal_of(const websocket::response_type& response) {
  WebSocketRefused refused;
  refused.status = response.result_int();
  if (const auto at = response.find(http::field::retry_after); at != response.end())
    refused.retry_after = seconds_of({at->value().data(), at->value().size()});
  return refused;
}

Error refused_error(unsigned status) {
  const Code code = status == 401 || status == 403 ? Code::denied : Code::unavailable;
  return Error{code, "the server answers the upgrade with " + std::to_string(status)};
}

asio::awaitable<Result<std::shared_ptr<TlsSocket>>> open_tls(const WebSocketTarget& target) {
  if (!target.tls) co_return Error{Code::invalid, target.url.host + ": no TLS context"};
  auto plain = co_await connect_tcp(target.url.host, target.url.port);
  if (!plain) co_return std::move(plain).error();
  auto socket = std::make_shared<TlsSocket>((*plain)->release(), target.tls, TlsSocket::Side::client);
  if (auto expected = expect_host(socket->native(), target.url.host); !expected) co_return std::move(expected).error();
  if (const error_code failed = co_await socket->handshake())
    co_return handshake_error(socket->native(), failed, target.url.authority());
  co_return socket;
}

asio::awaitable<Result<std::unique_ptr<WebSocket>>> connect(const WebSocketTarget& target,
                                                            std::optional<WebSocketRefused>& refused) {
  auto socket = co_await open_tls(target);
  if (!socket) co_return std::move(socket).error();
  auto stream = std::make_unique<WebSocketStream>(*socket, target.message_bytes_max);
  websocket::stream_base::decorator headers{[more = target.headers](websocket::request_type& request) {
    request.set(http::field::user_agent, "Tidegate");
    for (const HttpHeader& header : more) request.set(header.name, header.value);
  }};
  stream->stream().set_option(std::move(headers));
  websocket::response_type response;
  const auto [failed] = co_await stream->stream().async_handshake(response, target.url.host_header(), target.url.target, as_values);
  if (failed == websocket::error::upgrade_declined && response.result() != http::status::switching_protocols) {
    refused = refusal_of(response);
    co_return refused_error(refused->status);
  }
  const std::string peer = target.url.authority();
  if (failed == beast::error::timeout) co_return Error{Code::timeout, peer + ": no answer to the upgrade"};
  if (protocol_error(failed) || failed == websocket::error::upgrade_declined ||
      failed.category() == make_error_code(http::error::bad_version).category())
    co_return Error{Code::corrupt, peer + ": no answer to an upgrade: " + failed.message()};
  if (failed) co_return handshake_error((*socket)->native(), failed, peer);
  co_return std::make_unique<WebSocket>(std::move(stream));
}

bool header_fits(const HttpHeader& header) {
  return !header.name.empty() && header.name.find_first_of("\r\n: ") == std::string::npos &&
         header.value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos;
}

}  // namespace

WebSocketStream::WebSocketStream(std::shared_ptr<TlsSocket> socket, std::size_t message_bytes_max) : stream_(std::move(socket)) {
  stream_.next_layer().socket().keep_no_buffers();
  stream_.binary(true);
  stream_.auto_fragment(false);
  stream_.read_message_max(message_bytes_max);
  websocket::stream_base::timeout limits;
  limits.handshake_timeout = close_max;
  limits.idle_timeout = websocket::stream_base::none();
  limits.keep_alive_pings = false;
  stream_.set_option(limits);
}

WebSocket::WebSocket(std::unique_ptr<WebSocketStream> stream) : stream_(std::move(stream)) {}
WebSocket::~WebSocket() { abort(); }

Error WebSocket::ended(const error_code& code) {
  if (aborted_) return Error{Code::cancelled, "the connection was dropped"};
  if (code == websocket::error::closed) return Error{Code::absent, in_words(stream_->stream().reason())};
  if (code == websocket::error::message_too_big) return Error{Code::corrupt, "a message that is too large"};
  if (code == beast::error::timeout) return Error{Code::timeout, "no answer to the end of the connection"};
  if (protocol_error(code)) return Error{Code::corrupt, "no WebSocket: " + code.message()};
  if (code == asio::error::eof || code == asio::ssl::error::stream_truncated)
    return Error{Code::unavailable, "the connection ended"};
  return handshake_error(stream_->stream().next_layer().socket().native(), code, {});
}

asio::awaitable<Result<Bytes>> WebSocket::read() {
  auto& stream = stream_->stream();
  Bytes message;
  std::array<char, first_bytes> first;
  const auto [began, bytes] = co_await stream.async_read_some(asio::buffer(first), as_values);
  if (began) co_return ended(began);
  if (!stream.got_binary()) {
    co_await close(WebSocketClose::unsupported, "binary messages only");
    co_return Error{Code::corrupt, "a text message"};
  }
  message.assign(first.data(), bytes);
  while (!stream.is_message_done()) {
    const std::size_t held = message.size();
    message.resize(held + std::min(stream.read_size_hint(read_bytes_max), read_bytes_max));
    const auto room = asio::buffer(message.data() + held, message.size() - held);
    const auto [failed, more] = co_await stream.async_read_some(room, as_values);
    if (failed) co_return ended(failed);
    message.resize(held + more);
  }
  co_return message;
}

namespace {

asio::awaitable<Result<void>> write_to(WebSocketStream& socket, ByteView message, error_code& failed) {
  const auto [code, bytes] = co_await socket.stream().async_write(asio::buffer(message), as_values);
  failed = code;
  if (code) co_return Error{Code::unavailable, "message"};
  co_return Result<void>{};
}

asio::awaitable<Result<void>> close_politely(WebSocketStream& socket, const websocket::close_reason& reason) {
  [[maybe_unused]] const auto [ignored] = co_await socket.stream().async_close(reason, as_values);
  co_return Result<void>{};
}

}  // namespace

asio::awaitable<Result<void>> WebSocket::write(ByteView message) {
  if (aborted_) co_return Error{Code::cancelled, "the connection was dropped"};
  error_code failed;
  auto written = co_await with_deadline(write_to(*stream_, message, failed), write_max, "message");
  if (written) co_return written;
  if (written.error().code() == Code::timeout) {
    abort();
    co_return written;
  }
  if (failed) co_return ended(failed);
  co_return written;
}

asio::awaitable<void> WebSocket::close(WebSocketClose code, std::string reason) {
  if (aborted_ || stream_->closing) co_return;
  stream_->closing = true;
  websocket::close_reason said{static_cast<std::uint16_t>(code)};
  const std::string_view cut = std::string_view{reason}.substr(0, said.reason.max_size());
  said.reason.assign(cut.data(), cut.size());
  [[maybe_unused]] const auto done = co_await with_deadline(close_politely(*stream_, said), close_max, "close");
  stream_->stream().next_layer().close();
}

void WebSocket::abort() {
  aborted_ = true;
  stream_->stream().next_layer().close();
}

std::uint64_t WebSocket::bytes_read() const { return stream_->stream().next_layer().bytes_read(); }

asio::awaitable<Result<std::unique_ptr<WebSocket>>> connect_web_socket(WebSocketTarget target, std::chrono::nanoseconds deadline,
                                                                       std::optional<WebSocketRefused>& refused) {
  refused.reset();
  const std::string peer = target.url.authority();
  for (const HttpHeader& header : target.headers)
    if (!header_fits(header)) co_return Error{Code::invalid, peer + ": a header that cannot be sent"};
  co_return co_await with_deadline(connect(target, refused), deadline, peer);
}

asio::awaitable<Result<std::shared_ptr<WebSocket>>> accept_web_socket(std::shared_ptr<TlsSocket> socket,
                                                                      const UpgradeRequest& request,
                                                                      std::size_t message_bytes_max) {
  auto stream = std::make_unique<WebSocketStream>(socket, message_bytes_max);
  websocket::stream_base::decorator headers{[](websocket::response_type& response) { response.erase(http::field::server); }};
  stream->stream().set_option(std::move(headers));
  const auto [failed] = co_await stream->stream().async_accept(request, as_values);
  if (protocol_error(failed)) co_return Error{Code::corrupt, "an upgrade that is none: " + failed.message()};
  if (failed) co_return network_error(failed, {});
  co_return std::make_shared<WebSocket>(std::move(stream));
}

}  // namespace tidegate
