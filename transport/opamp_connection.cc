#include "transport/opamp_connection.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "transport/opamp_codec.h"

namespace tidegate {

asio::awaitable<bool> OpampEvents::put(OpampEvent event) {
  const auto stop = co_await asio::this_coro::cancellation_state;
  if (std::holds_alternative<opamp::AgentRemoteConfig>(event))
    std::erase_if(events_, [](const OpampEvent& held) { return std::holds_alternative<opamp::AgentRemoteConfig>(held); });
  while (events_.size() >= max_) {
    if (stop.cancelled() != asio::cancellation_type::none) co_return false;
    co_await room_.wait();
  }
  events_.push_back(std::move(event));
  came_.notify();
  co_return true;
}

asio::awaitable<Result<OpampEvent>> OpampEvents::take() {
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (events_.empty()) {
    if (ended_ || stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, "nothing more comes"};
    co_await came_.wait();
  }
  OpampEvent event = std::move(events_.front());
  events_.pop_front();
  room_.notify();
  co_return event;
}

asio::awaitable<void> OpampConnection::wait_until(std::optional<SteadyTime> until) {
  const auto stop = co_await asio::this_coro::cancellation_state;
  if (stop.cancelled() != asio::cancellation_type::none) co_return;
  Alarm alarm;
  if (until) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    alarm = clock.alarm(executor, *until, [this] { stir.notify(); });
  }
  co_await stir.wait();
}

asio::awaitable<std::optional<OpampEnd>> OpampConnection::take(ByteView bytes, opamp::Framing framing) {
  const auto ends = [](Error reason) {
    OpampEnd end;
    end.reason = std::move(reason);
    return end;
  };
  Result<opamp::ServerToAgent> message = opamp::decode_server_to_agent(bytes, framing);
  if (!message) co_return ends(std::move(message).error().in("the server's message"));
  Result<std::vector<OpampEvent>> asked = session.on_message(*std::move(message), clock.steady());
  if (!asked) co_return ends(std::move(asked).error());
  if (!std::exchange(connected, true) && answered) answered();
  std::optional<OpampEnd> end;
  std::vector<OpampEvent> told = *std::move(asked);
  for (OpampEvent& event : told) {
    std::optional<OpampEnd> because = co_await take_event(std::move(event));
    if (because) end = std::move(because);
  }
  stir.notify();  // there may be something to answer
  co_return end;
}

asio::awaitable<std::optional<OpampEnd>> OpampConnection::take_event(OpampEvent event) {
  std::optional<OpampEnd> end;
  if (const auto* refusal = std::get_if<OpampRefusal>(&event); refusal && refusal->next == OpampRefusal::Next::reconnect) {
    end.emplace();
    end->next = OpampEnd::Next::later;
    end->reason = Error{Code::throttled, "the server is not available: " + refusal->reason};
    end->retry_after = refusal->retry_after;
  }
  const bool put = co_await events.put(std::move(event));
  if (!put && !end) end = OpampEnd{.reason = Error{Code::cancelled, "stopped"}};
  co_return end;
}

OpampEnd opamp_end_of_status(unsigned status, std::optional<std::chrono::nanoseconds> retry_after, Error reason) {
  OpampEnd end;
  end.reason = std::move(reason);
  if (status == 401 || status == 403) {
    end.next = OpampEnd::Next::denied;
  } else if (status == 429 || status == 503) {
    end.next = OpampEnd::Next::later;
    end.retry_after = retry_after;
  } else if ((status >= 400 && status < 500) || status == 501) {
    end.next = OpampEnd::Next::poll;
  }
  return end;
}

}  // namespace tidegate
