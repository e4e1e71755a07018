// ByteStream: a connection that carries bytes, whatever is under it: TCP, TLS over TCP, a unix socket. One read and one
// write may be under way at the same time. Operations end with `cancelled` when the calling coroutine is cancelled or
// the stream is closed under them. The errors of read_some() and write() do not name the peer: the caller does.
//
// Thread: the loop.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "transport/tls_context.h"

namespace tidegate {

namespace asio = boost::asio;

// What one write sends, in this order; parts may be empty.
using Parts = std::array<ByteView, 3>;

class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // At least one byte, or 0 at the end.   requires: the room outlives the wait
  virtual asio::awaitable<Result<std::size_t>> read_some(std::span<char> room) = 0;
  // All of it.   requires: the parts outlive the wait
  virtual asio::awaitable<Result<void>> write(Parts parts) = 0;
  virtual void close() = 0;
  // True while the other side has neither closed nor sent anything that nobody asked for.
  virtual bool quiet() = 0;
};

// What the handshake of a connection that came in has proven.
struct TlsPeer {
  std::string name;   // the common name of the peer's certificate; empty: it names nobody
  Bytes certificate;  // verified, DER; empty: none
};

// A connection that came in. Nothing may be read or written before its handshake.
class IncomingStream : public ByteStream {
 public:
  // Who the peer has proven to be. May last: close() ends it. `invalid`: its certificate was refused.
  virtual asio::awaitable<Result<TlsPeer>> handshake() = 0;
};

class TcpStream final : public ByteStream {
 public:
  explicit TcpStream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

  asio::awaitable<Result<std::size_t>> read_some(std::span<char> room) override;
  asio::awaitable<Result<void>> write(Parts parts) override;
  void close() override;
  bool quiet() override;

  asio::ip::tcp::socket release() { return std::move(socket_); }

 private:
  asio::ip::tcp::socket socket_;
};

class UnixStream final : public ByteStream {
 public:
  explicit UnixStream(asio::local::stream_protocol::socket socket) : socket_(std::move(socket)) {}

  asio::awaitable<Result<std::size_t>> read_some(std::span<char> room) override;
  asio::awaitable<Result<void>> write(Parts parts) override;
  void close() override;
  bool quiet() override;

 private:
  asio::local::stream_protocol::socket socket_;
};

using TcpEndpoints = std::vector<asio::ip::tcp::endpoint>;

// "192.0.2.7:443", "[2001:db8::7]:443".
std::string endpoint_text(const asio::ip::tcp::endpoint& endpoint);

// The addresses of a name, at least one; of an address itself, without asking. `unavailable`: the name does not resolve.
asio::awaitable<Result<TcpEndpoints>> look_up(std::string host, std::uint16_t port);

struct TcpAttempt {
  Result<std::unique_ptr<TcpStream>> stream;
  asio::ip::tcp::endpoint endpoint{};  // that was reached, or tried last
  bool refused = false;                // it was there and said no
};

// Each endpoint in turn, each with a time of its own; no Nagle delay, TCP keep-alive on. `peer` is named in errors.
asio::awaitable<TcpAttempt> connect_any(TcpEndpoints endpoints, std::string peer);

// Both, one after the other.
asio::awaitable<Result<std::unique_ptr<TcpStream>>> connect_tcp(std::string host, std::uint16_t port);

asio::awaitable<Result<std::unique_ptr<ByteStream>>> connect_unix(std::string path);

// A client's handshake over a connected stream, verifying that the peer is `host`.
asio::awaitable<Result<std::unique_ptr<ByteStream>>> start_tls(std::unique_ptr<TcpStream> plain, TlsContextPtr tls,
                                                               std::string host);

// A server's side of a connected socket: TLS, with the client's certificate as the peer.
std::unique_ptr<IncomingStream> accept_tls(asio::ip::tcp::socket socket, TlsContextPtr tls, std::string peer);

}  // namespace tidegate
