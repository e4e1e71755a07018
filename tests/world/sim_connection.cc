#include "tests/world/sim_connection.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "base/check.h"

namespace tidegate {
namespace {

constexpr std::uint64_t pieces_max = 3;  // that a write comes in

std::optional<SteadyTime> earlier(std::optional<SteadyTime> one, std::optional<SteadyTime> other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

Bytes joined(const Parts& parts) {
  Bytes bytes;
  for (const ByteView part : parts) bytes.append(part);
  return bytes;
}

Error was_reset() { return Error{Code::unavailable, "connection reset"}; }

}  // namespace

std::chrono::nanoseconds draw_latency(const Weather& weather, Random& random) {
  return std::chrono::nanoseconds{random.between(weather.latency_min.count(), weather.latency_max.count())};
}

SimConnection::SimConnection(SimWire wire, std::string dialler, std::string acceptor) : wire_(wire) {
  here(SimSide::dialler).place = std::move(dialler);
  here(SimSide::acceptor).place = std::move(acceptor);
}

asio::awaitable<Result<std::size_t>> SimConnection::read_some(SimSide side, std::span<char> room) {
  TG_ASSERT(!room.empty(), "a read has room for a byte");
  const std::shared_ptr<SimConnection> self = shared_from_this();
  const auto stop = co_await asio::this_coro::cancellation_state;
  End& mine = here(side);
  for (;;) {
    if (std::optional<Error> why = over(mine)) co_return *std::move(why);
    if (stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, "read stopped"};
    if (piece_has_come(mine)) {
      const std::size_t bytes = take(mine, room);
      there(side).writable.notify();
      co_return bytes;
    }
    if (mine.pieces.empty() && has_come(mine.closed_at)) co_return std::size_t{0};
    const std::optional<SteadyTime> piece_at = mine.pieces.empty() ? mine.closed_at : mine.pieces.front().at;
    co_await wait(mine.readable, earlier(piece_at, mine.reset_at));
  }
}

asio::awaitable<Result<void>> SimConnection::write(SimSide side, Parts parts) {
  const std::shared_ptr<SimConnection> self = shared_from_this();
  const auto stop = co_await asio::this_coro::cancellation_state;
  End& mine = here(side);
  End& theirs = there(side);
  const Bytes bytes = joined(parts);
  const bool breaks = wire_.weather.resets > 0 && wire_.random.unit() < wire_.weather.resets;
  ByteView left{bytes};
  if (breaks) left = left.substr(0, wire_.random.below(bytes.size() + 1));
  for (;;) {
    if (std::optional<Error> why = over(mine)) co_return *std::move(why);
    if (stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, "write stopped"};
    if (has_come(mine.closed_at)) co_return was_reset();
    const std::size_t fits = std::min(left.size(), sim_unread_max - std::min(sim_unread_max, theirs.unread));
    put(theirs, left.substr(0, fits));
    left.remove_prefix(fits);
    if (left.empty()) break;
    co_await wait(mine.writable, earlier(mine.closed_at, mine.reset_at));
  }
  if (!breaks) co_return Result<void>{};
  break_off(side);
  co_return was_reset();
}

void SimConnection::close(SimSide side) {
  End& mine = here(side);
  if (mine.fate != Fate::open) return;
  finish(mine, Fate::closed);
  End& theirs = there(side);
  theirs.last_at = std::max(theirs.last_at, wire_.clock.steady() + draw_latency(wire_.weather, wire_.random));
  theirs.closed_at = theirs.last_at;
  wake(theirs);
}

bool SimConnection::quiet(SimSide side) const {
  const End& mine = here(side);
  return mine.fate == Fate::open && !piece_has_come(mine) && !has_come(mine.closed_at) && !has_come(mine.reset_at);
}

void SimConnection::reset() {
  for (End& each : ends_)
    if (each.fate == Fate::open) finish(each, Fate::reset);
}

void SimConnection::vanish(const std::string& place) {
  for (End& each : ends_)
    if (each.place == place && each.fate == Fate::open) finish(each, Fate::closed);
}

bool SimConnection::between(const std::string& one, const std::string& other) const {
  return (ends_[0].place == one && ends_[1].place == other) || (ends_[0].place == other && ends_[1].place == one);
}

bool SimConnection::open_at(const std::string& place) const {
  return std::any_of(ends_.begin(), ends_.end(),
                     [&place](const End& each) { return each.place == place && each.fate == Fate::open; });
}

bool SimConnection::ended() const {
  return std::all_of(ends_.begin(), ends_.end(),
                     [this](const End& each) { return each.fate != Fate::open || has_come(each.reset_at); });
}

bool SimConnection::has_come(const std::optional<SteadyTime>& at) const {
  return at && *at <= wire_.clock.steady() && !wire_.weather.parted;
}

std::optional<Error> SimConnection::over(End& end) {
  if (end.fate == Fate::open && has_come(end.reset_at)) finish(end, Fate::reset);
  if (end.fate == Fate::open) return std::nullopt;
  return end.fate == Fate::reset ? was_reset() : Error{Code::cancelled, "closed"};
}

// As much of what has come as there is room for.
std::size_t SimConnection::take(End& from, std::span<char> room) {
  std::size_t taken = 0;
  while (taken < room.size() && piece_has_come(from)) {
    Piece& piece = from.pieces.front();
    const std::size_t bytes = piece.bytes.copy(room.data() + taken, room.size() - taken, piece.read);
    piece.read += bytes;
    taken += bytes;
    if (piece.read == piece.bytes.size()) from.pieces.pop_front();
  }
  from.unread -= taken;
  wire_.carried += taken;
  return taken;
}

void SimConnection::put(End& to, ByteView bytes) {
  if (bytes.empty()) return;
  to.unread += bytes.size();
  if (to.fate != Fate::open) return;  // into nothing
  for (std::uint64_t pieces = 1 + wire_.random.below(pieces_max); !bytes.empty(); --pieces) {
    const std::size_t size = pieces > 1 ? 1 + wire_.random.below(bytes.size()) : bytes.size();
    put_piece(to, bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  to.readable.notify();
}

void SimConnection::put_piece(End& to, ByteView bytes) {
  to.last_at = std::max(to.last_at, wire_.clock.steady() + draw_latency(wire_.weather, wire_.random));
  if (const std::uint64_t rate = wire_.weather.bytes_per_second; rate > 0)
    to.last_at += std::chrono::nanoseconds{bytes.size() * std::nano::den / rate};
  to.pieces.push_back({.at = to.last_at, .bytes = Bytes{bytes}});
}

// The other end hears of it on a way of its own: what has arrived and been read by then has come through.
void SimConnection::break_off(SimSide side) {
  finish(here(side), Fate::reset);
  End& theirs = there(side);
  theirs.reset_at = wire_.clock.steady() + draw_latency(wire_.weather, wire_.random);
  wake(theirs);
}

void SimConnection::finish(End& end, Fate fate) {
  end.fate = fate;
  end.pieces.clear();
  wake(end);
}

void SimConnection::wake(End& end) {
  end.readable.notify();
  end.writable.notify();
}

asio::awaitable<void> SimConnection::wait(Signal& signal, std::optional<SteadyTime> next) {
  const auto executor = co_await asio::this_coro::executor;
  const SteadyTime now = wire_.clock.steady();
  if (next && *next <= now) next = now + sim_parted_look_again;
  Alarm come;
  if (next) come = wire_.clock.alarm(executor, *next, [&signal] { signal.notify(); });
  co_await signal.wait();
}

}  // namespace tidegate
