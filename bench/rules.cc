#include "bench/rules.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <vector>

#include "bench/backlog.h"
#include "bench/rule_latency.h"
#include "bench/rule_set.h"
#include "bench/rule_traffic.h"
#include "processor/edges/sqlite_rules.h"
#include "processor/respond/rule_judge.h"
#include "respond/rules_document.h"
#include "transport/forward_entries.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr double arriving_per_second = 10'000;
constexpr auto batch_every = 200ms;
constexpr std::size_t chunks_of_batch = 10;  // 2,000 records
constexpr std::size_t traffic_chunks = 100;
constexpr std::size_t batch_records = chunks_of_batch * traffic_chunk_records;
constexpr auto record_age = 30s;  // on arrival

struct RuleCost {
  const char* key;
  std::size_t rules;
  std::size_t met_of_chunk;
};
constexpr std::size_t met_seldom = traffic_chunk_records / 200;
constexpr std::size_t met_often = traffic_chunk_records / 10;
constexpr std::array rule_costs{RuleCost{"0", 0, met_seldom}, RuleCost{"1", 1, met_seldom}, RuleCost{"10", 10, met_seldom},
                                RuleCost{"100", 100, met_seldom}, RuleCost{"100_dense", 100, met_often}};

double thread_cpu_seconds() {
  timespec used{};
  if (::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// By this process, so far. 0: it cannot be told.
double written_bytes_so_far() {
  constexpr std::string_view key = "write_bytes:";
  std::ifstream file{"/proc/self/io"};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key)) return std::strtod(line.c_str() + key.size(), nullptr);
  return 0;
}

// What the index thread has in its hands.
Result<void> append_index_records(const TrafficChunk& chunk, WallTime received, std::vector<IndexRecord>& into) {
  EntryReader entries{chunk.entries};
  while (true) {
    const Result<std::optional<Entry>> entry = entries.next();
    if (!entry) return entry.error();
    if (!*entry) return {};
    Result<RecordView> record = read_record((*entry)->record);
    if (!record) return std::move(record).error();
    const WallTime own = received - record_age;
    record->timestamp_ms = std::chrono::floor<std::chrono::milliseconds>(own.time_since_epoch()).count();
    into.push_back({*record, record->sensor, received});
  }
}

class RulesBench {
 public:
  RulesBench(const RulesOptions& options, const Clock& clock)
      : options_(options), clock_(clock), log_(clock, LogFormat::text, Level::error) {}

  Result<Report> run() {
    if (Result<void> ready = set_up(); !ready) return std::move(ready).error();
    Report report{.name = "rules", .environment = environment(), .parameters = {}, .figures = {}};
    report.parameters = {{"records", std::to_string(batches() * batch_records)},
                         {"seconds", std::to_string(options_.seconds)},
                         {"seed", std::to_string(options_.seed)}};
    for (const RuleCost& cost : rule_costs) {
      std::fprintf(stderr, "rules: the cost of %s\n", cost.key);
      if (Result<void> measured = measure(cost, report.figures); !measured) return std::move(measured).error().in(cost.key);
    }
    if (options_.seconds == 0) return report;
    RuleLatencyOptions latency;
    latency.directory = options_.directory / "latency";
    latency.programs = options_.programs;
    latency.seconds = std::chrono::seconds{options_.seconds};
    latency.seed = options_.seed;
    const Result<Figures> delays = measure_rule_latency(latency, clock_);
    if (!delays) return delays.error();
    report.figures.insert(report.figures.end(), delays->begin(), delays->end());
    return report;
  }

 private:
  std::size_t batches() const { return (options_.records + batch_records - 1) / batch_records; }

