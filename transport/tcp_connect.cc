#include <netinet/tcp.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "transport/byte_stream.h"
#include "transport/deadline.h"
#include "transport/net_error.h"
#include "transport/signal.h"

namespace tidegate {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

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
  TcpEndpoints found;
};

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

asio::awaitable<Result<void>> connect_to(tcp::socket& socket, tcp::endpoint endpoint, std::string peer, bool& refused) {
  const auto [error] = co_await socket.async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
  refused = error == asio::error::connection_refused;
  if (error) co_return network_error(error, peer);
  error_code ignored;
  socket.set_option(tcp::no_delay{true}, ignored);
  watch_peer(socket);
  co_return Result<void>{};
}

}  // namespace

std::string endpoint_text(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

asio::awaitable<Result<TcpEndpoints>> look_up(std::string host, std::uint16_t port) {
  error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) co_return TcpEndpoints{tcp::endpoint{address, port}};

  const auto stop = co_await asio::this_coro::cancellation_state;
  const auto asked = std::make_shared<LookUp>(co_await asio::this_coro::executor);
  asked->resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service,
                                [asked](const error_code& error, const tcp::resolver::results_type& results) {
                                  asked->ended = true;
                                  asked->error = error;
                                  for (const auto& result : results) asked->found.push_back(result.endpoint());
                                  asked->done.notify();
                                });
  while (!asked->ended && stop.cancelled() == asio::cancellation_type::none) co_await asked->done.wait();
  if (!asked->ended) {
    asked->resolver.cancel();
    co_return Error{Code::cancelled, host + ": stopped while its name was looked up"};
  }
  if (asked->error) co_return network_error(asked->error, host);
  if (asked->found.empty()) co_return Error{Code::unavailable, host + ": the name has no address"};
  co_return std::move(asked->found);
}

asio::awaitable<TcpAttempt> connect_any(TcpEndpoints endpoints, std::string peer) {
  TcpAttempt attempt{.stream = Error{Code::unavailable, peer + ": no address to try"}};
  for (const tcp::endpoint& endpoint : endpoints) {
    tcp::socket socket{co_await asio::this_coro::executor};
    attempt.endpoint = endpoint;
    const Result<void> connected =
        co_await with_deadline(connect_to(socket, endpoint, peer, attempt.refused), address_connect_max, peer);
    if (connected) {
      attempt.stream = std::make_unique<TcpStream>(std::move(socket));
      break;
    }
    attempt.stream = connected.error();
    if (connected.error().code() == Code::cancelled) break;
  }
  co_return attempt;
}

asio::awaitable<Result<std::unique_ptr<TcpStream>>> connect_tcp(std::string host, std::uint16_t port) {
  const std::string peer = host + ":" + std::to_string(port);
  Result<TcpEndpoints> endpoints = co_await look_up(host, port);
  if (!endpoints) co_return std::move(endpoints).error();
  TcpAttempt attempt = co_await connect_any(*std::move(endpoints), peer);
  co_return std::move(attempt.stream);
}

}  // namespace tidegate
