// The other end of a connection, for tests: a loop that runs one coroutine to its end, and a peer on a free loopback port
// that plays a script on each connection, over TCP or TLS.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_pki.h"
#include "transport/as_values.h"
#include "transport/task_group.h"
#include "transport/tls_context.h"

namespace tidegate::testkit {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr std::chrono::seconds test_limit{30};

template <class T>
asio::awaitable<void> store(asio::awaitable<T> work, std::optional<T>& result) {
  co_await asio::this_coro::throw_if_cancelled(false);
  result.emplace(co_await std::move(work));
}

// Runs the loop until the work is done; everything else on the loop runs beside it.
template <class T>
T run(asio::io_context& loop, asio::awaitable<T> work) {
  std::optional<T> result;
  asio::co_spawn(loop, store(std::move(work), result), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  loop.restart();
  while (!result)
    if (loop.run_one_for(test_limit) == 0) throw std::runtime_error("the test's loop has nothing more to do, or hangs");
  return std::move(*result);
}

// For run(): until no child of the group is left.
inline asio::awaitable<int> joined(TaskGroup& group) {
  co_await group.join();
  co_return 0;
}

class Channel {
 public:
  Channel(tcp::socket socket, TlsContextPtr tls) : tls_(std::move(tls)), socket_(std::move(socket)) {}

  asio::awaitable<bool> open() {
    if (!tls_) co_return true;
    secure_.emplace(std::move(socket_), tls_->native());
    const auto [error] = co_await secure_->async_handshake(asio::ssl::stream_base::server, as_values);
    co_return !error;
  }

  // What came next; empty at the end.
  asio::awaitable<Bytes> read() {
    Bytes room(64u << 10, '\0');
    if (secure_) {
      const auto [error, bytes] = co_await secure_->async_read_some(asio::buffer(room), as_values);
      room.resize(error ? 0 : bytes);
    } else {
      const auto [error, bytes] = co_await socket_.async_read_some(asio::buffer(room), as_values);
      room.resize(error ? 0 : bytes);
    }
    co_return room;
  }

  asio::awaitable<Bytes> read_until(std::string_view mark) {
    Bytes all;
    while (all.find(mark) == Bytes::npos) {
      const Bytes more = co_await read();
      if (more.empty()) break;
      all += more;
    }
    co_return all;
  }

  asio::awaitable<bool> write(Bytes bytes) {
    if (secure_) {
      const auto [error, count] = co_await asio::async_write(*secure_, asio::buffer(bytes), as_values);
      co_return !error;
    }
    const auto [error, count] = co_await asio::async_write(socket_, asio::buffer(bytes), as_values);
    co_return !error;
  }

  std::optional<std::string> peer_name() { return secure_ ? peer_common_name(secure_->native_handle()) : std::nullopt; }

  // From here on in TLS, as behind a proxy's CONNECT.
  asio::awaitable<bool> upgrade(TlsContextPtr tls) {
    tls_ = std::move(tls);
    co_return co_await open();
  }

 private:
  TlsContextPtr tls_;
  tcp::socket socket_;
  std::optional<asio::ssl::stream<tcp::socket>> secure_;
};

class Peer {
 public:
  using Script = std::function<asio::awaitable<void>(Channel&)>;

  Peer(asio::io_context& loop, Script script, TlsContextPtr tls = {})
      : state_(std::make_shared<State>(loop, std::move(script), std::move(tls))) {
    asio::co_spawn(loop, accept(state_), [](const std::exception_ptr&) {});
  }

  std::uint16_t port() const { return state_->acceptor.local_endpoint().port(); }
  std::string url(std::string_view scheme, std::string_view host = "127.0.0.1") const {
    return std::string{scheme} + "://" + std::string{host} + ":" + std::to_string(port()) + "/data";
  }
  std::size_t connections() const { return state_->connections; }

 private:
  struct State {
    State(asio::io_context& on, Script what, TlsContextPtr with)
        : loop(on),
          acceptor(on, tcp::endpoint{asio::ip::address_v4::loopback(), 0}),
          script(std::move(what)),
          tls(std::move(with)) {}
    asio::io_context& loop;
    tcp::acceptor acceptor;
    Script script;
    TlsContextPtr tls;
    std::size_t connections = 0;
  };

  static asio::awaitable<void> accept(std::shared_ptr<State> state) {
    while (true) {
      auto [error, socket] = co_await state->acceptor.async_accept(as_values);
      if (error) co_return;
      ++state->connections;
      asio::co_spawn(state->loop, play(state, std::move(socket)), [](const std::exception_ptr&) {});
    }
  }

  static asio::awaitable<void> play(std::shared_ptr<State> state, tcp::socket socket) {
    Channel channel{std::move(socket), state->tls};
    if (co_await channel.open()) co_await state->script(channel);
  }

  std::shared_ptr<State> state_;
};

inline std::string text_of(const std::filesystem::path& path) { return path.string(); }

}  // namespace tidegate::testkit
