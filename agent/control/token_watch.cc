#include "agent/control/token_watch.h"

#include <boost/asio/this_coro.hpp>

#include "agent/remedies.h"

namespace tidegate {

TokenWatch::TokenWatch(std::string connector, Ask ask, Clock& clock, Log& log)
    : connector_(std::move(connector)), ask_(std::move(ask)), clock_(clock), log_(log) {}

asio::awaitable<Error> TokenWatch::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (stop.cancelled() == asio::cancellation_type::none) {
    const TokenExpiry expiry = co_await ask_();
    if (stop.cancelled() != asio::cancellation_type::none) break;
    learn(expiry);
    co_await clock_.sleep_for(token_watch_interval);
  }
  co_return Error{Code::cancelled, "stopped"};
}

void TokenWatch::learn(const TokenExpiry& expiry) {
  asked_ = clock_.wall();
  expiry_ = expiry;
  if (expiry.clock_offset) {
    api_told_ = *asked_ + *expiry.clock_offset;
    api_told_at_ = clock_.steady();
  }
  const ExpiryLevel level = expiry_level(expiry_, api_now());
  if (level > told_) {
    const Cause cause = level == ExpiryLevel::expired ? Cause::token_expired : Cause::token_expires_soon;
    log_.warning(text_of(cause).meaning, {{"connector", connector_},
                                          {"expiry", expiry_text(expiry_, api_now())},
                                          {"source", std::string{name(expiry_.source)}},
                                          {"remedy", remedy_sentence(cause)}});
  }
  told_ = level;
}

WallTime TokenWatch::api_now() const { return api_told_ ? *api_told_ + (clock_.steady() - api_told_at_) : clock_.wall(); }

TokenView TokenWatch::view() const { return {expiry_, expiry_level(expiry_, api_now()), asked_}; }

}  // namespace tidegate
