// P1: in the end everything that the APIs have listed is in the index.
#include "tests/sim/checkers.h"
#include "tests/sim/checkers/findings.h"

namespace tidegate {
namespace {

class NoGap final : public Checker {
 public:
  void end(SimFleet& fleet) override {
    for (const std::string& record : fleet.missing()) findings_.tell(fleet, record);
    findings_.tell_rest(fleet);
  }

 private:
  Findings findings_{"P1: no gap: missing"};
};

}  // namespace

std::unique_ptr<Checker> make_no_gap() { return std::make_unique<NoGap>(); }

}  // namespace tidegate
