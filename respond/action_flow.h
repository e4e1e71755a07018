// ActionFlow: one run on its way, step by step (P9). What the steps promise stands in runner.h; here is how far each target is, and
// when it has its next turn.
//
// Thread: the loop. One step at a time: the owner sees to it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "respond/ports.h"

namespace tidegate {

struct RunnerLimits {
  std::chrono::seconds follow_first{2};  // between looks at a task, doubling
  std::chrono::seconds follow_most{60};
  std::chrono::seconds look_settle{180};  // the API may take 60 s for a request, and its list may lag
  // These two since the sending, and anew with each start of the process: no clock that is set, and no time in which nothing ran,
  // counts.
  std::chrono::hours unknown_after{24};
  std::chrono::hours follow_max{24 * 30};  // a task that has not ended
  std::uint32_t attempts_max = 5;
  std::chrono::seconds retry_first{2};  // after a failure, doubling, with jitter
  std::chrono::seconds retry_most{300};
  std::size_t runs_max = 10'000;  // under way at once
  std::size_t sought_max = 1000;  // of which nobody knows whether they are in the ledger
};

inline constexpr std::string_view held_up = "held up: sending is stopped for all responders";

struct FlowPorts {
  ActionLedger& ledger;
  Responders& responders;
  Clock& clock;
  Random& random;
  Log& log;
  const RunnerLimits& limits;
  std::function<void(const ActionRun&)> written;  // after each change that is in the ledger
  std::function<void(ActionRun)> begin;           // another run that was written with this one: it may have something to do
};

// What is written with a change of a run: the run, and where it takes another one back and has come to its end, that one too: it is
// undone, or what is left of it can be undone again; what was limited in time still is, unless it was the limit that could not be
// kept.
asio::awaitable<Result<std::vector<ActionRun>>> with_what_it_undoes(ActionLedger& ledger, ActionRun run);

class ActionFlow {
 public:
  ActionFlow(ActionRun run, FlowPorts ports);

  const ActionRun& run() const { return run_; }
  // Nothing is left to be done, nor to be written.
  bool done() const { return settled(run_) && !unwritten_; }
  // Does what is due. Returns when the next is; absent: nothing, until it is woken or changed.
  asio::awaitable<std::optional<SteadyTime>> step();
  // The run as its owner has changed and written it, with all that is here.
  void replace(ActionRun run);
  // The run as the ledger has it. What was not written yet stays.
  void take_reread(ActionRun run);
  // The ledger may know more of it than this: it has to be read again before anything else is done.
  bool uncertain() const { return uncertain_; }
  // What waits for something else than its turn looks at once whether it is there.
  void wake();

 private:
  // What keeps a target that is not sent.
  enum class Lack : std::uint8_t { none, leave, api };  // nothing but its turn; the kill switch is on; the way to the API
  struct Pace {
    SteadyTime due{};              // its next turn
    SteadyTime looked_for_from{};  // when whatever was sent had left us
    std::chrono::nanoseconds wait{0};
    Lack lack = Lack::none;
  };

  bool due(std::size_t target) const;
  void again_later(std::size_t target, std::chrono::seconds first, std::chrono::seconds most);
  void at_once(std::size_t target);
  void set(std::size_t target, ResponseState state, std::string reason);
  asio::awaitable<bool> write();
  std::optional<SteadyTime> next_due() const;

  asio::awaitable<void> send();
  ActionRun part_of_run(const std::vector<std::size_t>& batch) const;
  asio::awaitable<void> ask(std::shared_ptr<ActionApi> api, std::vector<std::size_t> batch);
  void take_refusal(const std::vector<std::size_t>& batch, const Error& error);
  void take_answers(const std::vector<std::size_t>& batch, std::vector<SentElement> answers);
  asio::awaitable<void> look();
  void take_list(const std::vector<std::size_t>& sought, const std::vector<TaskView>& tasks, SteadyTime asked);
  bool is_alike(const TaskView& task, std::size_t target) const;
  bool may_be_among(const std::vector<TaskView>& tasks, std::size_t target) const;
  const TaskView* found_in(const std::vector<TaskView>& tasks, std::size_t target) const;
  asio::awaitable<void> follow();
  void take_task(std::size_t target, const Result<TaskView>& task);
  asio::awaitable<void> send_webhook();
  asio::awaitable<void> undo_in_time();

  ActionRun run_;
  FlowPorts ports_;
  std::vector<Pace> paces_;  // by target; a custom request has the first
  bool unwritten_ = false;
  SteadyTime write_due_{};
  std::chrono::nanoseconds write_wait_{0};
  std::optional<SteadyTime> undo_due_;
  std::string undo_id_;  // drawn once: a write that failed may be in
  bool uncertain_ = false;
};

}  // namespace tidegate
