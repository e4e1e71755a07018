// TokenWatch: asks from time to time how long a connector's token lives, and says so in the log when the end comes nearer: 30, 7
// and 1 days ahead, and when it is over. Each threshold is told once; a renewed token starts anew. The present is the API's, by
// whose clock tokens end, as far as it is known.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "agent/token_life.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"

namespace tidegate {

namespace asio = boost::asio;

inline constexpr std::chrono::hours token_watch_interval{12};

struct TokenView {
  TokenExpiry expiry;
  ExpiryLevel level = ExpiryLevel::far;  // as of now
  std::optional<WallTime> asked;         // when last; absent: not yet
};

class TokenWatch {
 public:
  using Ask = std::function<asio::awaitable<TokenExpiry>()>;

  //   requires: what the references name, and whatever `ask` uses, outlives the watch
  TokenWatch(std::string connector, Ask ask, Clock& clock, Log& log);

  // Asks at once and every token_watch_interval. May last: until the caller is cancelled (`cancelled`).
  asio::awaitable<Error> run();

  TokenView view() const;

 private:
  void learn(const TokenExpiry& expiry);
  WallTime api_now() const;

  std::string connector_;
  Ask ask_;
  Clock& clock_;
  Log& log_;
  TokenExpiry expiry_;
  ExpiryLevel told_ = ExpiryLevel::far;
  std::optional<WallTime> asked_;
  // The API's clock as the last answer that told it said, and when that was: carried on by our steady one.
  std::optional<WallTime> api_told_;
  SteadyTime api_told_at_{};
};

}  // namespace tidegate
