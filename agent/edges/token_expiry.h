// What can be known of a token's end. The documented way is GET /v3.0/iam/apiKeys, which needs a permission of its own; without it
// there is the token's own payload, a JSON Web Token's, whose claims Trend does not document: `et` looks like the end in epoch
// seconds, `id` like the key's id. It is a hint, marked as such, and proves nothing: no signature is checked here.
//
// Promises: no claim and no token is ever logged or put into an error.
// Thread: the loop; the pure functions any.
// Source: Trend Vision One guide "First steps" (validity), API v3.0 "API keys"; the claims by observation.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "agent/edges/api_call.h"
#include "agent/edges/request_budget.h"
#include "agent/token_life.h"
#include "base/bytes.h"
#include "base/id128.h"
#include "config/model.h"

namespace tidegate {

// Longer ones are not looked into.
inline constexpr std::size_t token_payload_bytes_max = 16u << 10;
inline constexpr std::size_t claim_bytes_max = 128;
// Vision One's tokens are longer than that.
inline constexpr std::size_t token_bytes_usual = 200;

struct TokenClaims {
  std::string id;                   // empty: none
  std::optional<WallTime> expires;  // by `et`
};

struct TokenShape {
  std::size_t bytes = 0;
  std::size_t dots = 0;
  bool printable = false;

  // Three parts with dots, printable, not shorter than Vision One's are.
  bool usual() const { return printable && dots == 2 && bytes >= token_bytes_usual; }
};

TokenShape shape_of(std::string_view token);
// Absent when the token is no JSON Web Token whose payload is a JSON object within the bounds.
std::optional<TokenClaims> read_claims(std::string_view token);

// From the body of an answer 200 of GET /v3.0/iam/apiKeys: of the key that has the token's id, else of the only enabled one, where
// the list is whole. Unknown when neither is there.
TokenExpiry expiry_from_keys(ByteView body, const std::optional<TokenClaims>& claims);
TokenExpiry expiry_from_claims(const std::optional<TokenClaims>& claims);

// Asks for one connector's token, through a budget of its own: this endpoint is asked twice a day, and once in each test of the
// connector.
class TokenExpiryReader {
 public:
  //   requires: what the references name outlives the reader
  TokenExpiryReader(const ConnectorConfig& connector, HttpSend send, Surroundings around, Metrics& metrics);

  // Never fails: what cannot be learnt is unknown. Of a token that has not changed, the API's last word stays when the API
  // cannot be asked for once. With it comes how far the API's clock is from ours, where an answer has told it.
  asio::awaitable<TokenExpiry> read();

  // The status of the last answer; absent: none came.
  const std::optional<unsigned>& status() const { return status_; }

 private:
  ConnectorConfig connector_;
  RequestBudget budget_;
  ApiCall call_;
  std::optional<unsigned> status_;
  Id128 known_of_{};  // the token that known_ is about
  TokenExpiry known_;
};

}  // namespace tidegate
