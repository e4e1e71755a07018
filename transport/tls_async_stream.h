// TlsAsyncStream: a TlsSocket as Asio's AsyncReadStream and AsyncWriteStream, for Boost.Beast, with what Beast wants for the end of
// a connection. Its operations own a share of the socket: they may end after the stream has gone.
//
// Inside transport/. Thread: the loop. One read and one write at a time.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "transport/tls_socket.h"

namespace tidegate {

class TlsAsyncStream {
 public:
  using executor_type = asio::any_io_executor;

  explicit TlsAsyncStream(std::shared_ptr<TlsSocket> socket)
      : socket_(std::move(socket)), executor_(socket_->tcp().get_executor()) {}
  TlsAsyncStream(TlsAsyncStream&&) = default;
  ~TlsAsyncStream() {
    if (socket_) socket_->close();
  }

  executor_type get_executor() { return executor_; }
  TlsSocket& socket() { return *socket_; }
  void close() { socket_->close(); }
  std::uint64_t bytes_read() const { return *bytes_read_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_compose<Token, void(boost::system::error_code, std::size_t)>(Read{socket_, bytes_read_, first_of(buffers)},
                                                                                    token, executor_);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_compose<Token, void(boost::system::error_code, std::size_t)>(Write{socket_, buffers}, token, executor_);
  }

  // What is sent has its end, and what the peer still sends is thrown away until it has seen that: closing with bytes unread would
  // reset the connection, and the reset could overtake our last words. Whoever calls bounds the time.
  template <class Token>
  auto async_end(Token&& token) {
    return asio::async_compose<Token, void(boost::system::error_code)>(End{socket_}, token, executor_);
  }

 private:
  static constexpr std::size_t record_bytes = 16u << 10;
  static constexpr std::size_t drain_bytes_max = 4u << 20;

  // One attempt after the other. A result that is there at once is told at the loop's next turn.
  struct Attempts {
    TlsSocket::Attempt last{};
    bool waited = false;
    bool done = false;

    template <class Self, class Try>
    void step(Self& self, TlsSocket& socket, boost::system::error_code failed, Try&& attempt) {
      if (done) return self.complete(last.error, last.bytes);
      if (failed) return self.complete(failed, 0);
      last = attempt();
      if (last.wait) {
        waited = true;
        return socket.tcp().async_wait(*last.wait, std::move(self));
      }
      if (waited) return self.complete(last.error, last.bytes);
      done = true;
      asio::post(socket.tcp().get_executor(), std::move(self));
    }
  };

  struct Read {
    Read(std::shared_ptr<TlsSocket> from, std::shared_ptr<std::uint64_t> count, std::span<char> into)
        : socket(std::move(from)), bytes_read(std::move(count)), room(into) {}

    std::shared_ptr<TlsSocket> socket;
    std::shared_ptr<std::uint64_t> bytes_read;
    std::span<char> room;
    Attempts attempts{};

    template <class Self>
    void operator()(Self& self, boost::system::error_code failed = {}) {
      const std::shared_ptr<TlsSocket> held = socket;
      attempts.step(self, *held, failed, [this] {
        if (room.empty()) return TlsSocket::Attempt{};
        const TlsSocket::Attempt attempt = socket->try_read(room);
        *bytes_read += attempt.bytes;
        return attempt;
      });
    }
  };

  struct Write {
    template <class Buffers>
    Write(std::shared_ptr<TlsSocket> to, const Buffers& buffers) : socket(std::move(to)) {
      const std::size_t all = asio::buffer_size(buffers);
      for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers); ++at) {
        const asio::const_buffer part{*at};
        if (part.size() == all || all > record_bytes) {
          if (part.size() == 0) continue;
          whole = ByteView{static_cast<const char*>(part.data()), part.size()};
          return;
        }
        // Each write makes a record and a packet of its own: what fits one goes as one.
        gathered.append(static_cast<const char*>(part.data()), part.size());
      }
    }

    std::shared_ptr<TlsSocket> socket;
    ByteView whole{};
    Bytes gathered{};
    Attempts attempts{};

    template <class Self>
    void operator()(Self& self, boost::system::error_code failed = {}) {
      const std::shared_ptr<TlsSocket> held = socket;
      attempts.step(self, *held, failed, [this] {
        const ByteView bytes = whole.empty() ? ByteView{gathered} : whole;
        return bytes.empty() ? TlsSocket::Attempt{} : socket->try_write(bytes);
      });
    }
  };

  struct End {
    explicit End(std::shared_ptr<TlsSocket> of) : socket(std::move(of)) {}

    std::shared_ptr<TlsSocket> socket;
    Bytes room{};
    std::size_t drained = 0;

    template <class Self>
    void operator()(Self& self, boost::system::error_code failed = {}, std::size_t came = 0) {
      const std::shared_ptr<TlsSocket> held = socket;
      if (room.empty()) {
        boost::system::error_code ignored;
        held->tcp().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
        room.resize(record_bytes);
      }
      drained += came;
      if (failed || drained > drain_bytes_max) {
        held->close();
        return self.complete({});
      }
      const auto buffer = asio::buffer(room);
      held->tcp().async_read_some(buffer, std::move(self));
    }
  };

  template <class Buffers>
  static std::span<char> first_of(const Buffers& buffers) {
    for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers); ++at) {
      const asio::mutable_buffer part{*at};
      if (part.size() > 0) return {static_cast<char*>(part.data()), part.size()};
    }
    return {};
  }

  std::shared_ptr<TlsSocket> socket_;
  executor_type executor_;
  std::shared_ptr<std::uint64_t> bytes_read_ = std::make_shared<std::uint64_t>(0);
};

// Beast finds these by the stream's type.
inline void beast_close_socket(TlsAsyncStream& stream) { stream.close(); }
inline void teardown(boost::beast::role_type, TlsAsyncStream& stream, boost::system::error_code&) { stream.close(); }
template <class Token>
void async_teardown(boost::beast::role_type, TlsAsyncStream& stream, Token&& token) {
  stream.async_end(std::forward<Token>(token));
}

}  // namespace tidegate
