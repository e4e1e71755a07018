// Liveness: when nothing has been wrong for long enough, everything is indexed and all journals are empty. Long enough is five
// hours for what was left behind, the request budget that outages have taught to be small included, and the slowest content type
// read twice.
#include <algorithm>

#include "tests/sim/checkers.h"
#include "tests/sim/checkers/findings.h"

namespace tidegate {
namespace {

constexpr std::chrono::hours catching_up{5};

class Drains final : public Checker {
 public:
  void look(SimFleet& fleet, std::optional<SteadyTime> healed) override {
    if (healed != healed_) {
      healed_ = healed;
      drained_ = judged_ = false;
    }
    if (!healed || judged_) return;
    drained_ = drained_ || fleet.drained();
    if (fleet.now() - *healed <= bound(fleet)) return;
    judged_ = true;
    const std::size_t missing = fleet.missing().size();
    if (missing > 0) findings_.tell(fleet, "long after all has healed " + std::to_string(missing) + " records are missing");
    if (!drained_) findings_.tell(fleet, "long after all has healed something waits in a journal or a landing");
  }

  void end(SimFleet& fleet) override { findings_.tell_rest(fleet); }

 private:
  static std::chrono::nanoseconds bound(SimFleet& fleet) {
    std::chrono::nanoseconds slowest{0};
    for (const SimFleet::Sensor& sensor : fleet.sensors())
      slowest = std::max<std::chrono::nanoseconds>(
          {slowest, sensor.options.connector.interval, sensor.options.connector.audit_logs_interval});
    return catching_up + 2 * slowest;
  }

  std::optional<SteadyTime> healed_;
  bool drained_ = false;  // at some look since
  bool judged_ = false;
  Findings findings_{"liveness"};
};

}  // namespace

std::unique_ptr<Checker> make_drains() { return std::make_unique<Drains>(); }

}  // namespace tidegate
