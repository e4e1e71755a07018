// What carrying out response actions on a sensor asks of the world beside respond/ports.h.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "respond/ports.h"
#include "respond/responder_apis.h"
#include "respond/sensor_messages.h"

namespace tidegate {

// The sensor's own ledger of actions (storage/action_ledger.h), and beside it what it acts by, sealed.
class SensorLedger : public ActionLedger {
 public:
  // 32 hexadecimal digits, drawn when the ledger was begun; empty: there is none, and every call says why.
  virtual const std::string& id() const = 0;
  // Those that changed after it, by change: as many as an answer takes. A row that cannot be read is logged and left out.
  //   What it leaves empty is the caller's: `responders`.
  virtual asio::awaitable<Result<SensorChanges>> changes_after(std::uint64_t change) = 0;
  virtual asio::awaitable<Result<void>> keep_responders(Secret text) = 0;
  // `absent`: none were kept.   `denied`: another key sealed them.
  virtual asio::awaitable<Result<Secret>> responders() = 0;
};

struct ActionPorts {
  SensorLedger& ledger;
  MakeResponderApi make_api;
  ProbeResponder probe;
};

}  // namespace tidegate
