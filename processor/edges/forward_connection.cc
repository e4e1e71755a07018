#include "processor/edges/forward_connection.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "transport/forward_codec.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

constexpr std::size_t sensor_bytes_max = 256;
constexpr std::chrono::seconds room_look_again{1};  // in case the room was made between two looks

Refusal kind_of(const Error& error) {
  return error.code() == Code::full || error.code() == Code::unavailable || error.code() == Code::cancelled ? Refusal::landing
                                                                                                            : Refusal::chunk;
}

// Of a message that the intake did not take.
Refusal kind_of_refused(const Error& error) {
  if (error.code() == Code::denied) return Refusal::identity;
  return error.code() == Code::absent ? Refusal::tenant : Refusal::chunk;
}

}  // namespace

ForwardConnection::ForwardConnection(std::unique_ptr<IncomingStream> stream, ForwardShared& shared, std::string peer)
    : shared_(shared),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      reader_(shared.limits.reader),
      read_deadline_(shared.clock.steady() + shared.limits.handshake_max) {}

ForwardConnection::~ForwardConnection() { shared_.pending_bytes -= pending_bytes_; }

asio::awaitable<Error> ForwardConnection::read() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const std::shared_ptr<ForwardConnection> self = shared_from_this();
  if (co_await handshake()) {
    shared_.sensor_came(sensor_.sensor);
    while (!co_await stopped() && co_await read_some() && co_await take_messages()) {
    }
    shared_.sensor_went(sensor_.sensor);
  }
  close();
  co_return Error{Code::cancelled, "the connection ended"};
}

asio::awaitable<bool> ForwardConnection::handshake() {
  Result<TlsPeer> proven = co_await stream_->handshake();
  read_deadline_.reset();
  if (closed_) co_return false;
  if (!proven) {
    cut_off(proven.error().code() == Code::invalid ? Refusal::certificate : Refusal::tls, proven.error().text());
    co_return false;
  }
  sensor_.sensor = proven->name;  // for the log, should it be refused
  gate_version_ = shared_.gate != nullptr ? shared_.gate->version() : 0;
  Result<DataPeer> peer = admitted(*std::move(proven));
  if (!peer) {
    cut_off(peer.error().code() == Code::absent ? Refusal::certificate : Refusal::identity, peer.error().text());
    co_return false;
  }
  sensor_ = *std::move(peer);
  shared_.log.info("sensor connected", {{"sensor", sensor_.sensor}, {"peer", peer_}});
  co_return true;
}

// `absent`: the certificate names nobody.
Result<DataPeer> ForwardConnection::admitted(TlsPeer peer) const {
  if (peer.name.empty() || peer.name.size() > sensor_bytes_max)
    return Error{Code::absent, "its certificate has no common name that can be used: it names no sensor"};
  if (shared_.gate == nullptr) return DataPeer{std::move(peer.name), std::nullopt};
  Result<DataPeer> admitted = shared_.gate->admit(peer);
  if (!admitted && admitted.error().code() == Code::absent) return Error{Code::invalid, admitted.error().text()};
  return admitted;
}

asio::awaitable<bool> ForwardConnection::read_some() {
  const std::span<char> room = reader_.prepare(shared_.limits.read_bytes_max);
  const Result<std::size_t> came = co_await stream_->read_some(room);
  if (closed_) co_return false;
  reader_.commit(came ? *came : 0);
  if (came && *came > 0) co_return true;
  if (co_await stopped()) co_return false;
  const std::string reason = came ? "closed by the sensor" : came.error().text();
  if (reader_.pending_bytes() > 0) cut_off(Refusal::protocol, "the connection ended in the middle of a message");
  else shared_.log.info("sensor disconnected", {{"sensor", sensor_.sensor}, {"peer", peer_}, {"reason", reason}});
  co_return false;
}

// Takes every whole message that was read. False when the connection is over.
asio::awaitable<bool> ForwardConnection::take_messages() {
  while (true) {
    Result<std::optional<ForwardMessage>> message = reader_.next();
    if (!message) {
      cut_off(Refusal::protocol, message.error().text());
      co_return false;
    }
    if (!*message) break;
    read_deadline_.reset();  // the next message's time begins with its first byte
    if (!co_await land(**std::move(message))) co_return false;
  }
  account_pending();
  if (reader_.pending_bytes() == 0) read_deadline_.reset();
  else if (!read_deadline_) read_deadline_ = shared_.clock.steady() + shared_.limits.message_max;
  if (shared_.pending_bytes <= shared_.limits.pending_bytes_max) co_return true;
  cut_off(Refusal::overload, "too many bytes of messages that are not whole are held for all connections");
  co_return false;
}

