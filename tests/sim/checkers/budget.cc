// P5: what was answered as stored is in the journal, and no commit takes a journal beyond its budget. One does by itself, where the
// journal was empty: a page that is larger than the budget must not wait for ever (storage/budget.h). Then nothing else is in the
// journal until it is trimmed.
#include "tests/sim/checkers.h"
#include "tests/sim/checkers/findings.h"

namespace tidegate {
namespace {

class WithinBudget final : public Checker {
 public:
  void begin(SimFleet& fleet) override { fleet_ = &fleet; }

  void on_commit(std::size_t number, const Commit& commit, const Result<std::vector<SegmentId>>& result) override {
    if (!result) return;
    const SimFleet::Sensor& sensor = fleet_->sensors()[number];
    const JournalUsage usage = sensor.agent->journal().usage();
    for (const SegmentId& id : *result)
      if (id.sequence > usage.lane(id.lane).last)
        findings_.tell(*fleet_, sensor.name + " takes segment " + std::to_string(id.sequence) + " of " +
                                    std::string{name(id.lane)} + " as stored, and the journal does not have it");
    if (usage.bytes <= sensor.options.budget) return;
    std::uint64_t kept = 0;
    for (const LaneUsage& lane : usage.lanes) kept += lane.last + 1 - lane.first;
    if (kept == commit.segments.size() + commit.own_events.size()) return;
    findings_.tell(*fleet_, sensor.name + " keeps " + std::to_string(usage.bytes) + " bytes in " + std::to_string(kept) +
                                " segments, of " + std::to_string(sensor.options.budget));
  }

  void end(SimFleet& fleet) override { findings_.tell_rest(fleet); }

 private:
  SimFleet* fleet_ = nullptr;
  Findings findings_{"P5: full means wait"};
};

}  // namespace

std::unique_ptr<Checker> make_budget() { return std::make_unique<WithinBudget>(); }

}  // namespace tidegate
