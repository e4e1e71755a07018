#include "transport/tls_socket.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>

#include "base/check.h"
#include "transport/as_values.h"

namespace tidegate {
namespace {

using boost::system::error_code;

// What a client takes from the socket at once. A server has many connections, and keeps to the library's one record.
constexpr std::size_t client_read_bytes = 128u << 10;

error_code closed_here() { return asio::error::operation_aborted; }

}  // namespace

void TlsSocket::Free::operator()(ssl_st* connection) const { SSL_free(connection); }

TlsSocket::TlsSocket(asio::ip::tcp::socket socket, TlsContextPtr tls, Side side)
    : context_(std::move(tls)), socket_(std::move(socket)), tls_(SSL_new(context_->native().native_handle())) {
  TG_ASSERT(tls_ != nullptr, "there is memory for a connection");
  error_code ignored;  // where it fails, the first read or write says so
  socket_.native_non_blocking(true, ignored);
  SSL_set_fd(tls_.get(), socket_.native_handle());
  SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_read_ahead(tls_.get(), 1);
  if (side == Side::client) {
    SSL_set_default_read_buffer_len(tls_.get(), client_read_bytes);
    SSL_set_connect_state(tls_.get());
  } else {
    SSL_set_accept_state(tls_.get());
  }
}

asio::awaitable<error_code> TlsSocket::handshake() {
  while (socket_.is_open()) {
    ERR_clear_error();
    const int result = SSL_do_handshake(tls_.get());
    if (result == 1) co_return error_code{};
    const Needs needs = needs_after(result);
    if (needs.error) co_return needs.error;
    if (const error_code failed = co_await wait_for(needs)) co_return failed;
  }
  co_return closed_here();
}

asio::awaitable<TlsSocket::Read> TlsSocket::read_some(std::span<char> room) {
  Read read;
  while (socket_.is_open()) {
    ERR_clear_error();
    std::size_t came = 0;
    const int result = SSL_read_ex(tls_.get(), room.data() + read.bytes, room.size() - read.bytes, &came);
    read.bytes += came;
    if (result == 1 && read.bytes < room.size()) continue;
    if (read.bytes == room.size()) co_await asio::post(socket_.get_executor(), asio::use_awaitable);  // others have a turn
    if (read.bytes > 0) co_return read;  // a failure behind it comes again
    const Needs needs = needs_after(result);
    if (needs.error == asio::error::eof) co_return read;
    read.error = needs.error;
    if (!read.error) read.error = co_await wait_for(needs);
    if (read.error) co_return read;
  }
  read.error = closed_here();
  co_return read;
}

asio::awaitable<error_code> TlsSocket::write(ByteView bytes) {
  while (!bytes.empty()) {
    if (!socket_.is_open()) co_return closed_here();
    ERR_clear_error();
    std::size_t went = 0;
    const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &went);
    bytes.remove_prefix(went);
    if (result == 1) continue;
    const Needs needs = needs_after(result);
    if (needs.error) co_return needs.error;
    if (const error_code failed = co_await wait_for(needs)) co_return failed;
  }
  co_return error_code{};
}

TlsSocket::Attempt TlsSocket::attempt(int result, std::size_t bytes) const {
  if (result == 1) return {.error = {}, .bytes = bytes, .wait = {}};
  const Needs needs = needs_after(result);
  if (needs.error) return {.error = needs.error, .bytes = 0, .wait = {}};
  return {.error = {}, .bytes = 0, .wait = needs.readable ? asio::ip::tcp::socket::wait_read : asio::ip::tcp::socket::wait_write};
}

TlsSocket::Attempt TlsSocket::try_read(std::span<char> room) {
  if (!socket_.is_open()) return {.error = closed_here(), .bytes = 0, .wait = {}};
  ERR_clear_error();
  std::size_t came = 0;
  const int result = SSL_read_ex(tls_.get(), room.data(), room.size(), &came);
  return attempt(result, came);
}

TlsSocket::Attempt TlsSocket::try_write(ByteView bytes) {
  if (!socket_.is_open()) return {.error = closed_here(), .bytes = 0, .wait = {}};
  ERR_clear_error();
  std::size_t went = 0;
  const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &went);
  return attempt(result, went);
}

void TlsSocket::keep_no_buffers() { SSL_set_mode(tls_.get(), SSL_MODE_RELEASE_BUFFERS); }

void TlsSocket::close() {
  error_code ignored;
  socket_.close(ignored);
}

bool TlsSocket::quiet() const {
  if (!socket_.is_open() || SSL_has_pending(tls_.get()) != 0) return false;
  char byte = 0;
  const int socket = const_cast<asio::ip::tcp::socket&>(socket_).native_handle();
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

TlsSocket::Needs TlsSocket::needs_after(int result) const {
  const int system = errno;
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ: return {.readable = true, .writable = false, .error = {}};
    case SSL_ERROR_WANT_WRITE: return {.readable = false, .writable = true, .error = {}};
    case SSL_ERROR_ZERO_RETURN: return {.readable = false, .writable = false, .error = asio::error::eof};
    case SSL_ERROR_SYSCALL:
      if (system == 0) return {.readable = false, .writable = false, .error = asio::ssl::error::stream_truncated};
      return {.readable = false, .writable = false, .error = {system, boost::system::system_category()}};
    default: break;
  }
  const unsigned long why = ERR_get_error();
  if (ERR_GET_REASON(why) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    return {.readable = false, .writable = false, .error = asio::ssl::error::stream_truncated};
  return {.readable = false, .writable = false, .error = {static_cast<int>(why), asio::error::get_ssl_category()}};
}

asio::awaitable<error_code> TlsSocket::wait_for(Needs needs) {
  TG_ASSERT(needs.readable != needs.writable, "OpenSSL waits for one side of a socket");
  const auto side = needs.readable ? asio::ip::tcp::socket::wait_read : asio::ip::tcp::socket::wait_write;
  const auto [failed] = co_await socket_.async_wait(side, as_values);
  co_return failed;
}

}  // namespace tidegate
