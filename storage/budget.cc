#include "storage/budget.h"

#include <algorithm>

namespace tidegate {
namespace {

constexpr std::uint64_t resume_percent = 5;

constexpr std::uint64_t wait_percent(Lane lane) {
  switch (lane) {
    case Lane::techniques: return 90;
    case Lane::audit_logs: return 95;
    case Lane::alerts: return 98;
    case Lane::own_events: return 100;
  }
  return 100;
}

// In parts of a hundred without overflow; a budget of exabytes is rounded, which nobody will see.
std::uint64_t percent_of(std::uint64_t whole, std::uint64_t percent) { return whole / 100 * percent + whole % 100 * percent / 100; }

}  // namespace

Result<void> Budget::admit(Lane lane, std::uint64_t commit_bytes, const BudgetState& state) {
  const bool bare = commit_bytes == 0;  // a cursor and ids, no segments
  bool& waiting = waiting_[index_of(lane)];
  const bool held_back = waiting && !bare;
  const std::uint64_t slack = held_back ? percent_of(limits_.bytes, resume_percent) : 0;

  const std::uint64_t room = state.used + (state.disk_free > limits_.keep_free ? state.disk_free - limits_.keep_free : 0);
  const std::uint64_t free_slack = held_back ? std::min(slack, percent_of(room, resume_percent)) : 0;
  const std::uint64_t free_needed = limits_.keep_free + commit_bytes + free_slack;
  if (state.disk_free < free_needed) {
    if (!bare) waiting = true;
    return Error{Code::full, "the file system has " + std::to_string(state.disk_free) + " bytes free, and " +
                                 std::to_string(free_needed) + " are needed (storage.keep_free is " +
                                 std::to_string(limits_.keep_free) + "): free space on it, reading goes on by itself"};
  }

  const std::uint64_t mark = percent_of(limits_.bytes, bare ? 100 : wait_percent(lane));
  const bool fits = state.used == 0 || state.used + commit_bytes + slack <= mark;
  if (!fits) {
    if (!bare) waiting = true;
    return Error{Code::full, std::string{name(lane)} + ": the journal keeps " + std::to_string(state.used) + " of " +
                                 std::to_string(limits_.bytes) +
                                 " bytes (storage.budget): reading goes on by itself once the processor has taken some"};
  }
  if (!bare) waiting = false;
  return {};
}

}  // namespace tidegate
