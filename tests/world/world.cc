#include "tests/world/world.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "agent/edges/pipeline_source.h"
#include "agent/edges/vision_one_source.h"
#include "base/check.h"
#include "tests/support/vision_one_http.h"

namespace tidegate {
namespace {

constexpr std::string_view token = "a-token-of-the-world";
constexpr WallTime origin{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1} + std::chrono::hours{12}};
constexpr std::chrono::milliseconds answer_time{40};

std::string text_of(const std::vector<std::uint32_t>& counts) {
  std::uint64_t sum = 0;
  for (const std::uint32_t count : counts) sum += count;
  return std::to_string(sum) + " of " + std::to_string(counts.size()) + " kinds";
}

SourceName name_of(const LedgerEntry& entry) { return {std::string{msg_class(entry.feed)}, entry.id, entry.version}; }

std::string text_of(const SourceName& source) { return source.msg_class + " " + source.id + " " + source.version; }

std::filesystem::path fresh_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "tidegate-world-XXXXXX").string();
  TG_ASSERT(mkdtemp(name.data()) != nullptr, "a test can make its folder");
  return name;
}

}  // namespace

WorldOptions small_tenant() {
  WorldOptions options;
  options.sim.data.backlog_period = std::chrono::hours{6};
  options.sim.data.alerts = {.backlog = 60, .per_second = 0.02};
  options.sim.data.audit_logs = {.backlog = 300, .per_second = 0.05};
  options.sim.data.techniques = {.backlog = 1500, .per_second = 0.5};
  options.sim.data.live = std::chrono::minutes{20};
  options.sim.data.late_share = 0.1;
  options.sim.data.late_max = std::chrono::seconds{60};
  options.connector.interval = std::chrono::seconds{30};
  options.connector.audit_logs_interval = std::chrono::seconds{60};
  options.connector.first_read = std::chrono::hours{30 * 24};
  options.connector.overlap = std::chrono::seconds{120};
  options.connector.settle = std::chrono::seconds{5};
  options.connector.requests_per_minute = 6000;
  options.connector.window_records_max = 600;
  return options;
}

World::World(Seed seed, WorldOptions options)
    : clock(origin),
      random(seed),
      origin_(origin),
      began_(clock.steady()),
      options_(std::move(options)),
      directory_(fresh_directory()),
      disk_(std::make_shared<FaultyFs>(directory_ / "stash")),
      log_(clock, LogFormat::text, Level::info, [this](std::string_view line) { log_lines.emplace_back(line); }) {
  options_.sim.data.origin = origin;
  options_.sim.serve.tokens = {std::string{token}};
  api = std::make_unique<VisionOneSim>(options_.sim, seed);
  processor = std::make_unique<ProcessorSim>(epoch_);
  config.sensor.name = "sensor-of-the-world";
  options_.connector.name = "world";
  options_.connector.type = "trendmicro_visionone";
  options_.connector.tenant = {"acme", "ACME Corp"};
  options_.connector.api_base_url = "https://api.test";
  options_.connector.bearer_token = Secret{std::string{token}};
  config.connectors = {options_.connector};
}

