// A lane goes its way in order (agent/pipeline/lane_picker.h: within a lane, oldest first):
//
//   - a segment is shipped for the first time right behind the newest of its lane that was shipped before;
//   - of the chunks of a lane that were shipped once, a processor lands the earlier ones first.
//
// The second holds across connections: what was not acknowledged when a session ended is shipped again by the next, before anything
// new. So of two chunks shipped once each, either both went over one connection, which keeps their order, or the earlier was landed
// before the later was sent. Of a chunk that was shipped again nothing is said: its first copy may still be under way when its
// second has come elsewhere.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "tests/sim/checkers.h"
#include "tests/sim/checkers/findings.h"
#include "transport/forward_codec.h"

namespace tidegate {
namespace {

class LaneOrder final : public Checker {
 public:
  void begin(SimFleet& fleet) override { fleet_ = &fleet; }

  void on_shipped(std::size_t sensor, const SegmentId& id, const Id128& chunk) override {
    const Id128 epoch = fleet_->sensors()[sensor].agent->journal().epoch();
    Shipped& shipped = chunks_.try_emplace(chunk, Shipped{.of = {sensor, epoch, id.lane}, .sequence = id.sequence}).first->second;
    ++shipped.times;
    std::uint64_t& newest = newest_shipped_[shipped.of];
    if (id.sequence > newest + 1)
      findings_.tell(*fleet_, text_of(shipped) + " is shipped when " + std::to_string(newest) + " was the newest yet");
    newest = std::max(newest, id.sequence);
  }

  void on_landed(std::size_t processor, std::span<const Chunk> chunks, const Result<std::vector<Landed>>& landed) override {
    if (!landed) return;
    for (const Chunk& chunk : chunks) {
      const std::optional<Id128> id = chunk.id ? id_from_chunk_text(*chunk.id) : std::nullopt;
      const auto found = id ? chunks_.find(*id) : chunks_.end();
      if (found == chunks_.end()) {
        findings_.tell(*fleet_, "a chunk of " + chunk.sensor + " is landed that was never shipped");
      } else if (found->second.times == 1) {
        land(processor, found->second);
      }
    }
  }

  void end(SimFleet& fleet) override { findings_.tell_rest(fleet); }

 private:
  // A lane in one life of a sensor's journal.
  struct LaneLife {
    std::size_t sensor = 0;
    Id128 epoch;
    Lane lane = Lane::alerts;

    auto operator<=>(const LaneLife&) const = default;
  };
  struct Shipped {
    LaneLife of;
    std::uint64_t sequence = 0;
    std::uint64_t times = 0;
  };

  std::string text_of(const Shipped& shipped) const {
    return fleet_->sensors()[shipped.of.sensor].name + ", " + std::string{name(shipped.of.lane)} + ": segment " +
           std::to_string(shipped.sequence);
  }

  void land(std::size_t processor, const Shipped& shipped) {
    std::uint64_t& newest = newest_landed_[{processor, shipped.of}];
    if (shipped.sequence < newest) findings_.tell(*fleet_, text_of(shipped) + " is landed behind " + std::to_string(newest));
    newest = std::max(newest, shipped.sequence);
  }

  SimFleet* fleet_ = nullptr;
  std::map<Id128, Shipped> chunks_;
  std::map<LaneLife, std::uint64_t> newest_shipped_;
  std::map<std::pair<std::size_t, LaneLife>, std::uint64_t> newest_landed_;  // by processor; of those shipped once
  Findings findings_{"lane order"};
};

}  // namespace

std::unique_ptr<Checker> make_lane_order() { return std::make_unique<LaneOrder>(); }

}  // namespace tidegate
