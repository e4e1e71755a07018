#include "transport/forward_client.h"

#include <algorithm>
#include <array>
#include <boost/asio/this_coro.hpp>
#include <optional>

#include "base/check.h"
#include "transport/byte_stream.h"
#include "transport/deadline.h"
#include "transport/signal.h"

namespace tidegate {
namespace {

asio::awaitable<Result<std::unique_ptr<ByteStream>>> open_stream(ForwardEndpoint endpoint, TlsContextPtr tls) {
  auto plain = co_await connect_tcp(endpoint.host, endpoint.port);
  if (!plain) co_return std::move(plain).error();
  co_return co_await start_tls(std::move(*plain), std::move(tls), endpoint.host);
}

bool stopped(const asio::cancellation_state& state) { return state.cancelled() != asio::cancellation_type::none; }

}  // namespace

// One session. It ends once, for one reason, which everyone who waits on it is then given.
class ForwardClient::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Clock& clock, const ForwardLimits& limits, std::unique_ptr<ByteStream> stream, std::string peer,
             const asio::any_io_executor& executor)
      : clock_(clock),
        limits_(limits),
        stream_(std::move(stream)),
        peer_(std::move(peer)),
        session_(limits.session),
        executor_(executor) {}

  const std::optional<Error>& ended() const { return ended_; }
  std::size_t in_flight_bytes() const { return session_.in_flight_bytes(); }

  void end(Error why) {
    if (ended_) return;
    ended_ = std::move(why);
    stream_->close();
    overdue_.reset();
    room_.notify();
  }

  asio::awaitable<Result<void>> send(ForwardChunk chunk) {
    const auto stop = co_await asio::this_coro::cancellation_state;
    const ChunkFrame frame = frame_chunk(chunk);
    const std::size_t bytes = frame.head.size() + chunk.payload.size() + frame.tail.size();
    // Bounded by ack_wait_max: a full window holds a chunk whose ack comes, or ends the session.
    while (!ended_ && !stopped(stop) && !session_.has_room(bytes)) co_await room_.wait();
    if (ended_) co_return *ended_;
    if (stopped(stop)) co_return Error{Code::cancelled, peer_ + ": stopped"};

    session_.add(chunk.chunk, bytes, clock_.steady());
    watch();
    Result<void> written =
        co_await with_deadline(stream_->write({frame.head, chunk.payload, frame.tail}), limits_.write_max, "write", &clock_);
    if (!written) end(std::move(written).error().in(peer_));
    if (ended_) co_return *ended_;
    co_return Result<void>{};
  }

  asio::awaitable<Result<Id128>> next_ack() {
    const auto stop = co_await asio::this_coro::cancellation_state;
    while (true) {
      if (const auto chunk = session_.next_ack()) co_return *chunk;
      if (ended_) co_return *ended_;
      if (stopped(stop)) co_return Error{Code::cancelled, peer_ + ": stopped"};
      const Result<std::size_t> came = co_await stream_->read_some(received_);
      if (!came && came.error().code() == Code::cancelled) continue;
      take(came);
    }
  }

 private:
  void take(const Result<std::size_t>& came) {
    if (!came) return end(Error{came.error()}.in(peer_));
    if (*came == 0) return end(Error{Code::unavailable, peer_ + ": the receiver closed the connection"});
    auto done = session_.on_bytes(ByteView{received_.data(), *came});
    if (!done) return end(std::move(done).error().in(peer_));
    watch();
    room_.notify();
  }

  // Sets the alarm to the moment when the chunk that waits longest is overdue. It holds no share of the connection, so an
  // owner that lets go of it is not kept waiting.
  void watch() {
    const auto expiry = session_.next_expiry();
    if (expiry == watched_) return;
    watched_ = expiry;
    overdue_.reset();
    if (!expiry) return;
    overdue_ = clock_.alarm(executor_, *expiry, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || self->ended_) return;
      self->watched_.reset();
      if (!self->session_.expired(self->clock_.steady())) return self->watch();
      self->end(deadline_passed(self->peer_ + ": acknowledgement", self->limits_.session.ack_wait_max));
    });
  }

  Clock& clock_;
  ForwardLimits limits_;
  std::unique_ptr<ByteStream> stream_;
  std::string peer_;
  ForwardSession session_;
  asio::any_io_executor executor_;
  Alarm overdue_;
  std::optional<SteadyTime> watched_;  // what the alarm is set to
  Signal room_;
  std::array<char, 4096> received_{};
  std::optional<Error> ended_;
};

Dial dial_tls() {
  return [](ForwardEndpoint endpoint, TlsContextPtr tls) {
    TG_ASSERT(tls != nullptr, "records leave over TLS alone");
    return open_stream(std::move(endpoint), std::move(tls));
  };
}

ForwardClient::ForwardClient(Clock& clock, ForwardLimits limits, Dial dial)
    : clock_(clock), limits_(limits), dial_(std::move(dial)) {}
ForwardClient::~ForwardClient() { close(); }

asio::awaitable<Result<void>> ForwardClient::connect(ForwardEndpoint endpoint, TlsContextPtr tls) {
  close();
  const std::string peer = endpoint.host + ":" + std::to_string(endpoint.port);
  auto stream =
      co_await with_deadline(dial_(std::move(endpoint), std::move(tls)), limits_.connect_max, peer + ": connect", &clock_);
  if (!stream) co_return std::move(stream).error();
  connection_ = std::make_shared<Connection>(clock_, limits_, std::move(*stream), peer, co_await asio::this_coro::executor);
  co_return Result<void>{};
}

asio::awaitable<Result<void>> ForwardClient::send(ForwardChunk chunk) {
  const auto connection = connection_;
  if (!connection) co_return Error{Code::unavailable, "no session with a receiver"};
  co_return co_await connection->send(chunk);
}

asio::awaitable<Result<Id128>> ForwardClient::next_ack() {
  const auto connection = connection_;
  if (!connection) co_return Error{Code::unavailable, "no session with a receiver"};
  co_return co_await connection->next_ack();
}

void ForwardClient::close() {
  if (connection_) connection_->end(Error{Code::unavailable, "the session was closed"});
  connection_.reset();
}

bool ForwardClient::connected() const { return connection_ && !connection_->ended(); }

std::size_t ForwardClient::in_flight_bytes() const { return connection_ ? connection_->in_flight_bytes() : 0; }

}  // namespace tidegate
