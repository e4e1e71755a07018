#include "tests/actions/action_world.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "base/check.h"
#include "respond/run_id.h"
#include "respond/vision_one_actions.h"
#include "tests/support/vision_one_http.h"
#include "tests/world/loop_turns.h"

namespace tidegate {
namespace {

constexpr WallTime action_origin{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1} + std::chrono::hours{12}};
constexpr std::string_view action_token = "a-token-of-responders";
constexpr const char* api_url = "https://api.test";

SimOptions with_token(SimOptions options) {
  options.data.origin = action_origin;
  options.serve.tokens = {std::string{action_token}};
  return options;
}

}  // namespace

// Keeps what it says it keeps, at one moment between two waits, so that a kill falls before or behind it.
class ActionWorld::Ledger final : public ActionLedger {
 public:
  explicit Ledger(ActionWorld& world) : world_(world) {}

  asio::awaitable<Result<void>> put(std::vector<ActionRun> runs) override {
    co_await pause();
    const bool fails = world_.random_.below(100) < world_.ledger_fails_;
    const bool in_all_the_same = fails && world_.random_.chance(2);
    if (world_.dead_) co_return Error{Code::cancelled, "the process has ended"};
    if (!fails || in_all_the_same)
      for (ActionRun& run : runs) keep(std::move(run));
    co_await pause();
    if (fails) co_return Error{Code::unavailable, "the disk failed"};
    co_return Result<void>{};
  }
  asio::awaitable<Result<ActionRun>> read(std::string id) override {
    co_await pause();
    if (world_.random_.below(100) < world_.ledger_fails_) co_return Error{Code::unavailable, "the disk failed"};
    const auto found = world_.kept_.find(id);
    if (found == world_.kept_.end()) co_return Error{Code::absent, "no run " + id};
    co_return found->second;
  }
  asio::awaitable<Result<UnsettledRuns>> unsettled() override {
    co_await pause();
    if (world_.random_.below(100) < world_.ledger_fails_) co_return Error{Code::unavailable, "the disk failed"};
    UnsettledRuns left;
    for (const auto& [id, run] : world_.kept_)
      if (!settled(run)) left.runs.push_back(run);
    if (world_.mutant_ != nullptr && world_.mutant_->finds) world_.mutant_->finds(left.runs);
    co_return left;
  }

 private:
  asio::awaitable<void> pause() { return world_.clock_.sleep_for(std::chrono::milliseconds{world_.random_.between(1, 20)}); }

  void keep(ActionRun run) {
    const auto found = world_.kept_.find(run.id);
    const ActionRun* before = found == world_.kept_.end() ? nullptr : &found->second;
    if (world_.mutant_ != nullptr && world_.mutant_->keeps && !world_.mutant_->keeps(run, before)) return;
    world_.note("kept " + run.id + " " + std::string{name(state_of(run))});
    world_.kept_.insert_or_assign(run.id, std::move(run));
  }

  ActionWorld& world_;
};

// The real one, whose list a mutant spoils.
class ActionWorld::Api final : public ActionApi {
 public:
  Api(std::unique_ptr<ActionApi> real, const ActionMutant* mutant) : real_(std::move(real)), mutant_(mutant) {}

  asio::awaitable<Result<std::vector<SentElement>>> send(ResponseAction action, std::vector<ActionElement> elements) override {
    return real_->send(action, std::move(elements));
  }
  asio::awaitable<Result<TaskView>> task(std::string id) override { return real_->task(std::move(id)); }
  asio::awaitable<Result<std::vector<TaskView>>> tasks_since(WallTime since) override {
    Result<std::vector<TaskView>> tasks = co_await real_->tasks_since(since);
    if (tasks && mutant_ != nullptr && mutant_->lists) mutant_->lists(*tasks);
    co_return tasks;
  }

 private:
  std::unique_ptr<ActionApi> real_;
  const ActionMutant* mutant_;
};

struct ActionWorld::Process {
  explicit Process(ActionWorld& world)
      : log(world.own_clock_, LogFormat::text, Level::info, [&world](std::string_view line) { world.note(line); }),
        ledger(world),
        api(world.make_api(false)),
        runner(ledger, world, world.loop_.get_executor(), world.own_clock_, world.random_, log, metrics, {}, limits_of(world)),
        tasks(world.loop_.get_executor()) {}