  Result<void> set_up() {
    ParsedRules parsed = parse_rules(bench_rules_yaml(bench_rules_max));
    if (!parsed.rules) return Error{Code::invalid, "the rules of the benchmark: " + to_text(parsed.errors.front())};
    rules_ = *std::move(parsed.rules);
    std::error_code failed;
    std::filesystem::create_directories(options_.directory, failed);
    if (failed) return Error{Code::unavailable, options_.directory.string() + ": " + failed.message()};
    const Result<RuleHits> hits = RuleHits::make(rules_);
    if (!hits) return hits.error();
    SensorRecords source{"bench-0", {"acme", "globex"}, clock_.wall(), Seed{options_.seed}};
    for (std::vector<TrafficChunk>* traffic : {&seldom_, &often_}) {
      const std::size_t met = traffic == &seldom_ ? met_seldom : met_often;
      Result<std::vector<TrafficChunk>> made = make_traffic(source, *hits, traffic_chunks, met);
      if (!made) return std::move(made).error();
      *traffic = *std::move(made);
    }
    return {};
  }

  Result<void> measure(const RuleCost& cost, Figures& figures) {
    const std::string key = cost.key;
    Result<std::unique_ptr<SqliteRules>> store = SqliteRules::open(options_.directory / ("rules-" + key + ".db"));
    if (!store) return std::move(store).error();
    Metrics metrics;
    RuleJudge judge{**store, clock_, log_, metrics, [] {}};
    const auto in_force = static_cast<std::ptrdiff_t>(cost.rules);
    if (Result<void> set = judge.set_rules({rules_.begin(), rules_.begin() + in_force}); !set) return set;
    std::vector<TrafficChunk>& traffic = cost.met_of_chunk == met_seldom ? seldom_ : often_;
    const double written_before = written_bytes_so_far();
    double cpu = 0;
    std::chrono::nanoseconds wall{0};
    WallTime received = clock_.wall();
    for (std::size_t i = 0; i < batches(); ++i, received += batch_every) {
      const Result<std::vector<IndexRecord>> batch = batch_of(traffic, i, received);
      if (!batch) return batch.error();
      const SteadyTime begun = clock_.steady();
      const double cpu_before = thread_cpu_seconds();
      if (Result<void> seen = judge.seen(*batch); !seen) return seen;
      cpu += thread_cpu_seconds() - cpu_before;
      wall += clock_.steady() - begun;
    }
    const double written = written_bytes_so_far() - written_before;
    const Result<std::map<std::string, RuleTotals>> totals = (*store)->totals();
    if (!totals) return totals.error();
    RuleTotals sum;
    for (const auto& [rule, of_one] : *totals) {
      sum.fired += of_one.fired;
      sum.muted += of_one.muted;
      sum.capped += of_one.capped;
    }
    const auto records = static_cast<double>(batches() * batch_records);
    const Figures found{{"core_percent_" + key, cpu / records * arriving_per_second * 100},
                        {"cpu_us_" + key, cpu / records * 1e6},
                        {"wall_us_" + key, in_seconds(wall) / records * 1e6},
                        {"decisions_" + key, static_cast<double>(sum.fired + sum.muted + sum.capped)},
                        {"fired_" + key, static_cast<double>(sum.fired)},
                        {"written_bytes_" + key, written / records}};
    figures.insert(figures.end(), found.begin(), found.end());
    return {};
  }

  // Of records that are new each time the traffic begins anew.
  Result<std::vector<IndexRecord>> batch_of(std::vector<TrafficChunk>& traffic, std::size_t number, WallTime received) {
    std::vector<IndexRecord> records;
    records.reserve(batch_records);
    const std::size_t first = number * chunks_of_batch % traffic.size();
    for (std::size_t i = first; i < first + chunks_of_batch; ++i) {
      traffic[i].renumber(++passes_);
      if (Result<void> appended = append_index_records(traffic[i], received, records); !appended)
        return std::move(appended).error();
    }
    return records;
  }

  static_assert(traffic_chunks % chunks_of_batch == 0, "a batch does not go over the end of the traffic");

  const RulesOptions& options_;
  const Clock& clock_;
  Log log_;
  std::vector<Rule> rules_;
  std::vector<TrafficChunk> seldom_;
  std::vector<TrafficChunk> often_;
  std::uint32_t passes_ = 0;
};

}  // namespace

Result<Report> bench_rules(const RulesOptions& options, const Clock& clock) {
  return run_in_clean_folder<RulesBench>(options, clock);
}

}  // namespace tidegate
