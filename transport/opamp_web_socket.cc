#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/check.h"
#include "transport/deadline.h"
#include "transport/opamp_codec.h"
#include "transport/opamp_connection.h"
#include "transport/web_socket.h"

namespace tidegate {
namespace {

class Conversation {
 public:
  Conversation(OpampConnection& link, WebSocket& socket) : link_(link), socket_(socket) {}

  asio::awaitable<OpampEnd> run() {
    using asio::experimental::awaitable_operators::operator||;
    link_.session.connected(link_.clock.steady());
    co_await (read() || write());
    link_.session.disconnected();
    socket_.abort();
    TG_ASSERT(end_.has_value(), "a conversation that ended has said why");
    end_->answered = link_.connected;
    co_return *std::move(end_);
  }

 private:
  // The first reason counts.
  void end(OpampEnd end) {
    if (!end_) end_ = std::move(end);
  }
  void end(Error reason) {
    OpampEnd because;
    if (reason.code() == Code::invalid) because.next = OpampEnd::Next::denied;  // our certificate
    because.reason = std::move(reason);
    end(std::move(because));
  }

  asio::awaitable<void> read() {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!end_) {
      Result<Bytes> message = co_await socket_.read();
      if (!message) {
        end(std::move(message).error());
        break;
      }
      unanswered_since_.reset();
      taking_ = true;
      std::optional<OpampEnd> because = co_await link_.take(*message, opamp::Framing::websocket);
      taking_ = false;
      if (unanswered_since_) unanswered_since_ = link_.clock.steady();
      if (because) end(*std::move(because));
    }
    // The other side's goodbye may be read here before ours is done.
    while (leaving_ && !left_) co_await gone_.wait();
  }

  asio::awaitable<void> write() {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto stop = co_await asio::this_coro::cancellation_state;
    while (!end_) {
      if (stop.cancelled() != asio::cancellation_type::none) {
        end(Error{Code::cancelled, "stopped"});
      } else if (link_.wish) {
        co_await leave();
      } else if (std::optional<opamp::AgentToServer> message = link_.session.next(link_.clock.steady())) {
        if (!unanswered_since_) unanswered_since_ = link_.clock.steady();
        auto sent = co_await send(*message);
        if (!sent) end(std::move(sent).error());
      } else if (silent()) {
        end(Error{Code::timeout, "the server does not answer"});
      } else {
        co_await link_.wait_until(next_look());
      }
    }
  }

  asio::awaitable<Result<void>> send(const opamp::AgentToServer& message) {
    Result<Bytes> bytes = opamp::encode(message, opamp::Framing::websocket);
    TG_ASSERT(bytes.has_value(), "every part of a message was looked at before");
    co_return co_await socket_.write(*bytes);
  }

  asio::awaitable<void> leave() {
    leaving_ = true;
    auto said = co_await send(link_.session.farewell());
    if (said) co_await socket_.close(WebSocketClose::normal, {});
    OpampEnd as_wished;
    as_wished.next = OpampEnd::Next::as_wished;
    as_wished.reason = Error{Code::cancelled, "left"};
    end_ = std::move(as_wished);
    left_ = true;
    gone_.notify();
  }

  // Nobody is blamed for an answer that waits here for its turn.
  bool silent() const {
    return !taking_ && unanswered_since_ && link_.clock.steady() >= *unanswered_since_ + link_.options.limits.answer_max;
  }
  std::optional<SteadyTime> next_look() const {
    std::optional<SteadyTime> due = link_.session.next_due();
    if (taking_ || !unanswered_since_) return due;
    const SteadyTime late = *unanswered_since_ + link_.options.limits.answer_max;
    return due ? std::min(*due, late) : late;
  }

  OpampConnection& link_;
  WebSocket& socket_;
  std::optional<OpampEnd> end_;
  std::optional<SteadyTime> unanswered_since_;
  bool taking_ = false;
  bool leaving_ = false;
  bool left_ = false;
  Signal gone_;
};

}  // namespace

asio::awaitable<OpampEnd> opamp_over_web_socket(OpampConnection& link, TlsContextPtr tls) {
  WebSocketTarget target{link.url, std::move(tls), link.options.limits.message_bytes_max, link.options.headers};
  std::optional<WebSocketRefused> refused;
  auto socket = co_await connect_web_socket(std::move(target), link.options.limits.connect_max, refused);
  if (!socket && refused) {
    std::optional<std::chrono::nanoseconds> retry_after = refused->retry_after;
    co_return opamp_end_of_status(refused->status, retry_after, std::move(socket).error());
  }
  if (!socket) {
    OpampEnd end;
    if (socket.error().code() == Code::invalid) end.next = OpampEnd::Next::denied;
    end.reason = std::move(socket).error();
    co_return end;
  }
  Conversation conversation{link, **socket};
  co_return co_await conversation.run();
}

}  // namespace tidegate
