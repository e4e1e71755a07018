// A report as a benchmark makes one, for the tests of what is done with it.
#pragma once

#include <string>
#include <utility>

#include "bench/report.h"

namespace tidegate {

inline Report report_of(std::string name, Figures figures, Peers peers = {}) {
  return {.name = std::move(name),
          .environment = {{"cpu", "Sample 9000"}, {"cores", "2"}},
          .parameters = {{"records", "1000"}},
          .figures = std::move(figures),
          .peers = std::move(peers)};
}

}  // namespace tidegate
