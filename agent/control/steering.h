// Steering: what an operator may ask of the reading and of what waits: where it stands, read again from a time, back-fills, and
// what the processor refused. The agent answers it; the routes of the control socket ask it.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "agent/control/backfills.h"
#include "agent/control/spool.h"
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

  // From now on everything since `to` is read and shipped once more; the index knows by its record_id what it has already. Returns
  // once the cursor that says so is in the journal. `invalid`: `to` is not read yet.
  //   requires: the key is that of a configured connector's live reading
  virtual asio::awaitable<Result<void>> rewind(CursorKey key, WallSeconds to) = 0;

  virtual Backfills& backfills() = 0;

  virtual SpoolView spool() const = 0;

  // Everything that is set aside goes behind its lane, to be shipped once more. Returns how many chunks. After an error, `full`
  // among them, some may have gone already.
  virtual asio::awaitable<Result<std::uint64_t>> resend() = 0;
};

}  // namespace tidegate
