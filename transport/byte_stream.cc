#include "transport/byte_stream.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>

#include "transport/net_error.h"

namespace tidegate {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

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

using SslStream = asio::ssl::stream<tcp::socket>;

asio::awaitable<Result<std::size_t>> read_tls(SslStream& stream, std::span<char> room) {
  const auto [error, bytes] = co_await stream.async_read_some(asio::buffer(room.data(), room.size()), as_values);
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) co_return std::size_t{0};
  // With TLS 1.3 a server refuses our certificate after our side of the handshake is done: it is read here.
  if (error) co_return handshake_error(stream.native_handle(), error, {});
  co_return bytes;
}

asio::awaitable<Result<void>> write_tls_part(SslStream& stream, ByteView part) {
  const auto [error, bytes] = co_await asio::async_write(stream, asio::buffer(part), as_values);
  if (error) co_return handshake_error(stream.native_handle(), error, {});
  co_return Result<void>{};
}

asio::awaitable<Result<void>> write_tls(SslStream& stream, Parts parts) {
  const std::size_t bytes = parts[0].size() + parts[1].size() + parts[2].size();
  if (bytes <= tls_record_bytes) {
    // Each write makes a record and a packet of its own: what fits one goes as one.
    Bytes record;
    record.reserve(bytes);
    for (const ByteView part : parts) record.append(part);
    co_return co_await write_tls_part(stream, record);
  }
  for (const ByteView part : parts) {
    if (part.empty()) continue;
    if (auto done = co_await write_tls_part(stream, part); !done) co_return done;
  }
  co_return Result<void>{};
}

// What both sides of a TLS connection have in common.
template <class Stream>
class TlsSide : public Stream {
 public:
  TlsSide(tcp::socket socket, TlsContextPtr tls) : tls_(std::move(tls)), stream_(std::move(socket), tls_->native()) {}

  asio::awaitable<Result<std::size_t>> read_some(std::span<char> room) override { return read_tls(stream_, room); }
  asio::awaitable<Result<void>> write(Parts parts) override { return write_tls(stream_, parts); }
  void close() override { close_socket(stream_.next_layer()); }
  bool quiet() override { return quiet_socket(stream_.next_layer().native_handle()); }

 protected:
  SslStream& stream() { return stream_; }

 private:
  TlsContextPtr tls_;
  SslStream stream_;
};

class TlsStream final : public TlsSide<ByteStream> {
 public:
  using TlsSide::TlsSide;

  asio::awaitable<Result<void>> handshake(std::string host) {
    if (auto expected = expect_host(stream().native_handle(), host); !expected) co_return expected;
    const auto [error] = co_await stream().async_handshake(asio::ssl::stream_base::client, as_values);
    if (error) co_return handshake_error(stream().native_handle(), error, host);
    co_return Result<void>{};
  }
};

class IncomingTlsStream final : public TlsSide<IncomingStream> {
 public:
  IncomingTlsStream(tcp::socket socket, TlsContextPtr tls, std::string peer)
      : TlsSide(std::move(socket), std::move(tls)), peer_(std::move(peer)) {}

  asio::awaitable<Result<std::string>> handshake() override {
    const auto [error] = co_await stream().async_handshake(asio::ssl::stream_base::server, as_values);
    if (error) co_return handshake_error(stream().native_handle(), error, peer_);
    co_return peer_common_name(stream().native_handle()).value_or(std::string{});
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
