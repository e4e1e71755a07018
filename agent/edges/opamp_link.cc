#include "agent/edges/opamp_link.h"

#include <algorithm>

#include "transport/task_group.h"

namespace tidegate {
namespace {

constexpr std::size_t whole_tree = 8;
constexpr std::chrono::hours look_at_certificate_every{1};
constexpr std::chrono::hours certificate_pause{1};  // after one that was refused; as long again by chance

std::uint64_t capabilities_of(const OpampLinkOptions& options) {
  namespace can = opamp::agent_capability;
  std::uint64_t all = can::reports_status | can::reports_effective_config | can::reports_health | can::reports_remote_config |
                      can::reports_heartbeat;
  if (options.accepts) all |= can::accepts_remote_config | can::accepts_restart_command;
  if (options.renewal) all |= can::accepts_opamp_connection_settings | can::reports_connection_settings_status;
  return all;
}

OpampClientOptions client_options(OpampLinkOptions& options) {
  OpampClientOptions client;
  client.url = options.url;
  client.limits = options.client;
  // The link, and with it its options, outlives the client.
  client.tls = [&options] { return options.renewal ? options.renewal->tls() : options.tls(); };
  return client;
}

}  // namespace

OpampLink::OpampLink(OpampLinkOptions options, Surroundings around, Log& log, Metrics& metrics)
    : options_(std::move(options)),
      around_(around),
      log_(log),
      session_(load_instance_uid(options_.state_directory, around, log), capabilities_of(options_), OpampSessionLimits{}),
      client_(session_, client_options(options_), {around.clock, around.random}, log, metrics) {
  if (Result<void> set = session_.set_description(description_of(options_.facts)); !set)
    log_.error("the control link cannot describe this sensor", {{"reason", set.error().text()}});
  opamp::CustomCapabilities custom;
  custom.capabilities.emplace_back(requests_capability);
  if (Result<void> set = session_.set_custom_capabilities(std::move(custom)); !set)
    log_.error("the control link cannot take requests", {{"reason", set.error().text()}});
}

asio::awaitable<Error> OpampLink::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  TaskGroup tasks{executor, [this](std::string_view, const Error& error) {
                    log_.error("the control link ends, collection goes on", {{"reason", error.text()}});
                  }};
  tasks.spawn("opamp", client_.run());
  if (options_.renewal) tasks.spawn("certificate", renew_certificates());
  co_await tasks.join();
  co_return Error{Code::cancelled, "control link stopped"};
}

asio::awaitable<Result<ControlEvent>> OpampLink::next() {
  for (;;) {
    Result<OpampEvent> event = co_await client_.next();
    if (!event) co_return std::move(event).error();
    if (std::optional<ControlEvent> taken = take(*std::move(event))) co_return *std::move(taken);
  }
}

std::optional<ControlEvent> OpampLink::take(OpampEvent event) {
  if (auto* config = std::get_if<opamp::AgentRemoteConfig>(&event)) return offer_of(std::move(*config));
  if (std::holds_alternative<OpampRestart>(event)) return RestartRequest{};
  if (auto* message = std::get_if<opamp::CustomMessage>(&event)) {
    std::optional<Command> command = command_of(*message);
    if (command) return *std::move(command);
    log_.warning("a message of the processor is no request, and is ignored", {{"bytes", std::to_string(message->data.size())}});
  } else if (auto* offers = std::get_if<opamp::ConnectionSettingsOffers>(&event)) {
    take_settings(std::move(*offers));
  } else if (const auto* uid = std::get_if<OpampNewInstanceUid>(&event)) {
    log_.info("the processor gave this sensor another instance id", {});
    if (Result<void> kept = keep_instance_uid(options_.state_directory, uid->instance_uid); !kept)
      log_.warning("the instance id cannot be kept", {{"reason", kept.error().text()}});
  } else if (const auto* refusal = std::get_if<OpampRefusal>(&event)) {
    take_refusal(*refusal);
  }
  return std::nullopt;  // an answer that nobody wants any more
}

void OpampLink::take_refusal(const OpampRefusal& refusal) {
  log_.warning("the processor refuses what the control link sent", {{"reason", refusal.reason}});
  if (!refusal.of_certificate_request) return;
  certificate_refused_ = true;
  certificate_answered_.notify();
}

void OpampLink::take_settings(opamp::ConnectionSettingsOffers offers) {
  if (!offers.opamp) return;
  const std::string why = why_refused(*offers.opamp, options_.url, options_.renewal && options_.renewal->asked());
  if (!why.empty()) {
    log_.warning("offered connection settings are refused", {{"reason", why}});
    if (offers.opamp->certificate) {
      certificate_refused_ = true;
      certificate_answered_.notify();
    }
    return report_settings(offers.hash, opamp::ApplyStatus::failed, why);
  }
  if (!offers.opamp->certificate) return report_settings(offers.hash, opamp::ApplyStatus::applied, {});  // heartbeats
  issued_ = std::move(offers);
  certificate_answered_.notify();
}

