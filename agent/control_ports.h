// All that the agent's control plane asks of the world: the link to the processor, and what remote configuration needs (design,
// section 8). edges/ answers with OpAMP, disk and API; the simulation answers with its own.
//
// Thread: the loop. Every awaitable ends early, with `cancelled`, when the coroutine that waits is cancelled, except those of
// ConfigKeeper and ConfigTarget: they are short, and their results are always looked at.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "config/model.h"
#include "storage/config_types.h"

namespace tidegate {

namespace asio = boost::asio;

// A document of connectors, as the processor offers it.
struct RemoteOffer {
  Bytes hash;  // the processor's, opaque: stored and compared, never computed
  Secret document;
};

enum class RemoteState : unsigned char { unset, applying, applied, failed };

// What the processor is told of the last offer. The hash of one that failed is told as well: it stops it from being offered again.
struct RemoteStatus {
  Bytes hash;
  std::uint64_t revision = 0;  // 0: not known, since the document could not be read
  RemoteState state = RemoteState::unset;
  std::string reasons;  // of failed: all of them, one a line; never a secret

  bool operator==(const RemoteStatus&) const = default;
};

// A part of the agent and how it fares; the tree of them is what status shows (P12).
struct Component {
  std::string name;
  bool healthy = false;
  std::string status;  // the state's name
  std::string reason;
  WallTime since{};
  std::vector<Component> parts;

  bool operator==(const Component&) const = default;
};

// What stands now; no history. The link sends what has changed since it last did, and everything where it is asked for that.
struct ControlReport {
  RemoteStatus remote;
  std::string effective;  // what the agent runs with, as YAML, secrets as ***
  Component health;

  bool operator==(const ControlReport&) const = default;
};

// The protocol has no acknowledgement: a command has an id, is answered with that id, and repeated until it is.
struct Command {
  std::string id;
  std::string type;
  Bytes body;
};
struct CommandAnswer {
  std::string id;
  std::string type;
  Bytes body;
};

struct RestartRequest {};
using ControlEvent = std::variant<RemoteOffer, Command, RestartRequest>;

// How the link fares now. Connected: the processor has answered on the present connection.
struct LinkView {
  bool connected = false;
  std::string trouble;  // why not; empty where no attempt has ended yet
};

// The session with the processor's control plane. It connects, and connects again, by itself.
class ControlLink {
 public:
  virtual ~ControlLink() = default;

  // What the processor sends next. May last. Of several offers that nobody has taken the newest remains.
  virtual asio::awaitable<Result<ControlEvent>> next() = 0;
  // Ends the session and begins one anew. Ok: the processor has answered on the new one. One attempt: who wants another calls
  // again.
  virtual asio::awaitable<Result<void>> renew() = 0;
  // Replaces the report; sent at once where there is a session, else with the next.
  virtual void publish(ControlReport report) = 0;
  // `unavailable`: there is no session; the processor will repeat the command.
  virtual Result<void> answer(CommandAnswer answer) = 0;
  virtual LinkView view() const { return {}; }
};

struct KeptConfigs {
  std::optional<StoredConfig> last_good;
  std::optional<StoredConfig> candidate;
  std::optional<ConfigRefusal> refusal;
};

// The configuration store on the journal's thread; what its calls promise stands in storage/config_store.h.
class ConfigKeeper {
 public:
  virtual ~ConfigKeeper() = default;
  virtual asio::awaitable<Result<KeptConfigs>> load() = 0;
  virtual asio::awaitable<Result<ConfigHead>> put_candidate(StoredConfig config) = 0;
  virtual asio::awaitable<Result<void>> keep_candidate() = 0;
  virtual asio::awaitable<Result<void>> drop_candidate() = 0;
  virtual asio::awaitable<Result<void>> refuse(ConfigRefusal refusal) = 0;
};

// Seals documents for the disk (config/sealed.h).
class ConfigSealer {
 public:
  virtual ~ConfigSealer() = default;
  virtual Result<Bytes> seal(const Secret& document) = 0;
  // `denied`: another key, or changed bytes.
  virtual Result<Secret> open(ByteView sealed) = 0;
};

// Who runs by a configuration: the agent.
class ConfigTarget {
 public:
  virtual ~ConfigTarget() = default;
  // Rebuilds what differs and nothing else; the backlog is untouched.
  virtual asio::awaitable<Result<void>> apply(AgentConfig config) = 0;
};

// A connector that would not collect.
struct UnfitConnector {
  std::string name;
  Error why;
};

// One real request for each connector, beside collection, never in its place.
class ConnectorCheck {
 public:
  virtual ~ConnectorCheck() = default;
  // Those that would not collect; all are asked side by side.
  virtual asio::awaitable<Result<std::vector<UnfitConnector>>> check(std::vector<ConnectorConfig> connectors) = 0;
};

// All of it, for an agent that has a control plane. The check of connectors is the world's, too.
struct ControlPorts {
  ControlLink& link;
  ConfigKeeper& keeper;
  ConfigSealer& sealer;
  ConnectorCheck& check;
};

inline std::string_view name(RemoteState state) {
  switch (state) {
    case RemoteState::unset: return "UNSET";
    case RemoteState::applying: return "APPLYING";
    case RemoteState::applied: return "APPLIED";
    case RemoteState::failed: return "FAILED";
  }
  return "UNSET";
}

}  // namespace tidegate
