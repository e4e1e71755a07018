// P2: in the end every record is in the index under one record id, as the API served it, and nothing is there that no API had.
#include "tests/sim/checkers.h"
#include "tests/sim/checkers/findings.h"

namespace tidegate {
namespace {

class NoTwin final : public Checker {
 public:
  void end(SimFleet& fleet) override {
    for (const std::string& record : fleet.twins()) findings_.tell(fleet, record);
    for (const std::string& id : fleet.index().changed())
      findings_.tell(fleet, "record id " + id + " came again with other content");
    findings_.tell_rest(fleet);
  }

 private:
  Findings findings_{"P2: no twin"};
};

}  // namespace

std::unique_ptr<Checker> make_no_twin() { return std::make_unique<NoTwin>(); }

}  // namespace tidegate
