#include "bench/runs.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "base/check.h"
#include "bench/trend.h"

namespace tidegate {
namespace {

struct Merged {
  Figures figures;
  Figures least;
  Figures greatest;
};

// Farthest from none: a count that came out below it is as wrong as one above.
double worst_of(const std::vector<double>& values) {
  const auto nearer = [](double one, double other) { return std::abs(one) < std::abs(other); };
  return *std::max_element(values.begin(), values.end(), nearer);
}

// Under each key, in the order in which keys first come up, what the runs found.
std::vector<std::pair<std::string, std::vector<double>>> by_key(const std::vector<const Figures*>& runs) {
  std::vector<std::pair<std::string, std::vector<double>>> all;
  for (const Figures* run : runs) {
    for (const auto& [key, value] : *run) {
      auto found = std::find_if(all.begin(), all.end(), [&name = key](const auto& seen) { return seen.first == name; });
      if (found == all.end()) found = all.insert(all.end(), {key, {}});
      found->second.push_back(value);
    }
  }
  return all;
}

Merged merge(const std::vector<const Figures*>& runs) {
  Merged merged;
  for (const auto& [key, values] : by_key(runs)) {
    merged.figures.emplace_back(key, counts_losses(key) ? worst_of(values) : median(values));
    merged.least.emplace_back(key, *std::min_element(values.begin(), values.end()));
    merged.greatest.emplace_back(key, *std::max_element(values.begin(), values.end()));
  }
  return merged;
}

// The figures of each peer that any run has, of the runs that have it.
std::vector<std::pair<std::string, std::vector<const Figures*>>> by_peer(const std::vector<Report>& runs) {
  std::vector<std::pair<std::string, std::vector<const Figures*>>> all;
  for (const Report& run : runs) {
    for (const auto& [peer, figures] : run.peers) {
      auto found = std::find_if(all.begin(), all.end(), [&name = peer](const auto& seen) { return seen.first == name; });
      if (found == all.end()) found = all.insert(all.end(), {peer, {}});
      found->second.push_back(&figures);
    }
  }
  return all;
}

const std::string* fact_in(const Facts& facts, const std::string& key) {
  const auto found = std::find_if(facts.begin(), facts.end(), [&](const auto& fact) { return fact.first == key; });
  return found == facts.end() ? nullptr : &found->second;
}

Facts merge_facts(const std::vector<Report>& runs) {
  const Facts& first = runs.front().parameters;
  Facts facts = first;
  for (std::size_t run = 1; run < runs.size(); ++run) {
    const std::string mark = "run " + std::to_string(run + 1) + ": ";
    for (const auto& [key, text] : runs[run].parameters) {
      const std::string* const known = fact_in(first, key);
      if (known && *known == text) continue;
      const auto place = std::find_if(facts.begin(), facts.end(), [&name = key](const auto& fact) { return fact.first == name; });
      if (place == facts.end()) facts.emplace_back(key, mark + text);
      else place->second.append("; ").append(mark).append(text);
    }
  }
  return facts;
}

}  // namespace

bool counts_losses(std::string_view key) { return key.ends_with("lost") || key.ends_with("missing") || key.ends_with("twins"); }

bool nothing_lost(const Report& report) {
  return std::all_of(report.figures.begin(), report.figures.end(),
                     [](const auto& figure) { return !counts_losses(figure.first) || figure.second == 0; });
}

Report merge_runs(const std::vector<Report>& runs) {
  TG_ASSERT(!runs.empty(), "there is a run to report");
  if (runs.size() == 1) return runs.front();
  std::vector<const Figures*> agent;
  for (const Report& run : runs) agent.push_back(&run.figures);
  Merged merged = merge(agent);
  Report report{.name = runs.front().name,
                .environment = runs.front().environment,
                .parameters = merge_facts(runs),
                .figures = std::move(merged.figures)};
  report.runs = runs.size();
  report.least.figures = std::move(merged.least);
  report.greatest.figures = std::move(merged.greatest);
  for (const auto& [peer, figures] : by_peer(runs)) {
    Merged theirs = merge(figures);
    report.peers.emplace_back(peer, std::move(theirs.figures));
    report.least.peers.emplace_back(peer, std::move(theirs.least));
    report.greatest.peers.emplace_back(peer, std::move(theirs.greatest));
  }
  return report;
}

Result<Report> run_several(std::uint64_t runs, const std::function<Result<Report>()>& bench) {
  std::vector<Report> reports;
  for (std::uint64_t run = 1; run <= runs; ++run) {
    const std::string which = "run " + std::to_string(run) + " of " + std::to_string(runs);
    if (runs > 1) std::fprintf(stderr, "%s\n", which.c_str());
    Result<Report> report = bench();
    if (!report) return runs > 1 ? std::move(report).error().in(which) : std::move(report).error();
    reports.push_back(std::move(*report));
  }
  return merge_runs(reports);
}

}  // namespace tidegate
