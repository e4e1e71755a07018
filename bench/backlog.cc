#include "bench/backlog.h"

#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr auto whole_wait_max = 2h;
constexpr auto no_progress_max = 90s;
constexpr auto tell_every = 10s;

// "outage: records buffered: 1200000 of 2000000, about 14 s to go"
void tell(const Awaited& awaited, double amount, std::chrono::nanoseconds so_far) {
  const double left = amount > 0 ? in_seconds(so_far) * (awaited.whole - amount) / amount : 0;
  std::fprintf(stderr, "%s: %.0f of %.0f", awaited.what.c_str(), amount, awaited.whole);
  if (amount > 0) std::fprintf(stderr, ", about %.0f s to go", left);
  std::fputc('\n', stderr);
}

}  // namespace

Facts BacklogOptions::parameters() const {
  return {
      {"records", std::to_string(records)}, {"technique_bytes", std::to_string(technique_bytes)}, {"seed", std::to_string(seed)}};
}

void clean_folder(const std::filesystem::path& directory, bool failed) {
  std::error_code ignored;
  std::filesystem::remove_all(failed ? directory / std::string{name(Part::agent)} : directory, ignored);
}

RigOptions backlog_rig(const BacklogOptions& options, std::uint16_t data_port) {
  RigOptions rig{.directory = options.directory, .programs = options.programs, .simulator_flags = {}};
  rig.simulator_flags = {"--seed",
                         std::to_string(options.seed),
                         "--techniques",
                         std::to_string(options.records),
                         "--technique-bytes",
                         std::to_string(options.technique_bytes),
                         "--backlog-hours",
                         std::to_string(static_cast<double>(options.period_seconds) / 3600),
                         "--link-lifetime",
                         "1h"};
  rig.data_address = "127.0.0.1:" + std::to_string(data_port);
  rig.connector = {{"content_types", "[observed_attack_techniques]"},
                   {"interval", "1s"},
                   {"first_read", "24h"},
                   {"overlap", "1min"},
                   {"settle", "1s"},
                   {"requests_per_minute", "100000"}};
  return rig;
}

Result<std::unique_ptr<Rig>> make_backlog_rig(const BacklogOptions& options, std::uint16_t data_port, const Clock& clock) {
  return Rig::make(backlog_rig(options, data_port), clock);
}

Result<double> number_in(const Bytes& json, const char* pointer) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded{json};
  double value = 0;
  if (parser.parse(padded).at_pointer(pointer).get(value) != simdjson::SUCCESS) {
    return Error{Code::corrupt, std::string{"simulator statistics: no "} + pointer};
  }
  return value;
}

Result<void> wait_for(const Awaited& awaited, Rig& rig, const Clock& clock) {
  const SteadyTime begun = clock.steady();
  SteadyTime progress = begun;
  SteadyTime told = begun;
  double seen = 0;
  for (;;) {
    const double amount = awaited.amount().value_or(seen);
    if (amount >= awaited.whole) return {};
    const SteadyTime now = clock.steady();
    if (amount > seen) {
      seen = amount;
      progress = now;
    }
    const std::string log = "; see " + rig.log_file(Part::agent).string();
    if (!rig.running(Part::agent)) return Error{Code::unavailable, awaited.what + ": the agent has ended" + log};
    if (now - begun > whole_wait_max || now - progress > no_progress_max) {
      return Error{Code::timeout, awaited.what + ": " + std::to_string(static_cast<std::uint64_t>(seen)) + " of " +
                                      std::to_string(static_cast<std::uint64_t>(awaited.whole)) + ", and no more of them come" +
                                      log};
    }
    if (now - told >= tell_every) {
      tell(awaited, seen, now - begun);
      told = now;
    }
    pause_for(awaited.look_again);
  }
}

double in_seconds(std::chrono::nanoseconds span) { return std::chrono::duration<double>(span).count(); }

double cpu_seconds_of(pid_t process) {
  clockid_t id{};
  timespec used{};
  if (::clock_getcpuclockid(process, &id) != 0 || ::clock_gettime(id, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

std::uint64_t rss_bytes_of(pid_t process) {
  constexpr std::string_view key = "Rss:";
  std::ifstream file{"/proc/" + std::to_string(process) + "/smaps_rollup"};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) return std::strtoull(line.c_str() + key.size(), nullptr, 10) * 1024;
  }
  return 0;
}

}  // namespace tidegate