World::~World() {
  if (agent_) stop_agent();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void World::start_agent() {
  OpenReport report;
  JournalOptions journal{.directory = directory_ / "journal",
                         .budget = options_.budget,
                         .keep_free = 0,
                         .fresh_epoch = {random.next(), random.next()},
                         .env = environment_of(disk_)};
  Result<std::unique_ptr<RocksJournal>> opened = RocksJournal::open(journal, report);
  TG_ASSERT(opened.has_value(), "the world's journal opens");
  journal_ = *std::move(opened);
  epoch_ = journal_->epoch();
  store_ = std::make_unique<InlineStore>(*journal_, Compression::zstd);
  agent_ = std::make_unique<Agent>(config, AgentPorts{{clock, random}, *store_, *processor, *this}, loop_.get_executor(), log_,
                                   metrics_);
  tasks_ = std::make_unique<TaskGroup>(loop_.get_executor());
  tasks_->spawn("agent", agent_->run());
  drain();
}

void World::stop_agent() {
  tasks_->stop();
  bool joined = false;
  asio::co_spawn(loop_, tasks_->join(), [&joined](const std::exception_ptr&) { joined = true; });
  for (int turns = 0; !joined && turns < 10'000; ++turns) drain();
  TG_ASSERT(joined, "an agent that is told to stop stops");
  tasks_.reset();
  agent_.reset();
  store_.reset();
  journal_.reset();
  processor->reset();
}

void World::cut_power(TornTail tail) {
  disk_->power_off();
  stop_agent();
  disk_->power_on(random, tail);
  start_agent();
}

void World::reconfigure(ConnectorConfig connector) {
  config.connectors = {std::move(connector)};
  bool applied = false;
  asio::co_spawn(loop_, agent_->apply(config), [&applied](const std::exception_ptr&) { applied = true; });
  for (int turns = 0; !applied && turns < 10'000; ++turns) drain();
  TG_ASSERT(applied, "a change of the configuration is applied");
}

void World::drain() {
  loop_.restart();
  while (loop_.poll() > 0) loop_.restart();
}

void World::run_for(std::chrono::nanoseconds span) {
  run_until([] { return false; }, span);
}

bool World::run_until(const std::function<bool()>& done, std::chrono::nanoseconds span) {
  const SteadyTime end = clock.steady() + span;
  for (;;) {
    drain();
    if (done()) return true;
    if (clock.steady() >= end) return false;
    const SteadyTime next = std::min(clock.next_deadline().value_or(end), end);
    clock.advance(std::max<std::chrono::nanoseconds>(next - clock.steady(), std::chrono::nanoseconds{1}));
  }
}

bool World::is_nameless(const LedgerEntry& entry) const { return entry.feed == Feed::audit_logs && !options_.sim.data.audit_uuid; }

bool World::complete() { return missing().empty(); }

std::vector<std::string> World::missing() {
  std::vector<std::string> lacking;
  for (const LedgerEntry& entry : ledger()) {
    const SourceName source = name_of(entry);
    if (!is_nameless(entry) && !entry.superseded && !processor->records().contains(source)) lacking.push_back(text_of(source));
  }
  const auto [held, received] = nameless_counts();
  if (received < held) lacking.push_back("nameless: " + text_of(held) + " held, " + text_of(received) + " received");
  return lacking;
}

std::vector<std::string> World::twins() {
  std::vector<std::string> odd;
  std::set<SourceName> known;
  for (const LedgerEntry& entry : ledger()) known.insert(name_of(entry));
  std::size_t copies = 0;
  for (const auto& [source, count] : processor->records()) {
    if (source.version == nameless) {
      copies += static_cast<std::size_t>(count) - 1;
      continue;
    }
    if (count != 1) odd.push_back("twice: " + text_of(source));
    if (!known.contains(source)) odd.push_back("foreign: " + text_of(source));
  }
  if (processor->record_ids().size() != processor->records().size() + copies)
    odd.push_back("record ids and records are not one to one");
  const auto [held, received] = nameless_counts();
  if (held < received) odd.push_back("nameless: " + text_of(held) + " held, " + text_of(received) + " received");
  return odd;
}

// Records without id are named by the API's bytes there and by msgpack here: how many there are of each kind must agree.
std::pair<World::Counts, World::Counts> World::nameless_counts() {
  Counts held;
  Counts received;
  for (const LedgerEntry& entry : ledger())
    if (is_nameless(entry)) held.push_back(entry.count);
  for (const auto& [source, count] : processor->records())
    if (source.version == nameless) received.push_back(static_cast<std::uint32_t>(count));
  std::sort(held.begin(), held.end(), std::greater{});
  std::sort(received.begin(), received.end(), std::greater{});
  return {held, received};
}

asio::awaitable<Result<HttpResponse>> World::serve(HttpRequest request) {
  const auto stop = co_await asio::this_coro::cancellation_state;
  requests.push_back(clock.steady());
  asked.push_back(request);
  co_await clock.sleep_for(answer_time);
  if (stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, "stopped while the answer was awaited"};
  if (api_away) co_return Error{Code::unavailable, "connection refused"};
  Result<HttpResponse> response = answer_of(*api, request, api_time());
  if (response && twist) twist(request, *response);
  co_return response;
}

RequestBudget& World::budget_for(const ConnectorConfig& connector, std::string_view endpoint) {
  auto& budget = budgets_[std::string{connector.bearer_token.reveal()} + " " + std::string{endpoint}];
  if (!budget) budget = std::make_unique<RequestBudget>(clock, connector.requests_per_minute);
  return *budget;
}

Result<std::unique_ptr<Source>> World::make_source(const ConnectorConfig& connector, Lane lane, Urgency urgency) {
  VisionOneOptions options{.lane = lane,
                           .connector = connector.name,
                           .urgency = urgency,
                           .api_base_url = connector.api_base_url,
                           .token = [bearer = connector.bearer_token]() -> Result<Secret> { return bearer; }};
  HttpSend send = [this](HttpRequest request, std::chrono::nanoseconds) { return serve(std::move(request)); };
  auto lists =
      std::make_unique<VisionOneSource>(options, send, budget_for(connector, name(lane)), Surroundings{clock, random}, metrics_);
  if (lane != Lane::techniques || connector.techniques_from != TechniquesFrom::pipeline || urgency != Urgency::fresh)
    return std::unique_ptr<Source>{std::move(lists)};
  PipelineOptions pipeline{.description = pipeline_description(config.sensor.name, connector.name), .risk_levels = {}};
  for (const RiskLevel level : connector.pipeline_risk_levels) pipeline.risk_levels.emplace(name(level));
  return std::unique_ptr<Source>{std::make_unique<PipelineSource>(std::move(options), std::move(pipeline), std::move(send),
                                                                  budget_for(connector, "data_pipelines"), std::move(lists),
                                                                  Surroundings{clock, random}, metrics_)};
}

// Tokens of the world live for ever.
TokenWatch::Ask World::make_expiry_reader(const ConnectorConfig& /*connector*/) {
  return []() -> asio::awaitable<TokenExpiry> { co_return TokenExpiry{}; };
}

}  // namespace tidegate
