// What a benchmark prints: its environment and its figures, for people or as one JSON document, and that document read again.
//
//   {"name":"…","environment":{…},"parameters":{…},"figures":{…},"peers":{"PEER":{…}}}
//
// Facts are strings, figures numbers; `peers` stands where there are any. Of several runs the figures are medians (runs.h), and
// behind them stand "runs":N and, under the same keys, "least", "greatest", "peers_least" and "peers_greatest".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tidegate {

using Facts = std::vector<std::pair<std::string, std::string>>;  // in the order in which they are printed
using Figures = std::vector<std::pair<std::string, double>>;
using Peers = std::vector<std::pair<std::string, Figures>>;  // by the peer's name, in the order in which they are printed

// Processor, cores, memory, kernel, compiler, version, build: what a number means nothing without.
Facts environment();

// Of several runs, one end of what they found under each key.
struct Bound {
  Figures figures;
  Peers peers;
};

struct Report {
  std::string name;
  Facts environment;
  Facts parameters;
  Figures figures;
  // Others at the same work, under the same keys as far as they have them; printed beside the figures, with peer / agent.
  Peers peers = {};

  std::uint64_t runs = 1;
  Bound least = {};  // both empty for one run
  Bound greatest = {};

  std::string json() const;
  std::string text() const;
};

// What json() made, from a place where it may have changed. `corrupt` names the key that is not as it should be: names are short
// and plain, figures are of a size that a benchmark can find, and of several runs each figure has both its bounds.
Result<Report> parse_report(std::string_view json);

// One figure of a report, with its bounds where there were several runs.
struct Figure {
  double value = 0;
  std::optional<double> least;
  std::optional<double> greatest;

  std::string text() const;  // "4", or "4 (3 … 6)"
};

// Of the agent, or of the peer at that place; absent where it has none.
std::optional<Figure> agent_figure(const Report& report, std::string_view key);
std::optional<Figure> peer_figure(const Report& report, std::size_t peer, std::string_view key);

std::optional<double> value_of(const Figures& figures, std::string_view key);
// With that many decimals whatever the locale is; a number that came out whole has none.
std::string number_text(double value, int decimals = 3);
// "x2.50"; empty where nothing is a multiple of the agent's.
std::string ratio_text(double peer, double agent);

}  // namespace tidegate
