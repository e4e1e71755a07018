// HandedWorld: a processor that hands response actions over to a sensor, the sensor, and the API in which it acts, as delivered but
// for the disks, the link between both and the net, which fail as a seed says. Either process is killed at any turn of the loop,
// and begun again over what its disk has. One thread, one clock, one seed.
//
// Thread: the loop, which is the world's own.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <set>

#include "agent/action_routes.h"
#include "agent/control/responder.h"
#include "processor/respond/action_desk.h"
#include "processor/respond/sensor_actions.h"
#include "respond/run_id.h"
#include "respond/vision_one_actions.h"
#include "tests/promises/handed_disks.h"
#include "tests/support/manual_clock.h"
#include "tests/support/vision_one_http.h"
#include "tests/world/loop_turns.h"

namespace tidegate::test {

inline constexpr const char* handed_sensor = "edge-1";
inline constexpr const char* handed_token = "a-token-of-responders";
inline constexpr std::chrono::seconds link_answer_max{20};

inline asio::awaitable<Result<std::string>> no_probe(Responder /*responder*/, Secret /*secret*/) {
  co_return Error{Code::unavailable, "nobody asks"};
}

struct HandedProcessor {
  //   requires: what is referred to outlives this
  HandedProcessor(asio::any_io_executor executor, std::shared_ptr<HandedLife> alive, MemoryActions& store,
                  std::function<bool()> sensor_is_there, AskSensor ask)
      : life(std::move(alive)),
        log(life->clock, LogFormat::text, Level::error, [](std::string_view) {}),
        history(life, store),
        desk(desk_ports(store), life->clock, life->random, log),
        runner(history, desk, executor, life->clock, life->random, log, metrics),
        actions({.runner = runner,
                 .history = store,
                 .ask = std::move(ask),
                 .present = [sensor_is_there](std::string_view) { return sensor_is_there(); },
                 .revoked = [](std::string_view) { return false; },
                 .responders = [this](std::string_view name) { return desk.responders_of(name); },
                 .sensors = [this] { return desk.sensors(); },
                 .enrolled = [] { return std::set<std::string>{}; }},
                executor, life->clock, log),
        tasks(executor) {
    TG_ASSERT(desk.load(), "what is kept can be read");
    desk.set_runner(runner);
    ActionPlaces places;
    places.tenants_of = [](std::string_view) { return Result<std::vector<std::string>>{std::vector<std::string>{"acme"}}; };
    places.present = [sensor_is_there](std::string_view) { return sensor_is_there(); };
    places.changed = [this] { actions.tell_all(); };
    desk.set_places(std::move(places));
    runner.on_change([this](const ActionRun& run) { actions.changed(run); });
    tasks.spawn("runs", runner.run());
    tasks.spawn("actions of sensors", actions.run());
  }

  static ActionDeskPorts desk_ports(MemoryActions& store) {
    return {store, store, [](std::string_view) -> Result<Secret> { return Error{Code::absent, "there is no credential"}; },
            [](const Responder&, const Secret&) -> Result<ResponderApi> { return ResponderApi{}; }, no_probe};
  }

  std::shared_ptr<HandedLife> life;
  Log log;
  Metrics metrics;
  HandedHistory history;
  ActionDesk desk;
  ActionRunner runner;
  SensorActions actions;
  TaskGroup tasks;
};

struct HandedSensor {
  //   requires: what is referred to outlives this
  HandedSensor(asio::any_io_executor executor, std::shared_ptr<HandedLife> alive, HandedDisk& disk,
               std::shared_ptr<ActionApi> actions_api)
      : life(std::move(alive)),
        log(life->clock, LogFormat::text, Level::error, [](std::string_view) {}),
        ledger(life, disk),
        api(std::move(actions_api)),
        responder(handed_sensor, policy(),
                  {ledger,
                   [this](const Responder&, const Secret&) {
                     ResponderApi made;
                     made.actions = api;
                     return Result<ResponderApi>{std::move(made)};
                   },
                   no_probe},
                  executor, Surroundings{life->clock, life->random}, log, metrics),
        routes(responder),
        tasks(executor) {
    tasks.spawn("actions", responder.run());
  }

  static RemotePolicy policy() {
    RemotePolicy allowed;
    allowed.tenants = {"acme"};
    return allowed;
  }

  std::shared_ptr<HandedLife> life;
  Log log;
  Metrics metrics;
  HandedLedger ledger;
  std::shared_ptr<ActionApi> api;
  SensorResponder responder;
  ActionRoutes routes;
  TaskGroup tasks;
};

class HandedWorld {
 public:
  enum class Which : std::uint8_t { processor, sensor };

