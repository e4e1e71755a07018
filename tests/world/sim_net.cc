#include "tests/world/sim_net.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "tests/world/sim_connection.h"

namespace tidegate {
namespace {

// One way between two places. Ends early when the caller is cancelled.
asio::awaitable<void> travel(Clock& clock, const Weather& weather, std::chrono::nanoseconds latency) {
  const auto stop = co_await asio::this_coro::cancellation_state;
  co_await clock.sleep_for(latency);
  while (weather.parted && stop.cancelled() == asio::cancellation_type::none) co_await clock.sleep_for(sim_parted_look_again);
}

class PlainIncoming final : public IncomingStream {
 public:
  PlainIncoming(std::unique_ptr<ByteStream> stream, std::string peer) : stream_(std::move(stream)), peer_(std::move(peer)) {}

  asio::awaitable<Result<TlsPeer>> handshake() override {
    TlsPeer proven{peer_, {}};
    co_return proven;
  }
  asio::awaitable<Result<std::size_t>> read_some(std::span<char> room) override { return stream_->read_some(room); }
  asio::awaitable<Result<void>> write(Parts parts) override { return stream_->write(parts); }
  void close() override { stream_->close(); }
  bool quiet() override { return stream_->quiet(); }

 private:
  std::unique_ptr<ByteStream> stream_;
  std::string peer_;
};

}  // namespace

void SimNet::listen(const std::string& place, Accept accept) { accepts_[place] = std::move(accept); }

void SimNet::shut(const std::string& place) {
  accepts_.erase(place);
  for (const std::weak_ptr<SimConnection>& each : connections_)
    if (const auto connection = each.lock(); connection && connection->open_at(place)) connection->reset();
}

void SimNet::vanish(const std::string& place) {
  accepts_.erase(place);
  for (const std::weak_ptr<SimConnection>& each : connections_)
    if (const auto connection = each.lock()) connection->vanish(place);
}

void SimNet::reset(const std::string& one, const std::string& other) {
  for (const std::weak_ptr<SimConnection>& each : connections_)
    if (const auto connection = each.lock(); connection && connection->between(one, other)) connection->reset();
}

Weather& SimNet::weather(const std::string& one, const std::string& other) {
  return weather_[std::pair<std::string, std::string>{std::minmax(one, other)}];
}

asio::awaitable<Result<std::unique_ptr<ByteStream>>> SimNet::dial(std::string from, std::string to) {
  const auto stop = co_await asio::this_coro::cancellation_state;
  const Weather& between = weather(from, to);
  const std::chrono::nanoseconds there = draw_latency(between, random_);
  const std::chrono::nanoseconds back = draw_latency(between, random_);
  std::unique_ptr<ByteStream> stream;
  co_await travel(clock_, between, there);
  if (stop.cancelled() == asio::cancellation_type::none && !between.refused && accepts_.contains(to)) stream = connect(from, to);
  co_await travel(clock_, between, back);
  if (stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, "connecting stopped"};
  if (!stream) co_return Error{Code::unavailable, "connection refused"};
  co_return std::move(stream);
}

std::unique_ptr<ByteStream> SimNet::connect(const std::string& from, const std::string& to) {
  std::erase_if(connections_, [](const std::weak_ptr<SimConnection>& each) {
    const auto connection = each.lock();
    return !connection || connection->ended();
  });
  const SimWire wire{.clock = clock_, .random = random_, .weather = weather(from, to), .carried = carried_};
  const auto connection = std::make_shared<SimConnection>(wire, from, to);
  connections_.push_back(connection);
  ++made_[from];
  const Accept accept = accepts_.at(to);  // it may listen anew or shut
  accept(std::make_unique<SimStream>(connection, SimSide::acceptor), from);
  return std::make_unique<SimStream>(connection, SimSide::dialler);
}

std::size_t SimNet::connections() const {
  return static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(), [](const auto& each) {
    const std::shared_ptr<SimConnection> connection = each.lock();
    return connection && !connection->ended();
  }));
}

std::uint64_t SimNet::connections_made_by(const std::string& from) const {
  const auto made = made_.find(from);
  return made == made_.end() ? 0 : made->second;
}

std::unique_ptr<IncomingStream> as_incoming(std::unique_ptr<ByteStream> stream, std::string peer) {
  return std::make_unique<PlainIncoming>(std::move(stream), std::move(peer));
}

}  // namespace tidegate
