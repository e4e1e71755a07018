#include "bench/relay.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"

namespace tidegate {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr int tick_ms = 5;  // between two looks at the rate and at what is asked for
constexpr std::size_t piece_bytes_max = 16u << 10;
constexpr std::size_t piece_bytes_least = 4u << 10;  // less is not worth a call
constexpr std::uint64_t burst_per_second = 50;       // what may be saved up: a fiftieth of a second
constexpr int receive_buffer_bytes = 64 << 10;
constexpr int ethernet_segment_bytes = 1460;

void set_option(int socket, int level, int name, int value) { ::setsockopt(socket, level, name, &value, sizeof value); }

bool would_block(const boost::system::error_code& failure) {
  return failure == asio::error::would_block || failure == asio::error::try_again;
}

// One direction of a connection.
struct Way {
  tcp::socket& from;
  tcp::socket& to;
  std::string held{};  // taken, and not passed on yet
  std::uint64_t passed = 0;
  bool over = false;

  // As far as it goes without waiting, `most` at most; gives back how much was taken.
  std::size_t move(std::uint64_t most) {
    boost::system::error_code failure;
    std::size_t taken = 0;
    if (held.empty() && most > 0) {
      std::array<char, piece_bytes_max> piece{};
      taken = from.read_some(asio::buffer(piece.data(), std::min<std::uint64_t>(most, piece.size())), failure);
      if (failure && !would_block(failure)) return end();
      held.assign(piece.data(), taken);
    }
    if (held.empty()) return taken;
    const std::size_t sent = to.write_some(asio::buffer(held), failure);
    if (failure && !would_block(failure)) return end();
    held.erase(0, sent);
    passed += sent;
    return taken;
  }

  std::size_t end() {
    boost::system::error_code ignored;
    to.shutdown(tcp::socket::shutdown_send, ignored);
    over = true;
    return 0;
  }
};

struct Connection {
  Connection(tcp::socket sender_socket, tcp::socket receiver_socket)
      : sender(std::move(sender_socket)), receiver(std::move(receiver_socket)) {}

  bool over() const { return up.over && down.over; }
  void reset() {
    boost::system::error_code ignored;
    for (tcp::socket* socket : {&sender, &receiver}) {
      socket->set_option(asio::socket_base::linger{true, 0}, ignored);
      socket->close(ignored);
    }
  }

  tcp::socket sender;
  tcp::socket receiver;
  Way up{sender, receiver};
  Way down{receiver, sender};
};

}  // namespace

struct Relay::Loop {
  Loop(Relay& relay, std::uint16_t target_port) : owner(relay), target(asio::ip::address_v4::loopback(), target_port) {}

  void run() {
    last = owner.clock_.steady();
    while (!stopping) {
      wait();
      take_new();
      earn();
      for (Connection& connection : connections) pass(connection);
      // What a killed sender left behind does not hold up its successor.
      if (!connections.empty()) connections.splice(connections.end(), connections, connections.begin());
      connections.remove_if([](const Connection& connection) { return connection.over(); });
      if (owner.break_ == Break::asked) break_all();
    }
    connections.clear();
  }

  // Until something can be done, a tick at most.
  void wait() {
    std::vector<pollfd> watched{{acceptor.native_handle(), POLLIN, 0}};
    for (Connection& connection : connections) {
      for (Way* way : {&connection.up, &connection.down}) {
        if (way->over) continue;
        if (!way->held.empty()) watched.push_back({way->to.native_handle(), POLLOUT, 0});
        else if (may_take() || way == &connection.down) watched.push_back({way->from.native_handle(), POLLIN, 0});
      }
    }
    ::poll(watched.data(), watched.size(), tick_ms);
  }

  void take_new() {
    boost::system::error_code failure;
    tcp::socket sender{context};
    acceptor.accept(sender, failure);
    if (failure) return;
    tcp::socket receiver{context};
    receiver.connect(target, failure);
    if (failure) return;  // the sender sees a connection that ends at once
    for (tcp::socket* socket : {&sender, &receiver}) {
      socket->non_blocking(true, failure);
      socket->set_option(tcp::no_delay{true}, failure);
    }
    connections.emplace_back(std::move(sender), std::move(receiver));
  }

  bool may_take() const { return allowance >= static_cast<double>(piece_bytes_least); }

  void earn() {
    const SteadyTime now = owner.clock_.steady();
    const std::uint64_t rate = owner.rate_;
    const double span = std::chrono::duration<double>(now - last).count();
    last = now;
    if (rate == 0) allowance = static_cast<double>((connections.size() + 1) * piece_bytes_max);
    else
      allowance = std::min(allowance + span * static_cast<double>(rate),
                           static_cast<double>(std::max<std::uint64_t>(rate / burst_per_second, piece_bytes_max)));
  }

  void pass(Connection& connection) {
    if (!connection.up.over) {
      const std::uint64_t most = may_take() ? static_cast<std::uint64_t>(allowance) : 0;
      allowance -= static_cast<double>(connection.up.move(most));
    }
    // What the receiver answers is little, and waits for nothing.
    if (!connection.down.over) connection.down.move(piece_bytes_max);
  }

  void break_all() {
    bool carried = false;
    for (Connection& connection : connections) {
      carried = carried || connection.up.passed > 0;
      connection.reset();
    }
    connections.clear();
    owner.break_ = carried ? Break::dealt : Break::idle;
    owner.break_.notify_one();
  }

  Relay& owner;
  tcp::endpoint target;
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  std::list<Connection> connections;
  double allowance = 0;  // bytes that may be taken now
  SteadyTime last{};
  std::atomic<bool> stopping{false};
  std::thread thread;
};

Relay::Relay(const Clock& clock) : clock_(clock) {}
Relay::~Relay() { stop(); }

Result<void> Relay::start(std::uint16_t port, std::uint16_t target) {
  loop_ = std::make_unique<Loop>(*this, target);
  boost::system::error_code failure;
  tcp::acceptor& acceptor = loop_->acceptor;
  acceptor.open(tcp::v4(), failure);
  if (!failure) acceptor.set_option(tcp::acceptor::reuse_address{true}, failure);
  if (!failure) {
    set_option(acceptor.native_handle(), SOL_SOCKET, SO_RCVBUF, receive_buffer_bytes);
    set_option(acceptor.native_handle(), IPPROTO_TCP, TCP_MAXSEG, ethernet_segment_bytes);
    acceptor.bind({asio::ip::address_v4::loopback(), port}, failure);
  }
  if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (!failure) acceptor.non_blocking(true, failure);
  if (failure) return Error{Code::unavailable, "port " + std::to_string(port) + ": " + failure.message()};
  loop_->thread = std::thread{[this] { loop_->run(); }};
  return {};
}

void Relay::stop() {
  if (!loop_) return;
  loop_->stopping = true;
  if (loop_->thread.joinable()) loop_->thread.join();
  loop_.reset();
}

bool Relay::break_connections() {
  TG_ASSERT(loop_ && loop_->thread.joinable(), "a relay that runs is broken");
  break_ = Break::asked;
  break_.wait(Break::asked);
  return break_ == Break::dealt;
}

}  // namespace tidegate