  explicit HandedWorld(Seed seed) : random_(seed), api_(sim_options(random_), seed) {
    disk_.id = fresh_run_id(random_);
    start(Which::processor);
    start(Which::sensor);
    Responder responder = visionone_responder();
    responder.sensor = handed_sensor;
    std::vector<Responder> one{std::move(responder)};
    TG_ASSERT(processor_->desk.apply(std::move(one), "alice"), "the responder is good");
  }
  ~HandedWorld() {
    kill(Which::processor);
    kill(Which::sensor);
  }
  HandedWorld(const HandedWorld&) = delete;
  HandedWorld& operator=(const HandedWorld&) = delete;

  // Where it does not run.
  void start(Which which);
  // Where it runs, it ends where it stands.
  void kill(Which which);
  // After so many turns of the loop, whatever it waits for just then.
  void kill_after(std::uint64_t turns, Which which) {
    kill_after_ = turns;
    to_kill_ = which;
  }
  // The sensor's disk was replaced.
  void lose_ledger() {
    kill(Which::sensor);
    disk_ = HandedDisk{};
    disk_.id = fresh_run_id(random_);
    ledger_was_lost_ = true;
  }
  // The sensor's ledger says that it is the same, and knows of no run.
  void forget_runs() {
    kill(Which::sensor);
    disk_.runs.clear();
    disk_.changes.clear();
  }

  // What an operator asks for; a kill may cut it short. What was accepted is remembered.
  void order(ActionOrder asked) {
    if (processor_) processor_->tasks.spawn("an order", ask_for(std::move(asked)));
  }
  void undo(std::string id) {
    if (processor_) processor_->tasks.spawn("an undoing", ask_back(std::move(id)));
  }
  void set_may_send(bool may) {
    if (processor_) TG_ASSERT(processor_->desk.set_may_send(may, "bob"), "the switch is kept");
  }
  void run_for(std::chrono::nanoseconds span);

  HandedWeather& weather() { return weather_; }
  const std::vector<ActionRun>& history() const { return store_.all; }
  const std::map<std::string, ActionRun>& sensor_runs() const { return disk_.runs; }
  const std::set<std::string>& accepted() const { return accepted_; }
  bool ledger_was_lost() const { return ledger_was_lost_; }
  std::size_t kills() const { return kills_; }
  std::vector<TaskView> tasks();  // of the API, past the net

 private:
  static SimOptions sim_options(Random& random) {
    SimOptions options;
    options.data.origin = desk_noon;
    options.serve.tokens = {handed_token};
    options.serve.task_queued = std::chrono::seconds{random.between(1, 5)};
    options.serve.task_running = std::chrono::seconds{random.between(1, random.chance(3) ? 300 : 5)};
    return options;
  }

  bool falls(std::uint64_t share) { return random_.below(100) < share; }
  std::shared_ptr<ActionApi> api_by(HttpSend send) {
    VisionOneActionsOptions options{.origin = "https://api.test", .token = Secret{handed_token}};
    return std::make_shared<VisionOneActions>(std::move(options), std::move(send), clock_, random_);
  }
  asio::awaitable<Error> ask_for(ActionOrder asked) {
    const std::shared_ptr<HandedLife> life = processor_->life;
    const std::string id = asked.id;
    const Result<ActionDraft> draft = co_await processor_->desk.submit(std::move(asked));
    if (draft && !life->dead) accepted_.insert(id);
    co_return HandedLife::ended();
  }
  asio::awaitable<Error> ask_back(std::string id) {
    (void)co_await processor_->desk.undo(std::move(id), "bob");
    co_return HandedLife::ended();
  }

  using Slot = std::shared_ptr<std::optional<SensorReply>>;
  asio::awaitable<Result<SensorReply>> ask(std::shared_ptr<HandedLife> life, SensorRequest request);
  asio::awaitable<Error> serve(SensorRequest request, Slot to);
  asio::awaitable<Result<HttpResponse>> carry(std::shared_ptr<HandedLife> life, HttpRequest request,
                                              std::chrono::nanoseconds deadline);
  void drain();

