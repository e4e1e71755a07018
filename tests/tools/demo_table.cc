#include "tests/tools/demo_table.h"

#include <unistd.h>

#include <cstdio>
#include <numeric>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::array<const char*, demo_lanes> shown_names{"alerts", "audit logs", "techniques"};

template <double LaneFigures::* field>
double sum(const DemoFigures& figures) {
  return std::accumulate(figures.begin(), figures.end(), 0.0,
                         [](double total, const LaneFigures& lane) { return total + lane.*field; });
}

// "1,234,567"
std::string grouped(double value) {
  std::string digits = std::to_string(static_cast<long long>(value));
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

}  // namespace

DemoTable::DemoTable(const Clock& clock) : clock_(clock), terminal_(::isatty(STDOUT_FILENO) == 1), started_(clock.steady()) {}

void DemoTable::read_agent(const MetricsReading& reading) {
  agent_ = Life::running;
  for (std::size_t lane = 0; lane < demo_lanes; ++lane) {
    const std::vector<std::pair<std::string, std::string>> by_type{{"content_type", std::string{content_type(all_feeds[lane])}}};
    const std::vector<std::pair<std::string, std::string>> by_lane{{"lane", std::string{content_type(all_feeds[lane])}}};
    LaneFigures& figures = total_[lane];
    figures.collected = earlier_[lane].collected + reading.sum("tidegate_records_collected_total", by_type) -
                        reading.sum("tidegate_records_duplicate_total", by_type);
    figures.committed = earlier_[lane].committed + reading.sum("tidegate_records_committed_total", by_type);
    figures.shipped = earlier_[lane].shipped + reading.sum("tidegate_records_shipped_total", by_lane);
    figures.backlog = reading.sum("tidegate_journal_records", by_lane);
    figures.lag_seconds = reading.sum("tidegate_collector_lag_seconds", by_type);
  }
}

void DemoTable::read_processor(const MetricsReading& reading) {
  processor_ = Life::running;
  for (std::size_t lane = 0; lane < demo_lanes; ++lane) {
    total_[lane].indexed = earlier_[lane].indexed +
                           reading.sum("tidegate_records_indexed_total", {{"msg_class", std::string{msg_class(all_feeds[lane])}}});
  }
}

void DemoTable::agent_ended() {
  agent_ = Life::away;
  for (std::size_t lane = 0; lane < demo_lanes; ++lane) {
    const double indexed = earlier_[lane].indexed;
    earlier_[lane] = total_[lane];
    earlier_[lane].indexed = indexed;
  }
}

void DemoTable::processor_ended(const std::array<std::uint64_t, demo_lanes>& indexed) {
  processor_ = Life::away;
  for (std::size_t lane = 0; lane < demo_lanes; ++lane) {
    earlier_[lane].indexed = static_cast<double>(indexed[lane]);
    total_[lane].indexed = earlier_[lane].indexed;
  }
}

double DemoTable::committed() const { return sum<&LaneFigures::committed>(total_); }
double DemoTable::backlog() const { return sum<&LaneFigures::backlog>(total_); }

std::string DemoTable::elapsed() const {
  char text[32];
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock_.steady() - started_).count();
  std::snprintf(text, sizeof text, "%4lld s", static_cast<long long>(seconds));
  return text;
}

std::string DemoTable::row(std::size_t lane) const {
  const LaneFigures& figures = total_[lane];
  const auto shown = [](Life life, const std::string& text) { return life == Life::away ? std::string{"-"} : text; };
  char text[160];
  std::snprintf(text, sizeof text, "  %-11s %11s %11s %11s %11s %11s %9s", shown_names[lane], grouped(figures.collected).c_str(),
                grouped(figures.committed).c_str(), grouped(figures.shipped).c_str(), grouped(figures.indexed).c_str(),
                shown(agent_, grouped(figures.backlog)).c_str(), shown(agent_, grouped(figures.lag_seconds) + " s").c_str());
  return text;
}

void DemoTable::erase() {
  if (rows_on_screen_ > 0) std::printf("\x1b[%zuA\x1b[J", rows_on_screen_);
  rows_on_screen_ = 0;
}

void DemoTable::print_rows() {
  const char* agent = agent_ == Life::running ? "running" : "AWAY";
  const char* processor = processor_ == Life::running ? "running" : "AWAY";
  std::printf("%s  agent %s, processor %s\n", elapsed().c_str(), agent, processor);
  std::printf("  %-11s %11s %11s %11s %11s %11s %9s\n", "", "collected", "committed", "shipped", "indexed", "backlog", "lag");
  for (std::size_t lane = 0; lane < demo_lanes; ++lane) std::printf("%s\n", row(lane).c_str());
  std::fflush(stdout);
  if (terminal_) rows_on_screen_ = demo_lanes + 2;
}

void DemoTable::draw() {
  const SteadyTime now = clock_.steady();
  if (drawn_ != SteadyTime{} && now - drawn_ < (terminal_ ? 1s : 3s)) return;
  draw_now();
}

void DemoTable::draw_now() {
  drawn_ = clock_.steady();
  erase();
  print_rows();
}

void DemoTable::say(const std::string& line) {
  erase();
  std::printf("%s  %s\n", elapsed().c_str(), line.c_str());
  if (terminal_ && drawn_ != SteadyTime{}) print_rows();
  std::fflush(stdout);
}

}  // namespace tidegate