  static RunnerLimits limits_of(const ActionWorld& world) {
    RunnerLimits limits;
    if (world.mutant_ != nullptr && world.mutant_->limits) world.mutant_->limits(limits);
    return limits;
  }

  Log log;
  Metrics metrics;
  Ledger ledger;
  std::shared_ptr<ActionApi> api;
  ActionRunner runner;
  TaskGroup tasks;
};

ActionWorld::ActionWorld(Seed seed, SimOptions api, const ActionMutant* mutant)
    : clock_(action_origin),
      own_clock_(clock_, std::chrono::nanoseconds{0}),
      random_(seed),
      mutant_(mutant),
      api_(with_token(std::move(api)), seed) {}

ActionWorld::~ActionWorld() {
  if (running()) kill();
}

std::unique_ptr<ActionApi> ActionWorld::make_api(bool past_the_net) {
  HttpSend send = [this](HttpRequest request, std::chrono::nanoseconds deadline) { return carry(std::move(request), deadline); };
  if (past_the_net)
    send = [this](HttpRequest request, std::chrono::nanoseconds) -> asio::awaitable<Result<HttpResponse>> {
      co_return answer_of(api_, request, wall());
    };
  VisionOneActionsOptions options{.origin = api_url, .token = Secret{std::string{action_token}}};
  auto real = std::make_unique<VisionOneActions>(std::move(options), std::move(send), own_clock_, random_);
  return std::make_unique<Api>(std::move(real), past_the_net ? nullptr : mutant_);
}

void ActionWorld::start() {
  TG_ASSERT(!running(), "a process that runs is not started");
  dead_ = false;
  process_ = std::make_unique<Process>(*this);
  process_->tasks.spawn("actions", process_->runner.run());
  drain();
}

void ActionWorld::kill() {
  TG_ASSERT(running(), "what is killed runs");
  ++kills_;
  tell("the process is killed");
  dead_ = true;  // first: what it does while it ends must leave no trace
  process_->tasks.stop();
  bool joined = false;
  asio::co_spawn(loop_, process_->tasks.join(), [&joined](const std::exception_ptr&) { joined = true; });
  for (int turns = 0; !joined && turns < turns_max; ++turns) {
    turn_until_idle(loop_);
    process_->tasks.stop();
  }
  TG_ASSERT(joined, "what is told to stop stops");
  process_.reset();
}

asio::awaitable<Result<HttpResponse>> ActionWorld::carry(HttpRequest request, std::chrono::nanoseconds deadline) {
  if (dead_) co_return Error{Code::cancelled, "the process has ended"};
  co_await clock_.sleep_for(std::chrono::milliseconds{random_.between(5, 300)});
  if (dead_) co_return Error{Code::cancelled, "the process has ended"};
  if (api_away_) co_return Error{Code::unavailable, "connection refused"};
  std::uint64_t fate = random_.below(100);
  const auto falls = [&fate](std::uint64_t share) {
    const bool falls_here = fate < share;
    fate -= std::min(fate, share);
    return falls_here;
  };
  const bool lost = falls(weather_.lost);
  const bool unanswered = !lost && falls(weather_.unanswered);
  const bool late = !lost && !unanswered && falls(weather_.late);
  Result<HttpResponse> response = Error{Code::timeout, "no answer"};
  if (late) late_.push_back({now() + std::chrono::seconds{random_.between(1, 60)}, std::move(request)});
  else if (!lost) response = answer_of(api_, request, wall());
  note("a request " + std::string{lost ? "is lost" : unanswered ? "is not answered" : late ? "comes late" : "is answered"});
  if (lost || unanswered || late) {
    co_await clock_.sleep_for(random_.chance(2) ? deadline
                                                : std::chrono::nanoseconds{std::chrono::milliseconds{random_.between(1, 500)}});
    co_return Error{random_.chance(2) ? Code::timeout : Code::unavailable, "the connection broke off"};
  }
  co_await clock_.sleep_for(std::chrono::milliseconds{random_.between(5, 300)});
  co_return response;
}

void ActionWorld::deliver_late() {
  for (std::size_t place = 0; place < late_.size();) {
    if (late_[place].at > now()) {
      ++place;
      continue;
    }
    note("a late request arrives");
    (void)answer_of(api_, late_[place].request, wall());
    late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(place));
  }
}

