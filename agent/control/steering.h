// Steering: what an operator may ask of the reading: where it stands, read again from a time, and back-fills. The agent answers
// it; the routes of the control socket ask it.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "agent/control/backfills.h"
#include "agent/ports.h"

namespace tidegate {

struct SteeredConnector {
  std::string name;
  std::vector<Lane> lanes;  // that are configured
};

class Steering {
 public:
  virtual ~Steering() = default;

  // Those of the configuration that is in force.
  virtual std::vector<SteeredConnector> connectors() const = 0;

  // As the journal has them: also those of connectors that are configured no more, and of back-fills.
  virtual asio::awaitable<Result<std::vector<StoredCursor>>> cursors() = 0;

  // From now on everything since `to` is read once more; what was collected before is known by its id and not stored twice.
  // Returns once the cursor that says so is in the journal.
  //   requires: the key is that of a configured connector's live reading; `to` has passed
  virtual asio::awaitable<Result<void>> rewind(CursorKey key, WallSeconds to) = 0;

  virtual Backfills& backfills() = 0;
};

}  // namespace tidegate