void OpampLink::report_settings(const Bytes& hash, opamp::ApplyStatus status, std::string why) {
  opamp::ConnectionSettingsStatus message;
  message.last_connection_settings_hash = hash;
  message.status = status;
  message.error_message = std::move(why);
  if (Result<void> set = session_.set_connection_settings_status(std::move(message)); !set)
    log_.warning("the control link cannot report its connection settings", {{"reason", set.error().text()}});
  client_.changed();
}

asio::awaitable<Result<void>> OpampLink::renew() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (renewing_ && stop.cancelled() == asio::cancellation_type::none) co_await renewed_.wait();
  if (stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, "stopped"};
  renewing_ = true;
  Result<void> renewed = co_await client_.renew();
  renewing_ = false;
  renewed_.notify();
  co_return renewed;
}

void OpampLink::publish(ControlReport report) {
  if (Result<void> set = session_.set_remote_config_status(status_message(report.remote)); !set)
    log_.warning("the control link cannot report on the configuration", {{"reason", set.error().text()}});
  if (Result<void> set = session_.set_effective_config(effective_message(report.effective)); !set)
    log_.warning("the control link cannot report the effective configuration", {{"reason", set.error().text()}});
  publish_health(report.health);
  client_.changed();
}

// A smaller tree is better than an old one.
void OpampLink::publish_health(const Component& health) {
  Result<void> set = session_.set_health(health_message(health, whole_tree));
  for (const std::size_t depth : {2u, 1u, 0u}) {
    if (set) return;
    set = session_.set_health(health_message(health, depth));
  }
  if (!set) log_.warning("the control link cannot report the sensor's health", {{"reason", set.error().text()}});
}

Result<void> OpampLink::answer(CommandAnswer answer) {
  if (!client_.connected()) return Error{Code::unavailable, "there is no session with the processor"};
  Result<void> queued = session_.queue_custom(message_of(answer));
  client_.changed();
  return queued;
}

asio::awaitable<Error> OpampLink::renew_certificates() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  const auto stopped = [&stop] { return stop.cancelled() != asio::cancellation_type::none; };
  while (!stopped()) {
    const bool due = co_await await_due();
    if (stopped()) break;
    if (due) co_await ask_for_certificate();
    if (stopped()) break;
    if (issued_) co_await try_certificate(*std::exchange(issued_, std::nullopt));
  }
  co_return Error{Code::cancelled, "control link stopped"};
}

// True when the certificate in force is past half of its life. Wall time may step, so it is looked at again and again.
asio::awaitable<bool> OpampLink::await_due() {
  const auto stop = co_await asio::this_coro::cancellation_state;
  const Result<WallTime> due = options_.renewal->due(around_.random);
  if (!due) {
    log_.error("the sensor's certificate cannot be renewed", {{"reason", due.error().text()}});
    co_await around_.clock.sleep_for(look_at_certificate_every);
    co_return false;
  }
  while (stop.cancelled() == asio::cancellation_type::none && around_.clock.wall() < *due) {
    const std::chrono::nanoseconds left = *due - around_.clock.wall();
    co_await around_.clock.sleep_for(std::min<std::chrono::nanoseconds>(left, look_at_certificate_every));
  }
  co_return true;
}

// The session repeats the request on each connection until it is answered.
asio::awaitable<void> OpampLink::ask_for_certificate() {
  const auto stop = co_await asio::this_coro::cancellation_state;
  Result<std::string> request = options_.renewal->make_request();
  if (request) {
    log_.info("the sensor asks for its next certificate", {});
    certificate_refused_ = false;
    session_.request_certificate(*std::move(request));
    client_.changed();
    while (!issued_ && !certificate_refused_ && stop.cancelled() == asio::cancellation_type::none)
      co_await certificate_answered_.wait();
  } else {
    log_.error("a certificate cannot be asked for", {{"reason", request.error().text()}});
  }
  if (issued_ || stop.cancelled() != asio::cancellation_type::none) co_return;
  const auto chance = static_cast<std::uint64_t>(std::chrono::nanoseconds{certificate_pause}.count());
  co_await around_.clock.sleep_for(certificate_pause + std::chrono::nanoseconds{around_.random.below(chance)});
}

asio::awaitable<void> OpampLink::try_certificate(opamp::ConnectionSettingsOffers offers) {
  const auto stop = co_await asio::this_coro::cancellation_state;
  report_settings(offers.hash, opamp::ApplyStatus::applying, {});
  Result<void> done = options_.renewal->take(offers.opamp->certificate->cert);
  if (done) {
    done = co_await renew();
    if (done) {
      done = options_.renewal->keep();
    } else {
      options_.renewal->drop();
    }
  }
  if (done) {
    log_.info("the sensor's certificate is renewed", {});
    report_settings(offers.hash, opamp::ApplyStatus::applied, {});
    if (on_renewed_) on_renewed_();
    co_return;
  }
  log_.error("the certificate that was issued is not used, the one in force stays", {{"reason", done.error().text()}});
  report_settings(offers.hash, opamp::ApplyStatus::failed, done.error().text());
  if (stop.cancelled() == asio::cancellation_type::none) co_await around_.clock.sleep_for(certificate_pause);
}

}  // namespace tidegate
