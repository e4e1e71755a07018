// Receive: a message from the wire becomes a chunk that is fit to be landed. Everything is checked before it is
// acknowledged, because what was acknowledged can never be asked for again (P4): the entries decompress within a bound,
// decode one by one, and each is a record with the fields that every record has. Of a
// sensor with an identity each names that sensor and one of its tenants (P10).
//
// Thread: the loop's.
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "processor/pipeline/land.h"
#include "processor/ports.h"
#include "transport/compression.h"
#include "transport/forward_reader.h"

namespace tidegate {

struct ReceiveLimits {
  std::size_t plain_bytes_max = tidegate::plain_bytes_max;  // of the entries, decompressed
};

// `corrupt` or `invalid`: the chunk gets no acknowledgement; the text says what is wrong with which entry. `denied`, `absent`: as
// Intake::receive() has them. Pure.
Result<Chunk> check_message(ForwardMessage message, const DataPeer& peer, WallTime now, const ReceiveLimits& limits = {});

// Receive and land, as the servers see them; counts what came and what was refused.
class ChunkIntake final : public Intake {
 public:
  ChunkIntake(Lander& lander, const Clock& clock, Metrics& metrics, ReceiveLimits limits = {});

  Result<Chunk> receive(ForwardMessage message, const DataPeer& peer) override;
  bool land(Chunk& chunk, Answer answer) override;

 private:
  Lander& lander_;
  const Clock& clock_;
  ReceiveLimits limits_;
  Metric& received_;
  Metric& refused_;
};

}  // namespace tidegate
