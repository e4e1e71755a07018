#include "tests/world/sim_control_link.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "transport/deadline.h"
#include "transport/opamp_codec.h"
#include "transport/opamp_requests.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

constexpr std::size_t deepest_health = 8;
// Rarer than in the field: each costs turns of the loop, and a day has many.
constexpr std::chrono::seconds sim_heartbeat{180};
constexpr std::size_t sim_events_max = 64;

std::uint64_t sim_sensor_capabilities() {
  namespace can = opamp::agent_capability;
  return can::reports_status | can::reports_effective_config | can::reports_health | can::reports_remote_config |
         can::reports_heartbeat | can::accepts_remote_config | can::accepts_restart_command;
}

}  // namespace

SimControlLink::SimControlLink(SimControlLinkOptions options, Surroundings around)
    : options_(std::move(options)),
      around_(around),
      session_(options_.instance_uid, sim_sensor_capabilities(), OpampSessionLimits{.heartbeat = sim_heartbeat}),
      link_{session_, client_, around.clock, {}, OpampEvents{sim_events_max}},
      backoff_(around.random, client_.limits.backoff) {
  TG_ASSERT(session_.set_description(description_of(options_.facts)).has_value(), "a sensor can be described");
  opamp::CustomCapabilities custom;
  custom.capabilities.emplace_back(requests_capability);
  TG_ASSERT(session_.set_custom_capabilities(std::move(custom)).has_value(), "requests can be taken");
  link_.answered = [this] { on_answer(); };
}

asio::awaitable<Error> SimControlLink::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (stop.cancelled() == asio::cancellation_type::none) {
    link_.wish = false;
    if (renewal_) renewal_->begun = true;
    const Error reason = co_await connect_once();
    if (stop.cancelled() != asio::cancellation_type::none) break;
    if (reason.code() == Code::cancelled) continue;  // as wished
    trouble_ = reason.text();
    finish_renewal(reason);
    co_await pause();
  }
  co_return Error{Code::cancelled, "the control link was stopped"};
}

asio::awaitable<void> SimControlLink::pause() {
  const auto stop = co_await asio::this_coro::cancellation_state;
  const SteadyTime until = around_.clock.steady() + backoff_.next();
  while (!link_.wish && around_.clock.steady() < until && stop.cancelled() == asio::cancellation_type::none)
    co_await link_.wait_until(until);
}

asio::awaitable<Error> SimControlLink::connect_once() {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::awaitable<Result<std::unique_ptr<ByteStream>>> dialling = options_.dial();
  Result<std::unique_ptr<ByteStream>> stream =
      co_await with_deadline(std::move(dialling), client_.limits.connect_max, "connecting", &around_.clock);
  // Whoever stops the link looks at that himself; a wish is granted by the next connection.
  if (!stream) co_return stream.error().code() == Code::cancelled ? Error{Code::unavailable, "stopped"} : stream.error();
  stream_ = std::make_unique<FramedStream>(*std::move(stream));
  ended_.reset();
  unanswered_since_.reset();
  session_.connected(around_.clock.steady());
  TaskGroup parts{executor};
  parts.spawn("reads", read());
  parts.spawn("writes", write());
  co_await parts.join();
  session_.disconnected();
  link_.connected = false;
  stream_.reset();
  co_return ended_.value_or(Error{Code::unavailable, "stopped"});
}

// The first reason counts.
void SimControlLink::end(Error reason) {
  if (!ended_) ended_ = std::move(reason);
  stream_->close();
  link_.stir.notify();
}

void SimControlLink::hang_up() {
  if (stream_) end(Error{Code::unavailable, "the process has died"});
}

asio::awaitable<Error> SimControlLink::read() {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!ended_) {
    Result<Bytes> message = co_await stream_->read();
    if (!message) {
      end(Error{Code::unavailable, message.error().text()});
      break;
    }
    unanswered_since_.reset();
    std::optional<OpampEnd> because = co_await link_.take(*message, opamp::Framing::websocket);
    if (because) end(Error{Code::unavailable, because->reason.text()});
  }
  co_return Error{Code::cancelled, "the connection has ended"};
}

asio::awaitable<Error> SimControlLink::write() {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!ended_) {
    const SteadyTime now = around_.clock.steady();
    if (co_await stopped()) {
      end(Error{Code::unavailable, "stopped"});
      break;
    }
    const bool leaves = link_.wish;
    std::optional<opamp::AgentToServer> message = leaves ? session_.farewell() : session_.next(now);
    if (message) {
      if (!unanswered_since_) unanswered_since_ = now;
      const Result<Bytes> bytes = opamp::encode(*message, opamp::Framing::websocket);
      TG_ASSERT(bytes.has_value(), "every part of a message was looked at before");
      const Result<void> sent = co_await stream_->write(*bytes);
      if (leaves) end(Error{Code::cancelled, "left"});
      else if (!sent) end(Error{Code::unavailable, sent.error().text()});
      continue;
    }
    std::optional<SteadyTime> due = session_.next_due();
    if (unanswered_since_) {
      const SteadyTime late = *unanswered_since_ + client_.limits.answer_max;
      if (now >= late) {
        end(Error{Code::timeout, "the processor does not answer"});
        break;
      }
      due = due ? std::min(*due, late) : late;
    }
    co_await link_.wait_until(due);
  }
  co_return Error{Code::cancelled, "the connection has ended"};
}

void SimControlLink::on_answer() {
  trouble_.clear();
  backoff_.reset();
  finish_renewal({});
}

void SimControlLink::finish_renewal(const Result<void>& result) {
  if (!renewal_ || !renewal_->begun) return;
  renewal_->result = result;
  renewal_->done.notify();
  renewal_.reset();
}

asio::awaitable<Result<void>> SimControlLink::renew() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  const auto renewal = std::make_shared<Renewal>();
  renewal_ = renewal;
  link_.wish = true;
  link_.stir.notify();
  while (!renewal->result && stop.cancelled() == asio::cancellation_type::none) co_await renewal->done.wait();
  if (renewal_ == renewal) renewal_.reset();
  co_return renewal->result ? *renewal->result : Result<void>{Error{Code::cancelled, "the renewal is not waited for"}};
}

asio::awaitable<Result<ControlEvent>> SimControlLink::next() {
  for (;;) {
    Result<OpampEvent> event = co_await link_.events.take();
    if (!event) co_return std::move(event).error();
    if (auto* config = std::get_if<opamp::AgentRemoteConfig>(&*event)) co_return ControlEvent{offer_of(std::move(*config))};
    if (std::holds_alternative<OpampRestart>(*event)) co_return ControlEvent{RestartRequest{}};
    const auto* const message = std::get_if<opamp::CustomMessage>(&*event);
    std::optional<Command> command = message != nullptr ? command_of(*message) : std::nullopt;
    if (command) co_return ControlEvent{*std::move(command)};
  }
}

void SimControlLink::publish(ControlReport report) {
  TG_ASSERT(session_.set_remote_config_status(status_message(report.remote)).has_value(), "a status can be reported");
  TG_ASSERT(session_.set_effective_config(effective_message(report.effective)).has_value(), "a configuration can be reported");
  TG_ASSERT(session_.set_health(health_message(report.health, deepest_health)).has_value(), "a sensor's health can be reported");
  link_.stir.notify();
}

Result<void> SimControlLink::answer(CommandAnswer answer) {
  if (!link_.connected) return Error{Code::unavailable, "there is no session with the processor"};
  Result<void> queued = session_.queue_custom(message_of(answer));
  link_.stir.notify();
  return queued;
}

}  // namespace tidegate
