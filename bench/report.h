// What a benchmark prints: its environment and its figures, for people or as one JSON document.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tidegate {

using Facts = std::vector<std::pair<std::string, std::string>>;  // in the order in which they are printed
using Figures = std::vector<std::pair<std::string, double>>;

// Processor, cores, memory, kernel, compiler, version, build: what a number means nothing without.
Facts environment();

struct Report {
  std::string name;
  Facts environment;
  Facts parameters;
  Figures figures;

  std::string json() const;
  std::string text() const;
};

}  // namespace tidegate
