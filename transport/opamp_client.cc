#include "transport/opamp_client.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <optional>
#include <utility>

#include "transport/opamp_connection.h"
#include "transport/url.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds leave_max{6};

Result<Url> parse_wss(const std::string& text) {
  constexpr std::string_view scheme = "wss://";
  if (!text.starts_with(scheme)) return Error{Code::invalid, "the control URL is no wss URL"};
  return parse_url("https://" + text.substr(scheme.size()));
}

std::string in_seconds(std::chrono::nanoseconds wait) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()) + " s";
}

}  // namespace

class OpampClient::Impl {
 public:
  Impl(OpampSession& session, OpampClientOptions options, OpampClientSurroundings surroundings, Log& log, Metrics& metrics)
      : options_(std::move(options)),
        link_{session, options_, surroundings.clock, {}, OpampEvents{options_.limits.events_max}},
        random_(surroundings.random),
        log_(log),
        backoff_(surroundings.random, options_.limits.backoff),
        connected_(metrics.gauge("tidegate_control_connected", "1 while the processor answers on the control link.")),
        answered_(metrics.counter("tidegate_control_attempts_total", "Connections of the control link, by what became of them.",
                                  {{"result", "answered"}})),
        failed_(metrics.counter("tidegate_control_attempts_total", "Connections of the control link, by what became of them.",
                                {{"result", "failed"}})) {
    link_.answered = [this] { on_answer(); };
  }

  asio::awaitable<Error> run() {
    Result<Url> url = parse_wss(options_.url);
    if (!url) co_return std::move(url).error();
    link_.url = *std::move(url);
    const auto stop = co_await asio::this_coro::cancellation_state;
    running_ = true;
    leaving_ = false;
    link_.events.end(false);
    while (!leaving_ && stop.cancelled() == asio::cancellation_type::none) {
      link_.wish = false;
      if (renewal_) renewal_->begun = true;
      OpampEnd end = co_await connect_once();
      if (stop.cancelled() == asio::cancellation_type::none && !leaving_) co_await pause_after(std::move(end));
    }
    running_ = false;
    link_.events.end(true);
    finish_renewal(Error{Code::cancelled, "the control link was stopped"});
    left_.notify();
    co_return Error{Code::cancelled, "the control link was stopped"};
  }

  asio::awaitable<Result<OpampEvent>> next() { return link_.events.take(); }
  void changed() { link_.stir.notify(); }
  bool connected() const { return link_.connected; }
  std::string trouble() const { return link_.connected ? std::string{} : trouble_; }

  asio::awaitable<Result<void>> renew() {
    if (!running_) co_return Error{Code::unavailable, "the control link is not under way"};
    if (renewal_) co_return Error{Code::invalid, "the control link is being renewed already"};
    const auto stop = co_await asio::this_coro::cancellation_state;
    const auto renewal = std::make_shared<Renewal>();
    renewal_ = renewal;
    wish();
    while (!renewal->result && stop.cancelled() == asio::cancellation_type::none) co_await renewal->done.wait();
    if (renewal_ == renewal) renewal_.reset();
    co_return renewal->result ? *renewal->result : Result<void>{Error{Code::cancelled, "the renewal is not waited for"}};
  }

  asio::awaitable<void> leave() {
    if (!running_) co_return;
    leaving_ = true;
    wish();
    co_await left_.wait_for(leave_max);
  }

 private:
  using Next = OpampEnd::Next;

  struct Renewal {
    bool begun = false;  // what ends or is answered before is another connection
    std::optional<Result<void>> result;
    Signal done;
  };

  void wish() {
    link_.wish = true;
    link_.stir.notify();
  }

  void finish_renewal(Result<void> result) {
    if (!renewal_ || (!renewal_->begun && running_)) return;
    renewal_->result = std::move(result);
    renewal_->done.notify();
    renewal_.reset();
  }

  void on_answer() {
    connected_.set(1);
    answered_.add();
    trouble_.clear();
    log_.info("the control link is connected", {{"server", link_.url.authority()}, {"by", polls_ ? "polling" : "WebSocket"}});
    finish_renewal({});
  }

