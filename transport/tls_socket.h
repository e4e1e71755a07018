// TlsSocket: OpenSSL straight on a non-blocking TCP socket. What has come is read and deciphered in one go, up to the room that the
// caller has: several records a call, and many of them a system call, where a stream that knows nothing of sockets takes one record
// at a time. It ends like any socket: nothing is said to the peer.
//
// One read and one write may be under way at the same time; a handshake has the socket for itself.
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "transport/tls_context.h"

namespace tidegate {

namespace asio = boost::asio;

class TlsSocket {
 public:
  enum class Side : unsigned char { client, server };

  TlsSocket(asio::ip::tcp::socket socket, TlsContextPtr tls, Side side);

  asio::awaitable<boost::system::error_code> handshake();

  struct Read {
    boost::system::error_code error;
    std::size_t bytes = 0;  // 0 without an error: the peer has ended its side
  };
  //   requires: the room is not empty, and outlives the wait
  asio::awaitable<Read> read_some(std::span<char> room);
  // All of it.   requires: the bytes outlive the wait
  asio::awaitable<boost::system::error_code> write(ByteView bytes);
  void close();
  // As ByteStream.
  bool quiet() const;

  // For those who are no coroutines: one attempt that does not wait. `wait` says what to wait for before the next one.
  struct Attempt {
    boost::system::error_code error;  // eof: the peer has ended its side
    std::size_t bytes = 0;
    std::optional<asio::ip::tcp::socket::wait_type> wait;
  };
  Attempt try_read(std::span<char> room);
  Attempt try_write(ByteView bytes);
  asio::ip::tcp::socket& tcp() { return socket_; }
  // An idle connection keeps no buffers: for servers of very many connections that are idle most of the time.
  void keep_no_buffers();

  ssl_st* native() const { return tls_.get(); }

 private:
  // What a call needs before it can be made again; both false where it failed for good.
  struct Needs {
    bool readable = false;
    bool writable = false;
    boost::system::error_code error;
  };
  Needs needs_after(int result) const;
  Attempt attempt(int result, std::size_t bytes) const;
  asio::awaitable<boost::system::error_code> wait_for(Needs needs);

  struct Free {
    void operator()(ssl_st* connection) const;
  };

  TlsContextPtr context_;
  asio::ip::tcp::socket socket_;
  std::unique_ptr<ssl_st, Free> tls_;
};

}  // namespace tidegate
