#include <netinet/tcp.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <vector>

#include "transport/byte_stream.h"
#include "transport/deadline.h"
#include "transport/net_error.h"
#include "transport/signal.h"

namespace tidegate {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using Endpoints = std::vector<tcp::endpoint>;

// So that one address that swallows packets leaves time for the next.
constexpr std::chrono::seconds address_connect_max{10};

// A look-up cannot be interrupted: the system's resolver has it. Who stops waiting leaves this behind, and the look-up's
// end finds nobody. It is shared with the handler for that reason alone.
struct LookUp {
  explicit LookUp(const asio::any_io_executor& executor) : resolver(executor) {}
  tcp::resolver resolver;
  Signal done;
  bool ended = false;
  error_code error;
  Endpoints found;
};

asio::awaitable<Result<Endpoints>> look_up(const std::string& host, std::uint16_t port) {
  error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) co_return Endpoints{tcp::endpoint{address, port}};

  const auto stop = co_await asio::this_coro::cancellation_state;
  const auto look_up = std::make_shared<LookUp>(co_await asio::this_coro::executor);
  look_up->resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service,
                                  [look_up](const error_code& error, const tcp::resolver::results_type& results) {
                                    look_up->ended = true;
                                    look_up->error = error;
                                    for (const auto& result : results) look_up->found.push_back(result.endpoint());
                                    look_up->done.notify();
                                  });
  while (!look_up->ended && stop.cancelled() == asio::cancellation_type::none) co_await look_up->done.wait();
  if (!look_up->ended) {
    look_up->resolver.cancel();
    co_return Error{Code::cancelled, host + ": stopped while its name was looked up"};
  }
  if (look_up->error) co_return network_error(look_up->error, host);
  if (look_up->found.empty()) co_return Error{Code::unavailable, host + ": the name has no address"};
  co_return std::move(look_up->found);
}

// A peer that went without a word is noticed within two minutes, not two hours.
void watch_peer(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::keep_alive{true}, ignored);
  using idle_seconds = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  using interval_seconds = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
  using probes = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
  socket.set_option(idle_seconds{60}, ignored);
  socket.set_option(interval_seconds{15}, ignored);
  socket.set_option(probes{4}, ignored);
}

asio::awaitable<Result<void>> connect_to(tcp::socket& socket, tcp::endpoint endpoint, std::string peer) {
  const auto [error] = co_await socket.async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
  if (error) co_return network_error(error, peer);
  error_code ignored;
  socket.set_option(tcp::no_delay{true}, ignored);
  watch_peer(socket);
  co_return Result<void>{};
}

}  // namespace

asio::awaitable<Result<std::unique_ptr<TcpStream>>> connect_tcp(std::string host, std::uint16_t port) {
  const std::string peer = host + ":" + std::to_string(port);
  const Result<Endpoints> endpoints = co_await look_up(host, port);
  if (!endpoints) co_return endpoints.error();
  Error last{Code::unavailable, peer + ": no address to try"};
  for (const tcp::endpoint& endpoint : *endpoints) {
    tcp::socket socket{co_await asio::this_coro::executor};
    const Result<void> connected = co_await with_deadline(connect_to(socket, endpoint, peer), address_connect_max, peer);
    if (connected) co_return std::make_unique<TcpStream>(std::move(socket));
    last = connected.error();
    if (last.code() == Code::cancelled) break;
  }
  co_return last;
}

}  // namespace tidegate
