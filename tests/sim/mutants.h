// Mutants: ways to break each promise, as decorators of the ports, so that nothing in the product knows of them. A mutant that the
// checkers do not catch means that a promise is not watched (tidegate-simulate --mutants).
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "agent/connector.h"
#include "agent/control/status.h"
#include "agent/control_ports.h"
#include "agent/ports.h"
#include "processor/ports.h"

namespace tidegate {

// Decorators for the parts of one sensor, across its starts, that have to know of each other. Empty: the part is as it is.
struct SensorMutant {
  std::function<std::unique_ptr<Source>(std::unique_ptr<Source> real)> source;
  std::function<std::unique_ptr<ConfigKeeper>(std::unique_ptr<ConfigKeeper> real)> keeper;
};

// What it does not break is null.
struct Mutant {
  std::string_view name;     // "cursor-before-page"
  std::string_view promise;  // "P3": what the lines of its checker begin with
  std::string_view what;     // one clause: "a page's cursor is committed before its records"
  std::unique_ptr<Store> (*store)(std::unique_ptr<Store> real) = nullptr;
  std::unique_ptr<Uplink> (*uplink)(std::unique_ptr<Uplink> real) = nullptr;
  std::unique_ptr<Source> (*source)(std::unique_ptr<Source> real) = nullptr;
  std::unique_ptr<Landing> (*landing)(std::unique_ptr<Landing> real) = nullptr;
  void (*connector)(ConnectorConfig& config) = nullptr;  // what the agent is given, other than what it was told to keep to
  AgentStatus (*status)(AgentStatus real) = nullptr;
  std::unique_ptr<ConfigKeeper> (*keeper)(std::unique_ptr<ConfigKeeper> real) = nullptr;
  std::unique_ptr<ConnectorCheck> (*check)(std::unique_ptr<ConnectorCheck> real) = nullptr;
  SensorMutant (*sensor)() = nullptr;  // called once for each sensor
  std::string_view seen_as = {};       // a part of the line, where it must be one clause of the promise that sees it

  // Seen only where sensors have a control plane.
  bool needs_control() const { return keeper != nullptr || check != nullptr || sensor != nullptr; }
};

std::span<const Mutant> mutants();
// Null when there is none of that name.
const Mutant* find_mutant(std::string_view name);

}  // namespace tidegate