asio::awaitable<bool> ForwardConnection::land(ForwardMessage message) {
  Result<Chunk> chunk = shared_.intake.receive(std::move(message), sensor_);
  if (!chunk) {
    cut_off(kind_of_refused(chunk.error()), chunk.error().text());
    co_return false;
  }
  const std::size_t bytes = chunk->entries.size();
  // The landing thread only posts: the connection is looked for on the loop, where it lives and dies.
  Intake::Answer answer = [weak = weak_from_this(), executor = shared_.executor, id = chunk->id,
                           bytes](const Result<Landed>& landed) {
    asio::post(executor, [weak, id, bytes, landed] {
      if (const std::shared_ptr<ForwardConnection> self = weak.lock()) self->answered(id, bytes, landed);
    });
  };
  while (!closed_ && !co_await stopped()) {
    if (has_room(bytes) && shared_.intake.land(*chunk, answer)) {
      ++in_flight_chunks_;
      in_flight_bytes_ += bytes;
      co_return true;
    }
    const Alarm again =
        shared_.clock.alarm(shared_.executor, shared_.clock.steady() + room_look_again, [this] { shared_.room.notify(); });
    co_await shared_.room.wait();
  }
  co_return false;
}

bool ForwardConnection::has_room(std::size_t bytes) const {
  const bool in_flight = in_flight_chunks_ == 0 || (in_flight_chunks_ < shared_.limits.in_flight_chunks_max &&
                                                    in_flight_bytes_ + bytes <= shared_.limits.in_flight_bytes_max);
  return in_flight && acks_.size() < shared_.limits.unwritten_ack_bytes_max;
}

void ForwardConnection::answered(const std::optional<std::string>& chunk, std::size_t bytes, const Result<Landed>& landed) {
  TG_ASSERT(in_flight_chunks_ > 0 && in_flight_bytes_ >= bytes, "an ack means durable: only a chunk in flight is answered (P4)");
  --in_flight_chunks_;
  in_flight_bytes_ -= bytes;
  shared_.room.notify();
  if (closed_) return;
  if (!landed) return cut_off(kind_of(landed.error()), landed.error().text());
  if (!chunk) return;  // no acknowledgement was asked for
  acks_.append(encode_ack(*chunk));
  changed_.notify();
}

asio::awaitable<Error> ForwardConnection::write() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const std::shared_ptr<ForwardConnection> self = shared_from_this();
  while (!closed_ && !co_await stopped()) {
    if (acks_.empty()) {
      co_await changed_.wait();
      continue;
    }
    const Bytes acks = std::exchange(acks_, {});
    shared_.room.notify();
    write_deadline_ = shared_.clock.steady() + shared_.limits.write_max;
    const Parts parts{acks, {}, {}};
    const Result<void> written = co_await stream_->write(parts);
    write_deadline_.reset();
    if (!written) break;
  }
  close();
  co_return Error{Code::cancelled, "the connection ended"};
}

void ForwardConnection::check_deadlines(SteadyTime now) {
  if (read_deadline_ && now >= *read_deadline_)
    return cut_off(Refusal::timeout, sensor_.sensor.empty() ? "no TLS handshake in time" : "a message was not whole in time");
  if (write_deadline_ && now >= *write_deadline_) return cut_off(Refusal::timeout, "acknowledgements were not taken in time");
  if (shared_.gate == nullptr || sensor_.sensor.empty() || gate_version_ == shared_.gate->version()) return;
  gate_version_ = shared_.gate->version();
  if (!shared_.gate->still_admitted(sensor_)) cut_off(Refusal::identity, "its access was revoked");
}

void ForwardConnection::account_pending() {
  shared_.pending_bytes += reader_.pending_bytes() - pending_bytes_;
  pending_bytes_ = reader_.pending_bytes();
}

void ForwardConnection::cut_off(Refusal why, const std::string& reason) {
  if (closed_) return;
  shared_.refused(why, peer_, sensor_.sensor, reason);
  close();
}

void ForwardConnection::close() {
  if (closed_) return;
  closed_ = true;
  stream_->close();
  changed_.notify();
}

}  // namespace tidegate