  asio::awaitable<OpampEnd> connect_once() {
    link_.connected = false;
    began_ = link_.clock.steady();
    Result<TlsContextPtr> tls = options_.tls();
    OpampEnd end;
    if (!tls) {
      end.reason = std::move(tls).error();
    } else if (polls_) {
      end = co_await opamp_by_polling(link_, *std::move(tls));
    } else {
      end = co_await opamp_over_web_socket(link_, *std::move(tls));
    }
    link_.connected = false;
    connected_.set(0);
    co_return end;
  }

  asio::awaitable<void> pause_after(OpampEnd end) {
    const auto stop = co_await asio::this_coro::cancellation_state;
    const std::chrono::nanoseconds wait = wait_after(end);
    if (end.next != Next::as_wished) {
      if (!end.answered) failed_.add();
      trouble_ = end.reason.text();
      log_.warning("the control link is not connected", {{"reason", trouble_}, {"next attempt in", in_seconds(wait)}});
      // A fall-back goes on at once, and is the same attempt.
      if (end.next != Next::poll) finish_renewal(std::move(end.reason));
    }
    const SteadyTime until = link_.clock.steady() + wait;
    while (!link_.wish && link_.clock.steady() < until && stop.cancelled() == asio::cancellation_type::none)
      co_await link_.wait_until(until);
  }

  // As long again by half, at most: whoever was sent away together does not come back together.
  std::chrono::nanoseconds jittered(std::chrono::nanoseconds least) {
    const auto half = static_cast<std::uint64_t>(least.count() / 2);
    return least + std::chrono::nanoseconds{static_cast<std::int64_t>(half > 0 ? random_.below(half) : 0)};
  }

  std::chrono::nanoseconds wait_after(const OpampEnd& end) {
    const OpampClientLimits& limits = options_.limits;
    switch (end.next) {
      case Next::as_wished: return {};
      case Next::denied: return jittered(limits.denied_wait_min);
      case Next::later: {
        const auto said = std::min(end.retry_after.value_or(std::chrono::nanoseconds{}), limits.retry_after_max);
        return jittered(std::max(said, limits.retry_after_min));
      }
      case Next::poll:
        polls_ = true;
        link_.poll_until = link_.clock.steady() + limits.web_socket_again;
        return {};
      case Next::web_socket: polls_ = false; return {};
      case Next::no_poll: polls_ = false; break;
      case Next::again: break;
    }
    return wait_after_loss(end.answered);
  }

  // A server that answers and then hangs up, again and again, must not be asked at once each time.
  std::chrono::nanoseconds wait_after_loss(bool answered) {
    const SteadyTime now = link_.clock.steady();
    const std::chrono::nanoseconds settled = options_.limits.backoff.ceiling;
    if (answered && now - began_ >= settled) backoff_.reset();
    if (answered && (!at_once_at_ || now - *at_once_at_ >= settled)) {
      at_once_at_ = now;
      return {};
    }
    return backoff_.next();
  }

  OpampClientOptions options_;
  OpampConnection link_;
  Random& random_;
  Log& log_;
  Backoff backoff_;
  Metric& connected_;
  Metric& answered_;
  Metric& failed_;
  std::string trouble_;
  bool polls_ = false;
  bool running_ = false;
  bool leaving_ = false;
  SteadyTime began_{};
  std::optional<SteadyTime> at_once_at_;
  std::shared_ptr<Renewal> renewal_;
  Signal left_;
};

OpampClient::OpampClient(OpampSession& session, OpampClientOptions options, OpampClientSurroundings surroundings, Log& log,
                         Metrics& metrics)
    : impl_(std::make_unique<Impl>(session, std::move(options), surroundings, log, metrics)) {}
OpampClient::~OpampClient() = default;

asio::awaitable<Error> OpampClient::run() { return impl_->run(); }
asio::awaitable<Result<OpampEvent>> OpampClient::next() { return impl_->next(); }
void OpampClient::changed() { impl_->changed(); }
asio::awaitable<Result<void>> OpampClient::renew() { return impl_->renew(); }
asio::awaitable<void> OpampClient::leave() { return impl_->leave(); }
bool OpampClient::connected() const { return impl_->connected(); }
std::string OpampClient::trouble() const { return impl_->trouble(); }

}  // namespace tidegate
