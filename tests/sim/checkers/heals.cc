// P11: a journal that was damaged has lost nothing in the end: what was in it and not shipped was read again from the API. Tenants
// whose sensor never found damage are P1's alone.
#include <set>
#include <string>

#include "tests/sim/checkers.h"
#include "tests/sim/checkers/findings.h"

namespace tidegate {
namespace {

class Heals final : public Checker {
 public:
  void look(SimFleet& fleet, std::optional<SteadyTime> /*healed*/) override {
    for (const SimFleet::Sensor& sensor : fleet.sensors()) {
      const OpenReport& opened = sensor.agent->opened();
      if (opened.healed || opened.log_cut) damaged_.insert(sensor.tenant);
    }
  }

  void end(SimFleet& fleet) override {
    for (const std::string& record : fleet.missing())
      if (damaged_.contains(record.substr(0, record.find(' ')))) findings_.tell(fleet, "missing " + record);
    findings_.tell_rest(fleet);
  }

 private:
  std::set<std::string> damaged_;  // tenants
  Findings findings_{"P11: broken storage heals"};
};

}  // namespace

std::unique_ptr<Checker> make_heals() { return std::make_unique<Heals>(); }

}  // namespace tidegate
