#include "processor/rule_ports.h"

#include <array>

namespace tidegate {

std::string_view name(RuleOutcome outcome) {
  switch (outcome) {
    case RuleOutcome::fired: return "fired";
    case RuleOutcome::muted: return "muted";
    case RuleOutcome::capped: return "capped";
  }
  return "unknown";
}

std::optional<RuleOutcome> rule_outcome_of(std::string_view text) {
  for (const RuleOutcome outcome : std::array{RuleOutcome::fired, RuleOutcome::muted, RuleOutcome::capped})
    if (text == name(outcome)) return outcome;
  return std::nullopt;
}

std::string_view name(FiringState state) {
  switch (state) {
    case FiringState::queued: return "queued";
    case FiringState::done: return "done";
    case FiringState::refused: return "refused";
  }
  return "unknown";
}

}  // namespace tidegate
