#include "bench/crash_blows.h"

#include <chrono>

#include "bench/relay.h"
#include "tests/support/process.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr auto blow_look_again = 10ms;
constexpr auto turn_max = 12s;  // the blow falls then, whatever has come
constexpr auto dealing_max = 20min;
constexpr auto rest_max = 10min;
constexpr auto late_max = 2s;  // once all have come, twins may still follow
constexpr auto fill_max = 3min;
constexpr auto full_still = 2s;                     // a buffer that has not grown for so long is full ...
constexpr std::uint64_t growth_least = 512u << 10;  // ... by so many bytes: what is no record grows a little for ever
constexpr std::uint64_t restarts_max = 10;

class BlowRun {
 public:
  BlowRun(CrashSubject& subject, const BlowPlan& plan, const Clock& clock)
      : subject_(subject), plan_(plan), clock_(clock), random_(plan.seed), relay_(clock) {}
  ~BlowRun() { static_cast<void>(subject_.kill()); }
  BlowRun(const BlowRun&) = delete;
  BlowRun& operator=(const BlowRun&) = delete;

  Result<BlowOutcome> run() {
    const Result<std::uint16_t> receiver = free_loopback_port();
    if (!receiver) return receiver.error();
    if (Result<void> ready = subject_.reset({*receiver, plan_.blow == Blow::power}); !ready) return std::move(ready).error();
    begun_ = last_new_ = last_any_ = clock_.steady();
    Result<void> done = plan_.blow == Blow::full ? fill() : Result<void>{};
    if (done) done = relay_.start(plan_.way_port, *receiver);
    if (done && plan_.blow != Blow::full) done = deal();
    if (done) done = rest();
    if (!done) return std::move(done).error();
    if (Result<bool> ended = subject_.kill(); !ended) return std::move(ended).error();
    outcome_.lasted = last_new_ - begun_;
    outcome_.arrived = subject_.arrivals();
    return outcome_;
  }

 private:
  bool whole() const { return seen_.distinct >= plan_.records; }

  // Notes what has come; gives back the time.
  SteadyTime look() {
    const SteadyTime now = clock_.steady();
    const Arrivals arrived = subject_.arrivals();
    if (arrived.distinct > seen_.distinct) last_new_ = now;
    if (arrived.distinct + arrived.twins + arrived.resent > seen_.distinct + seen_.twins + seen_.resent) last_any_ = now;
    seen_ = arrived;
    return now;
  }

  void pause_up_to(std::chrono::milliseconds most) { pause_for(std::chrono::milliseconds{random_.between(0, most.count())}); }

  Result<void> deal() {
    relay_.set_rate(plan_.rate);
    const SteadyTime deadline = clock_.steady() + dealing_max;
    for (std::uint64_t tries = 0; outcome_.dealt < plan_.blows && tries < 3 * plan_.blows + restarts_max; ++tries) {
      if (Result<void> started = subject_.launch(); !started) return started;
      const bool at_once = random_.chance(3);
      if (!at_once && !wait_for_turn()) break;
      pause_up_to(between_blows / 2);
      if (look() > deadline || whole()) break;
      if (Result<void> struck = strike(); !struck) return struck;
      last_any_ = clock_.steady();  // what a blow takes is no silence
    }
    return {};
  }

  // Until half of the records of a turn have come. False: nothing flows any more.
  bool wait_for_turn() {
    const std::uint64_t enough = seen_.distinct + plan_.records / (2 * (plan_.blows + 1)) + 1;
    const SteadyTime begun = clock_.steady();
    while (seen_.distinct < enough && !whole()) {
      const SteadyTime now = look();
      if (now - last_any_ > subject_.quiet_max()) return false;
      if (now - begun > turn_max || !subject_.running()) return true;
      pause_for(blow_look_again);
    }
    return true;
  }

  Result<void> strike() {
    if (plan_.blow == Blow::flap) {
      if (relay_.break_connections()) ++outcome_.dealt;
      return {};
    }
    if (plan_.blow == Blow::power && random_.chance(2)) {
      subject_.written_back();
      pause_up_to(between_blows / 2);
    }
    const Result<bool> killed = subject_.kill();
    if (!killed) return killed.error();
    if (!*killed) {
      note_end();
      return {};
    }
    ++outcome_.dealt;
    if (plan_.blow != Blow::power) return {};
    const Result<bool> took = subject_.cut_power(random_);
    if (!took) return took.error();
    if (*took) ++outcome_.took;
    return {};
  }

  void note_end() { outcome_.trouble = "it ended by itself, " + std::to_string(++ends_) + " times"; }

  Result<void> fill() {
    if (Result<void> started = subject_.launch(); !started) return started;
    const SteadyTime begun = clock_.steady();
    SteadyTime grown = begun;
    std::uint64_t most = 0;
    for (SteadyTime now = begun; now - begun < fill_max; now = clock_.steady()) {
      if (!subject_.running()) {
        note_end();
        return {};
      }
      const std::uint64_t bytes = subject_.kept_bytes();
      if (bytes > most + growth_least) {
        most = bytes;
        grown = now;
      }
      if (most >= plan_.buffer_bytes / 2 && now - grown > full_still) {
        ++outcome_.dealt;
        return {};
      }
      pause_for(10 * blow_look_again);
    }
    outcome_.trouble = "its buffer did not get full: " + std::to_string(most) + " bytes";
    return {};
  }

  // Until every record has come and none follows, or nothing more comes.
  Result<void> rest() {
    relay_.set_rate(0);
    const SteadyTime begun = clock_.steady();
    last_any_ = begun;
    for (std::uint64_t restarts = 0;;) {
      if (!subject_.running()) {
        if (restarts++ > 0) note_end();
        if (restarts > restarts_max) return {};
        if (Result<void> started = subject_.launch(); !started) return started;
      }
      const SteadyTime now = look();
      const auto still = now - last_any_;
      if (still > (whole() ? std::chrono::seconds{late_max} : subject_.quiet_max())) return {};
      if (now - begun > rest_max) {
        outcome_.trouble = "stopped while records still came";
        return {};
      }
      pause_for(blow_look_again);
    }
  }

  CrashSubject& subject_;
  const BlowPlan& plan_;
  const Clock& clock_;
  Random random_;
  Relay relay_;
  BlowOutcome outcome_;
  Arrivals seen_;
  SteadyTime begun_{};
  SteadyTime last_new_{};
  SteadyTime last_any_{};  // that anything came
  std::uint64_t ends_ = 0;
};

}  // namespace

Result<BlowOutcome> deal_blows(CrashSubject& subject, const BlowPlan& plan, const Clock& clock) {
  BlowRun run{subject, plan, clock};
  return run.run();
}

}  // namespace tidegate