void ActionWorld::drain() {
  loop_.restart();
  while (kill_after_ > 0 && loop_.poll_one() > 0) {
    loop_.restart();
    if (--kill_after_ == 0 && running()) kill();
  }
  turn_until_idle(loop_);
}

void ActionWorld::run_for(std::chrono::nanoseconds span) {
  const SteadyTime end = now() + span;
  for (;;) {
    drain();
    deliver_late();
    drain();
    if (now() >= end) return;
    SteadyTime next = std::min(clock_.next_deadline().value_or(end), end);
    for (const Late& late : late_) next = std::min(next, late.at);
    clock_.advance(std::max<std::chrono::nanoseconds>(next - now(), std::chrono::nanoseconds{1}));
  }
}

void ActionWorld::submit(ActionRun run) {
  if (!running()) return;
  const std::string id = run.id;
  const auto work = [](ActionWorld& world, ActionRun asked) -> asio::awaitable<Error> {
    const std::string asked_id = asked.id;
    const Result<void> done = co_await world.process_->runner.submit(std::move(asked));
    if (done && !world.dead_) world.accepted_.insert(asked_id);
    co_return Error{Code::cancelled, "asked"};
  };
  process_->tasks.spawn("submit " + id, work(*this, std::move(run)));
}

void ActionWorld::decide(const std::string& id, bool grant) {
  if (!running()) return;
  const auto work = [](ActionWorld& world, std::string of, bool granted) -> asio::awaitable<Error> {
    std::function<Result<void>(ActionRun&)> change = [granted](ActionRun& run) -> Result<void> {
      if (run.approval != Approval::awaited) return Error{Code::invalid, "nobody waits for it"};
      run.approval = granted ? Approval::granted : Approval::denied;
      run.decided_by = "operator";
      return {};
    };
    (void)co_await world.process_->runner.amend(std::move(of), std::move(change));
    co_return Error{Code::cancelled, "asked"};
  };
  process_->tasks.spawn("decide " + id, work(*this, id, grant));
}

void ActionWorld::undo(const std::string& id) {
  if (!running()) return;
  const std::string inverse = fresh_run_id(random_);
  const auto work = [](ActionWorld& world, std::string of, std::string by) -> asio::awaitable<Error> {
    const WallTime at = world.own_clock_.wall();
    std::function<Result<ActionRun>(ActionRun&)> change = [by, at](ActionRun& run) -> Result<ActionRun> {
      if (!run.undone_by.empty() || !run.action || !inverse_of(*run.action)) return Error{Code::invalid, "not to be undone"};
      bool any = false;
      for (const TargetRun& target : run.targets) {
        if (!settled(target.state)) return Error{Code::invalid, "under way"};
        any = any || is_in_force(target);
      }
      if (!any) return Error{Code::invalid, "nothing was done"};
      run.undone_by = by;
      return inverse_run(run, by, "operator", at);
    };
    (void)co_await world.process_->runner.amend_and_submit(std::move(of), std::move(change));
    co_return Error{Code::cancelled, "asked"};
  };
  process_->tasks.spawn("undo " + id, work(*this, id, inverse));
}

void ActionWorld::set_may_send(bool may) {
  may_send_ = may;
  if (may && running()) process_->runner.wake();
}

Result<ResponderApi> ActionWorld::api_for(const ActionRun& /*run*/) { return ResponderApi{process_->api, nullptr}; }

std::vector<TaskView> ActionWorld::tasks() {
  const std::shared_ptr<ActionApi> api = make_api(true);
  std::optional<Result<std::vector<TaskView>>> listed;
  const auto list = [](ActionApi& of, std::optional<Result<std::vector<TaskView>>>& to) -> asio::awaitable<void> {
    to = co_await of.tasks_since(action_origin - std::chrono::hours{24});
  };
  asio::co_spawn(loop_, list(*api, listed), [](const std::exception_ptr&) {});
  drain();
  TG_ASSERT(listed && *listed, "the simulator lists its tasks");
  return **std::move(listed);
}

void ActionWorld::tell(const std::string& what) {
  story_.push_back(to_iso8601(wall()) + "  " + what);
  note(what);
}

void ActionWorld::note(std::string_view what) {
  const std::string line = std::to_string(now().time_since_epoch().count()) + " " + std::string{what};
  trace_ = hash128({to_hex(trace_), line});
}

}  // namespace tidegate
