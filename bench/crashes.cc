#include "bench/crashes.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/crash_blows.h"
#include "bench/peer_lines.h"
#include "bench/peer_setup.h"
#include "tests/support/process.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t full_buffer_bytes = 64u << 20;
constexpr const char* full_budget = "64MiB";
constexpr std::uint64_t ample_buffer_bytes = 4ull << 30;
constexpr std::uint64_t page_records = 200;
constexpr std::uint64_t technique_bytes_max = 60'000;  // a page of them is what the agent takes: 16 MiB at most
constexpr std::uint64_t rate_least = 200'000;
constexpr auto all_visible_max = 30s;
constexpr std::chrono::milliseconds visible_look_again = 1s;
constexpr std::uint64_t cuts_that_take = 10;  // among so many, one takes something

// Whose blows are dealt on one stream of records.
struct StreamKind {
  const char* folder;
  std::vector<Blow> blows;
};

const char* name(Blow blow) {
  switch (blow) {
    case Blow::kill: return "kill";
    case Blow::flap: return "flap";
    case Blow::power: return "power";
    case Blow::full: return "full";
  }
  return "blow";
}

// The figures and facts of the subjects, in the order in which they came first.
class Results {
 public:
  void add(const CrashSubject& subject, Blow blow, std::uint64_t records, const BlowOutcome& outcome) {
    Figures& figures = entry(subject).figures;
    const std::string prefix = std::string{name(blow)} + "_";
    const auto lost = static_cast<double>(records - outcome.arrived.distinct);
    figures.emplace_back(prefix + "lost", lost);
    figures.emplace_back(prefix + "twins", static_cast<double>(outcome.arrived.twins));
    if (subject.resends_by_id()) figures.emplace_back(prefix + "resent", static_cast<double>(outcome.arrived.resent));
    figures.emplace_back(prefix + "blows", static_cast<double>(outcome.dealt));
    if (blow == Blow::power) figures.emplace_back("power_took", static_cast<double>(outcome.took));
    figures.emplace_back(prefix + "records", static_cast<double>(records));
    figures.emplace_back(prefix + "seconds", in_seconds(outcome.lasted));
    if (!outcome.trouble.empty()) note(subject, blow, outcome.trouble);
  }
  void note(const CrashSubject& subject, Blow blow, const std::string& trouble) {
    entry(subject).fact.append("; ").append(name(blow)).append(": ").append(trouble);
  }

  // The first subject is the one that the others are compared with: the agent, where it is one of them.
  void move_to(Report& report) {
    for (Entry& subject : subjects_) {
      report.parameters.emplace_back(subject.name, std::move(subject.fact));
      if (&subject == &subjects_.front()) report.figures = std::move(subject.figures);
      else report.peers.emplace_back(subject.name, std::move(subject.figures));
    }
  }

 private:
  struct Entry {
    std::string name;
    std::string fact;
    Figures figures{};
  };

  Entry& entry(const CrashSubject& subject) {
    const auto found = std::ranges::find(subjects_, subject.name(), &Entry::name);
    return found != subjects_.end() ? *found : subjects_.emplace_back(subject.name(), subject.set_up());
  }

  std::vector<Entry> subjects_;
};

class CrashBench {
 public:
  CrashBench(const CrashOptions& options, const Clock& clock) : options_(options), clock_(clock) {}

  Result<Report> run() {
    for (const StreamKind& kind : std::array<StreamKind, 2>{
             {{.folder = "stream", .blows = {Blow::kill, Blow::flap, Blow::power}}, {.folder = "full", .blows = {Blow::full}}}}) {
      if (Result<void> dealt = run_stream(kind); !dealt) return std::move(dealt).error();
    }
    Report report{.name = "crashes", .environment = environment(), .parameters = options_.parameters(), .figures = {}};
    report.parameters.emplace_back("blows", std::to_string(options_.blows));
    results_.move_to(report);
    if (report.figures.empty()) return Error{Code::invalid, "no such subject, or it is not unpacked: " + options_.subject};
    return report;
  }

