// Mutants of a processor.
#include "tests/sim/mutant_makers.h"
#include "tests/sim/passing_ports.h"

namespace tidegate {
namespace {

// A processor that is killed has forgotten what it acknowledged last, and the agent has trimmed it: it is missing in the end (P1).
// No checker sees it sooner, since to the agent an ack is an ack.
class LandsTooLate final : public PassingLanding {
 public:
  using PassingLanding::PassingLanding;

  Result<std::vector<Landed>> land(std::span<const Chunk> chunks) override {
    if (!held_.empty()) {
      Result<std::vector<Landed>> landed = real_->land(held_);
      if (!landed) return landed;
    }
    held_.assign(chunks.begin(), chunks.end());
    return std::vector<Landed>(chunks.size(), Landed::fresh);
  }

 private:
  std::vector<Chunk> held_;
};

}  // namespace

std::unique_ptr<Landing> landing_too_late(std::unique_ptr<Landing> real) { return std::make_unique<LandsTooLate>(std::move(real)); }

}  // namespace tidegate
