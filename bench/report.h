// What a benchmark prints: its environment and its figures, for people or as one JSON document.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tidegate {

using Facts = std::vector<std::pair<std::string, std::string>>;  // in the order in which they are printed
using Figures = std::vector<std::pair<std::string, double>>;
using Peers = std::vector<std::pair<std::string, Figures>>;  // by the peer's name, in the order in which they are printed

// Processor, cores, memory, kernel, compiler, version, build: what a number means nothing without.
Facts environment();

struct Report {
  std::string name;
  Facts environment;
  Facts parameters;
  Figures figures;
  // Others at the same work, under the same keys as far as they have them; printed beside the figures, with peer / agent.
  Peers peers = {};

  std::string json() const;
  std::string text() const;
};

}  // namespace tidegate