 private:
  Result<void> run_stream(const StreamKind& kind) {
    std::vector<Blow> blows = kind.blows;
    std::erase_if(blows, [this](Blow blow) { return !options_.only.empty() && options_.only != name(blow); });
    if (blows.empty()) return {};
    const bool full = kind.blows.front() == Blow::full;
    const Result<std::uint16_t> way = free_loopback_port();
    if (!way) return way.error();
    Result<std::unique_ptr<Rig>> rig = Rig::make(rig_options(kind.folder, full, *way), clock_);
    if (!rig) return std::move(rig).error();
    if (Result<void> started = (*rig)->start(Part::simulator); !started) return started;
    CrashWorld world{.rig = **rig, .programs = options_.programs, .way_port = *way};
    world.buffer_bytes = full ? full_buffer_bytes : ample_buffer_bytes;
    world.lines.file = (*rig)->directory() / "techniques.ndjson";
    const CrashSubjects subjects = make_crash_subjects(world, unpacked_packages(options_.programs), options_.subject);
    const bool peers = std::ranges::any_of(subjects, [](const auto& subject) { return subject->name() != agent_subject; });
    if (peers) {
      if (Result<void> fetched = fetch_all(**rig, world.lines.file); !fetched) return fetched;
    }
    for (const Blow blow : blows) {
      for (const std::unique_ptr<CrashSubject>& subject : subjects) {
        if (Result<void> dealt = run_blows(*subject, blow, world); !dealt) return dealt;
      }
    }
    return {};
  }

  // The youngest records show a moment after the simulator has begun, as an API's do.
  Result<void> fetch_all(const Rig& rig, const std::filesystem::path& file) const {
    for (const SteadyTime begun = clock_.steady();;) {
      const Result<Lines> lines = fetch_lines(rig, file, clock_);
      if (!lines) return lines.error();
      if (lines->records == options_.records) return {};
      if (clock_.steady() - begun > all_visible_max) return Error{Code::corrupt, "the pages do not hold the backlog"};
      pause_for(visible_look_again);
    }
  }

  // A peer that cannot be measured is no reason to measure nothing.
  Result<void> run_blows(CrashSubject& subject, Blow blow, const CrashWorld& world) {
    std::fprintf(stderr, "crashes: %s, %s\n", name(blow), subject.name().c_str());
    const BlowPlan plan{.blow = blow,
                        .blows = options_.blows,
                        .records = options_.records,
                        .rate = rate(),
                        .buffer_bytes = world.buffer_bytes,
                        .way_port = world.way_port,
                        .seed = Seed{options_.seed * 8 + static_cast<std::uint64_t>(blow)}};
    const Result<BlowOutcome> outcome = deal_blows(subject, plan, clock_);
    const Result<void> hit = outcome ? check_hits(subject, blow, *outcome) : outcome.error();
    if (hit) {
      results_.add(subject, blow, options_.records, *outcome);
      return {};
    }
    if (subject.name() == agent_subject) return Error{hit.error()}.in(name(blow));
    results_.note(subject, blow, "not measured: " + hit.error().text());
    return {};
  }

  // Nothing lost says nothing where nothing was hit.
  Result<void> check_hits(const CrashSubject& subject, Blow blow, const BlowOutcome& outcome) {
    const std::uint64_t planned = blow == Blow::full ? 1 : options_.blows;
    if (outcome.dealt == 0) return Error{Code::invalid, "no blow hit it; " + outcome.trouble};
    if (blow == Blow::power && outcome.took == 0 && outcome.dealt >= cuts_that_take)
      return Error{Code::invalid, "no cut took anything: its disk is not watched"};
    if (outcome.dealt >= planned) return {};
    results_.note(subject, blow, std::to_string(outcome.dealt) + " of " + std::to_string(planned) + " blows hit it");
    return {};
  }

  double blows_seconds() const { return static_cast<double>(options_.blows + 1) * in_seconds(between_blows); }
  std::uint64_t rate() const {
    const auto bytes = static_cast<double>(options_.records * options_.technique_bytes);
    return std::max(rate_least, static_cast<std::uint64_t>(bytes / blows_seconds()));
  }

  RigOptions rig_options(const char* folder, bool full, std::uint16_t way_port) const {
    BacklogOptions stream = options_;
    stream.directory = options_.directory / folder;
    const std::uint64_t large = full_buffer_bytes * 5 / 2 / options_.records;
    if (full) stream.technique_bytes = std::max(options_.technique_bytes, std::min(large, technique_bytes_max));
    RigOptions rig = backlog_rig(stream, way_port);
    rig.ship["compression"] = "none";
    if (full) {
      rig.budget = full_budget;
      return rig;
    }
    // Reading lasts half as long as the blows, so that they fall on it too, and what is read is ahead of what is sent.
    const double pages = static_cast<double>(options_.records) / page_records;
    const auto requests = static_cast<std::uint64_t>(2 * 60 * pages / blows_seconds());
    rig.connector["requests_per_minute"] = std::to_string(std::max<std::uint64_t>(requests, 60));
    return rig;
  }

  const CrashOptions& options_;
  const Clock& clock_;
  Results results_;
};

}  // namespace

Result<Report> bench_crashes(const CrashOptions& options, const Clock& clock) {
  return run_in_clean_folder<CrashBench>(options, clock);
}

}  // namespace tidegate
