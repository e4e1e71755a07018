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

// HELO, PING, PONG.   requires: stream and handshake outlive the wait
asio::awaitable<Result<void>> shake_hands(ByteStream& stream, ForwardHandshake& handshake) {
  std::array<char, 1024> received{};
  while (!handshake.done()) {
    const Result<std::size_t> came = co_await stream.read_some(received);
    if (!came) co_return came.error();
    if (*came == 0) co_return handshake.on_end();
    const Result<Bytes> answer = handshake.on_bytes(ByteView{received.data(), *came});
    if (!answer) co_return answer.error();
    if (answer->empty()) continue;
    Result<void> written = co_await stream.write({*answer, {}, {}});
    if (!written) co_return written;
  }
  co_return Result<void>{};
}

bool stopped(const asio::cancellation_state& state) { return state.cancelled() != asio::cancellation_type::none; }

}  // namespace

// One session. It ends once, for one reason, which everyone who waits on it is then given.
class ForwardClient::Connection : public std::enable_shared_from_this<Connection> {
 public:
  enum class Greeted : bool { no, yes };

  // Greeted: there was a handshake.
  Connection(Clock& clock, const ForwardLimits& limits, std::unique_ptr<ByteStream> stream, std::string peer, Greeted greeted,
             const asio::any_io_executor& executor)
      : clock_(clock),
        limits_(limits),
        stream_(std::move(stream)),
        peer_(std::move(peer)),
        session_(limits.session),
        executor_(executor),
        may_greet_(greeted == Greeted::no) {}

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
    const ByteView bytes{received_.data(), *came};
    if (std::exchange(may_greet_, false) && begins_with_helo(bytes))
      return end(Error{Code::denied, peer_ + ": the receiver asks for a shared key, and none is configured"});
    auto done = session_.on_bytes(bytes);
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
  bool may_greet_;  // nothing came yet, and a HELO would be nobody's
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
  std::unique_ptr<ForwardHandshake> none;
  co_return co_await open(std::move(endpoint), std::move(tls), std::move(none));
}

asio::awaitable<Result<void>> ForwardClient::connect(ForwardEndpoint endpoint, TlsContextPtr tls, HandshakeOptions handshake) {
  auto begun = std::make_unique<ForwardHandshake>(std::move(handshake));
  co_return co_await open(std::move(endpoint), std::move(tls), std::move(begun));
}

asio::awaitable<Result<void>> ForwardClient::open(ForwardEndpoint endpoint, TlsContextPtr tls,
                                                  std::unique_ptr<ForwardHandshake> handshake) {
  close();
  const std::string peer = endpoint.host + ":" + std::to_string(endpoint.port);
  auto stream =
      co_await with_deadline(dial_(std::move(endpoint), std::move(tls)), limits_.connect_max, peer + ": connect", &clock_);
  if (!stream) co_return std::move(stream).error();
  ForwardLimits limits = limits_;
  if (handshake) {
    Result<void> shaken = co_await with_deadline(shake_hands(**stream, *handshake), limits_.handshake_max, "handshake", &clock_);
    if (!shaken && shaken.error().code() == Code::timeout)
      co_return Error{Code::timeout, peer + ": " + shaken.error().text() + ", waiting for " + std::string{handshake->awaited()}};
    if (!shaken) co_return std::move(shaken).error().in(peer);
    // Of several chunks the receiver would take the first and close on the others.
    if (!handshake->keepalive()) limits.session.in_flight_chunks_max = 1;
  }
  const auto greeted = handshake ? Connection::Greeted::yes : Connection::Greeted::no;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  connection_ = std::make_shared<Connection>(clock_, limits, std::move(*stream), peer, greeted, executor);
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
