#include "tests/world/sim_control_plane.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/check.h"
#include "config/connectors_document.h"
#include "tests/world/framed_stream.h"
#include "tests/world/loop_turns.h"
#include "transport/opamp_codec.h"
#include "transport/opamp_requests.h"
#include "transport/opamp_server_session.h"

namespace tidegate {
namespace {

const OpampServerIdentity& plane_identity() {
  static const OpampServerIdentity identity = [] {
    namespace can = opamp::server_capability;
    OpampServerIdentity made;
    made.capabilities = can::accepts_status | can::offers_remote_config | can::accepts_effective_config;
    made.custom_capabilities.capabilities.emplace_back(requests_capability);
    return made;
  }();
  return identity;
}

opamp::AgentRemoteConfig offer_with(const PushedDocument& document) {
  opamp::AgentConfigFile file;
  file.body = document.text;
  file.content_type = "text/yaml";
  opamp::AgentRemoteConfig offer;
  offer.config.emplace().config_map.emplace(std::string{connectors_document_name}, std::move(file));
  offer.config_hash = document.hash;
  return offer;
}

}  // namespace

struct SimControlPlane::Connection {
  Connection(std::unique_ptr<ByteStream> bytes, std::uint64_t its_number)
      : stream(std::move(bytes)), number(its_number), session(plane_identity(), OpampServerLimits{}) {}

  FramedStream stream;
  std::uint64_t number;
  OpampServerSession session;
  std::deque<OpampReply> replies;
  bool over = false;   // nothing more is read or written
  bool ended = false;  // and nobody refers to it any more
  Signal stir;

  void end() {
    over = true;
    stream.close();
    stir.notify();
  }
};

SimControlPlane::SimControlPlane(asio::io_context& loop, std::string place, SimControlPlanePorts ports)
    : loop_(loop), place_(std::move(place)), ports_(std::move(ports)), tasks_(loop.get_executor()) {}

SimControlPlane::~SimControlPlane() {
  ports_.net.shut(place_);
  for (int turns = 0; !tasks_.empty() && turns < turns_max; ++turns) {
    tasks_.stop();
    turn_until_idle(loop_);
  }
}

void SimControlPlane::come() {
  if (std::exchange(here_, true)) return;
  ports_.net.listen(place_, [this](std::unique_ptr<ByteStream> stream, const std::string&) { accept(std::move(stream)); });
}

void SimControlPlane::leave() {
  here_ = false;
  ports_.net.vanish(place_);
}

void SimControlPlane::accept(std::unique_ptr<ByteStream> stream) {
  std::erase_if(connections_, [](const std::unique_ptr<Connection>& each) { return each->ended; });
  Connection& connection = *connections_.emplace_back(std::make_unique<Connection>(std::move(stream), ++connections_made_));
  connection.session.connected();
  if (!pushed_.empty()) connection.session.want_config(pushed_.back().hash);
  tasks_.spawn("control", serve(connection));
}

const PushedDocument& SimControlPlane::push(std::string text) {
  TG_ASSERT(text.size() < opamp::config_bytes_max, "a document that is pushed fits a message");
  PushedDocument document;
  document.number = pushed_.size() + 1;
  document.hash = to_hex(Id128{ports_.random.next(), ports_.random.next()});
  document.text = std::move(text);
  pushed_.push_back(std::move(document));
  for (const std::unique_ptr<Connection>& each : connections_) {
    each->session.want_config(pushed_.back().hash);
    each->stir.notify();
  }
  return pushed_.back();
}

asio::awaitable<Error> SimControlPlane::serve(Connection& connection) {
  co_await asio::this_coro::throw_if_cancelled(false);
  TaskGroup parts{loop_.get_executor()};
  parts.spawn("reads", read(connection));
  parts.spawn("writes", write(connection));
  co_await parts.join();
  connection.ended = true;
  co_return Error{Code::cancelled, "the connection has ended"};
}

asio::awaitable<Error> SimControlPlane::read(Connection& connection) {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!connection.over) {
    Result<Bytes> bytes = co_await connection.stream.read();
    if (!bytes) break;
    Result<opamp::AgentToServer> message = opamp::decode_agent_to_server(*bytes, opamp::Framing::websocket);
    TG_ASSERT(message.has_value(), "what the sensor's end writes can be read");
    heard_ = std::max(heard_, connection.number);
    const bool leaves = message->agent_disconnect.has_value();
    OpampServerTurn turn = connection.session.on_message(*std::move(message));
    if (turn.news.remote_config_status && connection.number == heard_) take(*turn.news.remote_config_status);
    if (leaves) break;
    connection.replies.push_back(std::move(turn.reply));
    connection.stir.notify();
  }
  connection.end();
  co_return Error{Code::cancelled, "the sensor has left"};
}

asio::awaitable<Error> SimControlPlane::write(Connection& connection) {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!connection.over) {
    if (connection.replies.empty()) {
      if (std::optional<OpampReply> unasked = connection.session.next()) connection.replies.push_back(*std::move(unasked));
    }
    if (connection.replies.empty()) {
      co_await connection.stir.wait();
      if (co_await stopped()) break;
      continue;
    }
    OpampReply reply = std::move(connection.replies.front());
    connection.replies.pop_front();
    const PushedDocument* offered = reply.offers_config ? find(connection.session.wanted_config()) : nullptr;
    if (offered != nullptr) reply.message.remote_config = offer_with(*offered);
    Result<Bytes> bytes = opamp::encode(reply.message, opamp::Framing::websocket);
    TG_ASSERT(bytes.has_value(), "a reply fits a message");
    const std::uint64_t number = offered != nullptr ? offered->number : 0;
    Result<void> written = co_await connection.stream.write(*bytes);
    if (!written) break;
    if (number > 0) ports_.offered(pushed_[number - 1]);
  }
  connection.end();
  co_return Error{Code::cancelled, "the connection has ended"};
}

PushedDocument* SimControlPlane::find(ByteView hash) {
  const auto found = std::ranges::find(pushed_, hash, [](const PushedDocument& each) { return ByteView{each.hash}; });
  return found == pushed_.end() ? nullptr : &*found;
}

void SimControlPlane::take(const opamp::RemoteConfigStatus& status) {
  PushedDocument* const document = find(status.last_remote_config_hash);
  if (document == nullptr || (document->state == status.status && document->reasons == status.error_message)) return;
  document->state = status.status;
  document->reasons = status.error_message;
  ports_.reported(*document);
}

}  // namespace tidegate
