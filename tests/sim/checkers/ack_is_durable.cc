// P4: a segment is acknowledged, and forgotten, only after a landing has said of its chunk that it is durable. A crash may bring a
// segment back that was trimmed, so one is trimmed more than once; landings never forget within a run.
#include <set>

#include "tests/sim/checkers.h"
#include "tests/sim/checkers/findings.h"
#include "transport/forward_codec.h"

namespace tidegate {
namespace {

class AckIsDurable final : public Checker {
 public:
  void begin(SimFleet& fleet) override { fleet_ = &fleet; }

  void on_landed(std::size_t /*processor*/, std::span<const Chunk> chunks, const Result<std::vector<Landed>>& landed) override {
    if (!landed) return;
    for (const Chunk& chunk : chunks)
      if (chunk.id) landed_.insert(*chunk.id);
  }

  void on_acked(std::size_t sensor, const Id128& chunk) override { check(sensor, " was given an ack for chunk ", chunk); }
  void on_trim(std::size_t sensor, const Id128& chunk) override { check(sensor, " has forgotten chunk ", chunk); }

  void end(SimFleet& fleet) override { findings_.tell_rest(fleet); }

 private:
  void check(std::size_t sensor, const std::string& what, const Id128& chunk) {
    if (landed_.contains(chunk_text(chunk))) return;
    findings_.tell(*fleet_, fleet_->sensors()[sensor].name + what + chunk_text(chunk) + ", which was never landed");
  }

  SimFleet* fleet_ = nullptr;
  std::set<std::string> landed_;  // by any processor
  Findings findings_{"P4: an ack means durable"};
};

}  // namespace

std::unique_ptr<Checker> make_ack_is_durable() { return std::make_unique<AckIsDurable>(); }

}  // namespace tidegate
