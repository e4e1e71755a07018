// The rules of `bench rules`: a hundred different ones as a security team writes them, over alerts, audit logs and techniques:
// values, wildcards, ranges, words, NOT and OR. Every tenth, the first among them, is met by records of the simulator; the others
// look for what is rare, and mostly find nothing.
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tests/support/vision_one_options.h"

namespace tidegate {

inline constexpr std::size_t bench_rules_max = 100;
inline constexpr std::string_view bench_responder = "bench-v1";

// A rules.yaml of the first so many.   requires: 1 <= count <= bench_rules_max
std::string bench_rules_yaml(std::size_t count);

// What is put behind such a document: a rule that isolates the endpoint of each alert of beacon_page(), whenever it comes.
std::string beacon_rule_yaml();
// A page of the API with one alert, about an endpoint of that guid.
std::string beacon_page(std::string_view guid, std::uint64_t number, WallTime now);

}  // namespace tidegate