  ManualClock clock_{desk_noon};
  Random random_;
  asio::io_context loop_{1};
  VisionOneSim api_;
  HandedWeather weather_;
  MemoryActions store_;
  HandedDisk disk_;
  std::set<std::string> accepted_;
  bool ledger_was_lost_ = false;
  std::uint64_t kill_after_ = 0;
  Which to_kill_ = Which::processor;
  std::size_t kills_ = 0;
  std::unique_ptr<HandedProcessor> processor_;
  std::unique_ptr<HandedSensor> sensor_;
};

inline void HandedWorld::start(Which which) {
  const auto life = std::make_shared<HandedLife>(clock_, random_, weather_);
  if (which == Which::processor && !processor_) {
    const auto asking = [this, life](std::string, SensorRequest request) { return ask(life, std::move(request)); };
    const auto is_there = [this] { return sensor_ != nullptr; };
    processor_ = std::make_unique<HandedProcessor>(loop_.get_executor(), life, store_, is_there, asking);
  }
  if (which == Which::sensor && !sensor_) {
    HttpSend send = [this, life](HttpRequest request, std::chrono::nanoseconds deadline) {
      return carry(life, std::move(request), deadline);
    };
    sensor_ = std::make_unique<HandedSensor>(loop_.get_executor(), life, disk_, api_by(std::move(send)));
  }
}

inline void HandedWorld::kill(Which which) {
  if (which == Which::processor ? !processor_ : !sensor_) return;
  ++kills_;
  (which == Which::processor ? processor_->life : sensor_->life)->dead = true;  // first
  TaskGroup& tasks = which == Which::processor ? processor_->tasks : sensor_->tasks;
  tasks.stop();
  bool joined = false;
  asio::co_spawn(loop_, tasks.join(), [&joined](const std::exception_ptr&) { joined = true; });
  for (int turns = 0; !joined && turns < turns_max; ++turns) {
    turn_until_idle(loop_);
    tasks.stop();
  }
  TG_ASSERT(joined, "what is told to stop stops");
  if (which == Which::processor) processor_.reset();
  else sensor_.reset();
}

// The sensor answers by a task of its own, so that either can end without the other.
inline asio::awaitable<Result<SensorReply>> HandedWorld::ask(std::shared_ptr<HandedLife> life, SensorRequest request) {
  co_await clock_.sleep_for(std::chrono::milliseconds{random_.between(5, 200)});
  if (life->dead) co_return HandedLife::ended();
  if (!sensor_) co_return Error{Code::unavailable, "the sensor is away"};
  const bool lost = falls(weather_.lost);
  const bool unanswered = falls(weather_.unanswered);
  const auto slot = std::make_shared<std::optional<SensorReply>>();
  if (!lost) sensor_->tasks.spawn("a request", serve(std::move(request), slot));
  const SteadyTime late = clock_.steady() + link_answer_max;
  while (!life->dead && clock_.steady() < late && (unanswered || !*slot))
    co_await clock_.sleep_for(unanswered || lost ? link_answer_max : std::chrono::nanoseconds{std::chrono::milliseconds{20}});
  if (life->dead || unanswered || !*slot) co_return Error{Code::timeout, "no answer within 20 s"};
  co_return **slot;
}

inline asio::awaitable<Error> HandedWorld::serve(SensorRequest request, Slot to) {
  HandedSensor& sensor = *sensor_;
  const HttpRequestView view{request.method, request.target, request.body.reveal()};
  const HttpReply reply = co_await sensor.routes.answer(view);
  SensorReply answer;
  answer.status = reply.status;
  answer.body = reply.body;
  if (!sensor.life->dead) *to = std::move(answer);
  co_return HandedLife::ended();
}

inline asio::awaitable<Result<HttpResponse>> HandedWorld::carry(std::shared_ptr<HandedLife> life, HttpRequest request,
                                                                std::chrono::nanoseconds deadline) {
  co_await clock_.sleep_for(std::chrono::milliseconds{random_.between(5, 300)});
  if (life->dead) co_return HandedLife::ended();
  Result<HttpResponse> response = answer_of(api_, request, clock_.wall());
  if (!falls(weather_.api_unanswered)) co_await clock_.sleep_for(std::chrono::milliseconds{random_.between(5, 300)});
  else response = Error{Code::timeout, "no answer"};
  if (!response) co_await clock_.sleep_for(deadline);
  co_return response;
}

inline void HandedWorld::drain() {
  loop_.restart();
  while (kill_after_ > 0 && loop_.poll_one() > 0) {
    loop_.restart();
    if (--kill_after_ == 0) kill(to_kill_);
  }
  turn_until_idle(loop_);
}

inline void HandedWorld::run_for(std::chrono::nanoseconds span) {
  const SteadyTime end = clock_.steady() + span;
  for (drain(); clock_.steady() < end; drain()) {
    const SteadyTime next = std::min(clock_.next_deadline().value_or(end), end);
    clock_.advance(std::max<std::chrono::nanoseconds>(next - clock_.steady(), std::chrono::nanoseconds{1}));
  }
}

inline std::vector<TaskView> HandedWorld::tasks() {
  const std::shared_ptr<ActionApi> api =
      api_by([this](HttpRequest request, std::chrono::nanoseconds) -> asio::awaitable<Result<HttpResponse>> {
        co_return answer_of(api_, request, clock_.wall());
      });
  std::optional<Result<std::vector<TaskView>>> listed;
  const auto list = [](ActionApi& of, std::optional<Result<std::vector<TaskView>>>& to) -> asio::awaitable<void> {
    to = co_await of.tasks_since(desk_noon - std::chrono::hours{24});
  };
  asio::co_spawn(loop_, list(*api, listed), [](const std::exception_ptr&) {});
  drain();
  TG_ASSERT(listed && *listed, "the simulator lists its tasks");
  return **std::move(listed);
}

}  // namespace tidegate::test
