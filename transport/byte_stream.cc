#include "transport/byte_stream.h"

#include <sys/socket.h>

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>

#include "transport/as_values.h"
#include "transport/net_error.h"
#include "transport/tls_socket.h"

namespace tidegate {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t tls_record_bytes = 16u << 10;

std::array<asio::const_buffer, 3> buffers_of(const Parts& parts) {
  return {asio::buffer(parts[0]), asio::buffer(parts[1]), asio::buffer(parts[2])};
}

template <class Stream>
asio::awaitable<Result<std::size_t>> read_from(Stream& stream, std::span<char> room) {
  const auto [error, bytes] = co_await stream.async_read_some(asio::buffer(room.data(), room.size()), as_values);
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) co_return std::size_t{0};
  if (error) co_return network_error(error, {});
  co_return bytes;
}

template <class Socket>
asio::awaitable<Result<void>> write_to(Socket& socket, Parts parts) {
  const auto [error, bytes] = co_await asio::async_write(socket, buffers_of(parts), as_values);
  if (error) co_return network_error(error, {});
  co_return Result<void>{};
}

template <class Socket>
void close_socket(Socket& socket) {
  error_code ignored;
  socket.close(ignored);
}

bool quiet_socket(int socket) {
  char byte = 0;
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

asio::awaitable<Result<void>> write_tls(TlsSocket& socket, Parts parts) {
  const std::size_t bytes = parts[0].size() + parts[1].size() + parts[2].size();
  Bytes record;
  if (bytes <= tls_record_bytes) {
    // Each write makes a record and a packet of its own: what fits one goes as one.
    record.reserve(bytes);
    for (const ByteView part : parts) record.append(part);
    parts = {record, {}, {}};
  }
  for (const ByteView part : parts) {
    if (const error_code failed = co_await socket.write(part)) co_return handshake_error(socket.native(), failed, {});
  }
  co_return Result<void>{};
}

// What both sides of a TLS connection have in common.
template <class Stream, TlsSocket::Side side>
class TlsSide : public Stream {
 public:
  TlsSide(tcp::socket socket, TlsContextPtr tls) : socket_(std::move(socket), std::move(tls), side) {}

  asio::awaitable<Result<std::size_t>> read_some(std::span<char> room) override {
    const TlsSocket::Read read = co_await socket_.read_some(room);
    if (read.error == asio::ssl::error::stream_truncated) co_return std::size_t{0};
    // With TLS 1.3 a server refuses our certificate after our side of the handshake is done: it is read here.
    if (read.error) co_return handshake_error(socket_.native(), read.error, {});
    co_return read.bytes;
  }
  asio::awaitable<Result<void>> write(Parts parts) override { return write_tls(socket_, parts); }
  void close() override { socket_.close(); }
  bool quiet() override { return socket_.quiet(); }

 protected:
  TlsSocket& socket() { return socket_; }

 private:
  TlsSocket socket_;
};

class TlsStream final : public TlsSide<ByteStream, TlsSocket::Side::client> {
 public:
  using TlsSide::TlsSide;

  asio::awaitable<Result<void>> handshake(std::string host) {
    if (auto expected = expect_host(socket().native(), host); !expected) co_return expected;
    if (const error_code failed = co_await socket().handshake()) co_return handshake_error(socket().native(), failed, host);
    co_return Result<void>{};
  }
};

class IncomingTlsStream final : public TlsSide<IncomingStream, TlsSocket::Side::server> {
 public:
  IncomingTlsStream(tcp::socket socket, TlsContextPtr tls, std::string peer)
      : TlsSide(std::move(socket), std::move(tls)), peer_(std::move(peer)) {}

  asio::awaitable<Result<TlsPeer>> handshake() override {
    if (const error_code failed = co_await socket().handshake()) co_return handshake_error(socket().native(), failed, peer_);
    TlsPeer proven{peer_common_name(socket().native()).value_or(std::string{}), peer_certificate_der(socket().native())};
    co_return proven;
  }

 private:
  std::string peer_;
};

}  // namespace

asio::awaitable<Result<std::size_t>> TcpStream::read_some(std::span<char> room) { return read_from(socket_, room); }
asio::awaitable<Result<void>> TcpStream::write(Parts parts) { return write_to(socket_, parts); }
void TcpStream::close() { close_socket(socket_); }
bool TcpStream::quiet() { return quiet_socket(socket_.native_handle()); }

asio::awaitable<Result<std::size_t>> UnixStream::read_some(std::span<char> room) { return read_from(socket_, room); }
asio::awaitable<Result<void>> UnixStream::write(Parts parts) { return write_to(socket_, parts); }
void UnixStream::close() { close_socket(socket_); }
bool UnixStream::quiet() { return quiet_socket(socket_.native_handle()); }

asio::awaitable<Result<std::unique_ptr<ByteStream>>> connect_unix(std::string path) {
  asio::local::stream_protocol::socket socket{co_await asio::this_coro::executor};
  if (path.empty() || path.size() > 107) co_return Error{Code::invalid, path + ": not a path that a unix socket can have"};
  const auto [error] = co_await socket.async_connect(asio::local::stream_protocol::endpoint{path}, as_values);
  if (error) co_return network_error(error, path);
  co_return std::make_unique<UnixStream>(std::move(socket));
}

std::unique_ptr<IncomingStream> accept_tls(tcp::socket socket, TlsContextPtr tls, std::string peer) {
  return std::make_unique<IncomingTlsStream>(std::move(socket), std::move(tls), std::move(peer));
}

asio::awaitable<Result<std::unique_ptr<ByteStream>>> start_tls(std::unique_ptr<TcpStream> plain, TlsContextPtr tls,
                                                               std::string host) {
  auto stream = std::make_unique<TlsStream>(plain->release(), std::move(tls));
  if (auto done = co_await stream->handshake(host); !done) co_return std::move(done).error();
  co_return stream;
}

}  // namespace tidegate
