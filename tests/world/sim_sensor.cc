#include "tests/world/sim_sensor.h"

#include <boost/asio/co_spawn.hpp>

#include "agent/edges/pipeline_source.h"
#include "agent/edges/vision_one_source.h"
#include "base/check.h"
#include "tests/world/loop_turns.h"

namespace tidegate {
namespace {

// Rarer than in the field, for each look costs turns of the loop: what an offer has come to is published at once all the same.
constexpr ControlLimits sim_control_limits{.look_every = std::chrono::minutes{2}, .publish_every = std::chrono::minutes{10}};

}  // namespace

SimSensor::SimSensor(asio::io_context& loop, SimSensorOptions options, SimSensorPorts ports)
    : loop_(loop),
      options_(std::move(options)),
      ports_(std::move(ports)),
      disk_(std::make_shared<FaultyFs>(options_.directory / "stash")),
      log_(ports_.clock, LogFormat::text, Level::info,
           [this](std::string_view line) { ports_.log(shown(line, options_.directory)); }) {}

SimSensor::~SimSensor() { stop(); }

bool SimSensor::start() {
  TG_ASSERT(!running(), "a sensor that runs is not started");
  const JournalOptions options{.directory = journal_directory(),
                               .budget = options_.budget,
                               .keep_free = 0,
                               .fresh_epoch = {ports_.random.next(), ports_.random.next()},
                               .env = environment_of(disk_)};
  Result<std::unique_ptr<RocksJournal>> journal = RocksJournal::open(options, opened_);
  if (!journal) {
    log_.error("the agent cannot start", {{"reason", journal.error().text()}});
    return false;
  }
  disk_->background().settle();
  if (ports_.make_control) {
    control_ = ports_.make_control({.sources = *this,
                                    .disk = disk_,
                                    .directory = options_.directory / "config",
                                    .around = {ports_.clock, ports_.random},
                                    .log = log_,
                                    .metrics = metrics_});
    if (doomed()) {
      control_.reset();
      return false;
    }
  }
  journal_ = *std::move(journal);
  store_ = ports_.make_store(*journal_);
  uplink_ = ports_.make_uplink(journal_->epoch());
  ControlPorts* const control = control_ ? &control_->ports() : nullptr;
  agent_ = std::make_unique<Agent>(options_.config, AgentPorts{{ports_.clock, ports_.random}, *store_, *uplink_, *this, control},
                                   loop_.get_executor(), log_, metrics_, hooks());
  tasks_ = std::make_unique<TaskGroup>(loop_.get_executor(), [this](std::string_view, const Error& error) {
    log_.error("the agent cannot go on", {{"reason", error.text()}});
    failure_ = error;
  });
  tasks_->spawn("agent", agent_->run());
  if (control_) tasks_->spawn("control link", control_->link().run());
  drain();
  return true;
}

AgentHooks SimSensor::hooks() {
  return {.answer = [](std::string, std::string, Secret) -> asio::awaitable<HttpReply> {
            HttpReply none{.status = 404, .body = "nothing is served here\n"};
            co_return none;
          },
          .restart = [this] { failure_ = Error{Code::cancelled, "the processor asks for a restart"}; },
          .control = sim_control_limits};
}

void SimSensor::stop() {
  if (!running()) return;
  tasks_->stop();
  bool joined = false;
  asio::co_spawn(loop_, tasks_->join(), [&joined](const std::exception_ptr&) { joined = true; });
  for (int turns = 0; !joined && turns < turns_max; ++turns) {
    drain();
    tasks_->stop();  // again: a wait that has begun since did not hear it
  }
  TG_ASSERT(joined, "an agent that is told to stop stops");
  tasks_.reset();
  agent_.reset();
  control_.reset();
  uplink_.reset();
  store_.reset();
  journal_.reset();
  failure_.reset();
}

void SimSensor::kill() { cut_power(TornTail::kept); }

void SimSensor::cut_power(TornTail tail) {
  disk_->power_off();  // first: what it does while it stops must leave no trace
  if (control_) control_->link().hang_up();
  stop();
  disk_->power_on(ports_.random, tail);
}

void SimSensor::reconfigure(std::vector<ConnectorConfig> connectors) {
  options_.config.connectors = std::move(connectors);
  if (!running()) return;
  bool applied = false;
  asio::co_spawn(loop_, agent_->apply(options_.config),
                 [&applied](const std::exception_ptr&, const Result<void>&) { applied = true; });
  for (int turns = 0; !applied && turns < turns_max; ++turns) drain();
  TG_ASSERT(applied, "a change of the configuration is applied");
}

void SimSensor::drain() { turn_until_idle(loop_); }

RequestBudget& SimSensor::budget_for(const ConnectorConfig& connector, std::string_view endpoint) {
  auto& budget = budgets_[std::string{connector.bearer_token.reveal()} + " " + std::string{endpoint}];
  if (!budget) budget = std::make_unique<RequestBudget>(ports_.clock, connector.requests_per_minute);
  return *budget;
}

Result<std::unique_ptr<Source>> SimSensor::make_source(const ConnectorConfig& connector, Lane lane, Urgency urgency) {
  const Surroundings around{ports_.clock, ports_.random};
  VisionOneOptions options{.lane = lane,
                           .connector = connector.name,
                           .urgency = urgency,
                           .api_base_url = connector.api_base_url,
                           .token = [bearer = connector.bearer_token]() -> Result<Secret> { return bearer; }};
  HttpSend send = [this](HttpRequest request, std::chrono::nanoseconds) { return ports_.serve(std::move(request)); };
  std::unique_ptr<Source> source =
      std::make_unique<VisionOneSource>(options, send, budget_for(connector, name(lane)), around, metrics_);
  if (lane == Lane::techniques && connector.techniques_from == TechniquesFrom::pipeline && urgency == Urgency::fresh) {
    PipelineOptions pipeline{.description = pipeline_description(options_.config.sensor.name, connector.name), .risk_levels = {}};
    for (const RiskLevel level : connector.pipeline_risk_levels) pipeline.risk_levels.emplace(name(level));
    source = std::make_unique<PipelineSource>(std::move(options), std::move(pipeline), std::move(send),
                                              budget_for(connector, "data_pipelines"), std::move(source), around, metrics_);
  }
  return ports_.wrap_source ? ports_.wrap_source(std::move(source)) : std::move(source);
}

// Tokens of a simulation live for ever.
TokenWatch::Ask SimSensor::make_expiry_reader(const ConnectorConfig& /*connector*/) {
  return []() -> asio::awaitable<TokenExpiry> { co_return TokenExpiry{}; };
}

}  // namespace tidegate
