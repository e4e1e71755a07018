// ConnectorProbe: what the connector test asks of the world, one question at a time. The answers are facts;
// what they are worth is judged in control/connector_test, and the real ones come from edges/connector_probe.
//
// A probe changes nothing: it commits nothing, touches no status, and makes at most three requests to the API and one for each
// content type.
//
// Thread: the loop. The questions of one probe are asked in the order in which they stand here; read() of several content
// types may run side by side. Each ends when its caller is cancelled.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/remedies.h"
#include "agent/token_life.h"
#include "base/clock.h"
#include "config/model.h"

namespace tidegate {

namespace asio = boost::asio;

// One piece of evidence: {"http_status", 403}. Never a token, never a record.
struct Fact {
  std::string name;
  std::variant<std::string, std::int64_t, std::vector<std::string>> value;

  bool operator==(const Fact&) const = default;
};
using Evidence = std::vector<Fact>;

struct Finding {
  std::optional<Cause> cause;  // absent: all well
  std::string words;           // what went wrong, as Error texts are
  Evidence evidence;
};

struct TlsFinding : Finding {
  std::optional<WallTime> not_after;  // of the certificate
};

struct AnswerFinding : Finding {
  std::optional<unsigned> status;                    // absent: no answer came
  std::optional<std::chrono::seconds> clock_offset;  // the API's clock less ours; absent: it does not say
};

enum class ReadToken : unsigned char { shape_only, ask_api_for_expiry };

struct TokenFinding : Finding {
  bool shaped = false;  // three parts with dots, long enough
  TokenExpiry expiry;
};

class ConnectorProbe {
 public:
  virtual ~ConnectorProbe() = default;

  virtual asio::awaitable<Finding> resolve() = 0;
  virtual asio::awaitable<Finding> connect() = 0;
  virtual asio::awaitable<TlsFinding> secure() = 0;
  // GET /v3.0/healthcheck/connectivity.
  virtual asio::awaitable<AnswerFinding> ask() = 0;
  virtual asio::awaitable<TokenFinding> token(ReadToken how) = 0;
  // The first page of [from, to), as collection would ask for it.
  virtual asio::awaitable<Finding> read(ContentType content, WallSeconds from, WallSeconds to) = 0;
};

}  // namespace tidegate
