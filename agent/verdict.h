// What a stage says of itself. The stage acts on this state and shows the same one (P12): there is
// no second copy that could be kinder.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace tidegate {

enum class Verdict : unsigned char {
  starting,       // not asked yet
  healthy,        // the last poll brought records
  idle,           // polled, nothing new
  throttled,      // the API says: slower
  degraded,       // answers that make no sense, or a window that has to be read again
  auth_failed,    // token or permission
  misconfigured,  // the API refuses the request itself
  paused,         // the buffer is full; the API keeps the data
  unreachable,    // no answer
  disabled,       // by configuration
};

std::string_view name(Verdict verdict);
// What an operator can do about it, of a content type and of the way to the processor; empty where nothing is to be done.
std::string_view remedy(Verdict verdict);
std::string_view uplink_remedy(Verdict verdict);

struct StageState {
  Verdict verdict = Verdict::starting;
  WallTime since{};    // when the verdict became this one
  std::string reason;  // of the last failure, in words; empty when all is well

  void become(Verdict next, WallTime now, std::string why) {
    if (next != verdict) since = now;
    verdict = next;
    reason = std::move(why);
  }
};

}  // namespace tidegate
