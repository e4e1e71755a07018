// SimConnection: one connection of a SimNet. Each of its two ends has what is under way to it: pieces of what the other end wrote,
// each with the time of its arrival, behind them perhaps the other end's closing, and past them all perhaps a reset. Nothing of
// this is known at an end before its time, nor while the two places are parted.
//
// Thread: the loop.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "tests/world/sim_net.h"
#include "transport/byte_stream.h"
#include "transport/signal.h"

namespace tidegate {

// Written and not yet read, in one direction. A writer waits while it is as much.
inline constexpr std::size_t sim_unread_max = 256u << 10;
// Weather tells nobody that it changes: who is parted looks again as often as this.
inline constexpr std::chrono::seconds sim_parted_look_again{1};

std::chrono::nanoseconds draw_latency(const Weather& weather, Random& random);

struct SimWire {
  Clock& clock;
  Random& random;
  const Weather& weather;
  std::uint64_t& carried;
};

enum class SimSide : std::uint8_t { dialler, acceptor };

class SimConnection : public std::enable_shared_from_this<SimConnection> {
 public:
  //   requires: what the wire refers to outlives every call
  SimConnection(SimWire wire, std::string dialler, std::string acceptor);

  // As ByteStream has them. They keep the connection while they wait.
  asio::awaitable<Result<std::size_t>> read_some(SimSide side, std::span<char> room);
  asio::awaitable<Result<void>> write(SimSide side, Parts parts);
  void close(SimSide side);
  bool quiet(SimSide side) const;

  // Both ends, at once.
  void reset();
  // The ends at a place are closed, and the others hear nothing of it.
  void vanish(const std::string& place);

  bool between(const std::string& one, const std::string& other) const;
  bool open_at(const std::string& place) const;
  bool ended() const;

 private:
  struct Piece {
    SteadyTime at;
    Bytes bytes;
    std::size_t read = 0;
  };
  enum class Fate : std::uint8_t { open, closed, reset };
  struct End {
    std::string place;
    Fate fate = Fate::open;
    std::deque<Piece> pieces{};             // by their arrival
    std::size_t unread = 0;                 // written by the other end: also what has been lost since
    SteadyTime last_at{};                   // of the arrivals so far: nothing overtakes
    std::optional<SteadyTime> closed_at{};  // the other end's closing arrives
    std::optional<SteadyTime> reset_at{};   // its reset does, and what has not been read by then is lost
    Signal readable{};                      // a reader has to look again
    Signal writable{};                      // a writer has
  };

  End& here(SimSide side) { return ends_[static_cast<std::size_t>(side)]; }
  const End& here(SimSide side) const { return ends_[static_cast<std::size_t>(side)]; }
  End& there(SimSide side) { return ends_[1 - static_cast<std::size_t>(side)]; }

  bool has_come(const std::optional<SteadyTime>& at) const;
  bool piece_has_come(const End& end) const { return !end.pieces.empty() && has_come(end.pieces.front().at); }
  // Why nothing can be read or written at this end any more; absent while it is open.
  std::optional<Error> over(End& end);
  std::size_t take(End& from, std::span<char> room);
  void put(End& to, ByteView bytes);
  void put_piece(End& to, ByteView bytes);
  void break_off(SimSide side);
  static void finish(End& end, Fate fate);
  static void wake(End& end);

  // Until the signal, or until what comes next comes.
  asio::awaitable<void> wait(Signal& signal, std::optional<SteadyTime> next);

  SimWire wire_;
  std::array<End, 2> ends_;
};

// One end of it, closed when it goes.
class SimStream final : public ByteStream {
 public:
  SimStream(std::shared_ptr<SimConnection> connection, SimSide side) : connection_(std::move(connection)), side_(side) {}
  ~SimStream() override { connection_->close(side_); }
  SimStream(const SimStream&) = delete;
  SimStream& operator=(const SimStream&) = delete;

  asio::awaitable<Result<std::size_t>> read_some(std::span<char> room) override { return connection_->read_some(side_, room); }
  asio::awaitable<Result<void>> write(Parts parts) override { return connection_->write(side_, parts); }
  void close() override { connection_->close(side_); }
  bool quiet() override { return connection_->quiet(side_); }

 private:
  std::shared_ptr<SimConnection> connection_;  // shared with the other end, and with who still waits on this one
  SimSide side_;
};

}  // namespace tidegate
