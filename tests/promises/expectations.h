// What tests of the promises ask of a world.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "tests/world/world.h"

namespace tidegate {

// P1 and P2: the processor has all that the API holds, each of it once. Waits until all has come, `wait` at most.
inline void expect_all_once(World& world, std::chrono::nanoseconds wait = std::chrono::nanoseconds{0}) {
  constexpr std::chrono::minutes step{1};  // to compare with the whole ledger takes longer than an event
  for (std::chrono::nanoseconds waited{0}; waited < wait && !world.complete(); waited += step) world.run_for(step);
  EXPECT_EQ(world.missing(), std::vector<std::string>{});
  EXPECT_EQ(world.twins(), std::vector<std::string>{});
}

// A small tenant of which one content type is read, from shortly before its first record.
inline WorldOptions tenant_of(ContentType type) {
  WorldOptions options = small_tenant();
  options.connector.content_types = {type};
  options.connector.first_read = std::chrono::hours{7};
  DataOptions& data = options.sim.data;
  if (type != ContentType::alerts) data.alerts = {};
  if (type != ContentType::audit_logs) data.audit_logs = {};
  if (type != ContentType::observed_attack_techniques) data.techniques = {};
  return options;
}

inline bool logged(const World& world, std::string_view words) {
  return std::ranges::any_of(world.log_lines, [words](const std::string& line) { return line.find(words) != line.npos; });
}

// One content type of the only connector.
inline const ContentStatus& content(const AgentStatus& status, std::string_view type) {
  for (const ContentStatus& each : status.connectors.front().contents)
    if (each.content_type == type) return each;
  ADD_FAILURE() << type;
  return status.connectors.front().contents.front();
}

// A URL behind its host, which a client may write in more than one way.
inline std::string_view target_of(std::string_view url) { return url.substr(url.find('/', url.find("//") + 2)); }

// Runs until a window stands in the journal of which pages were read and more are to come; absent: `at_most` was over before.
inline std::optional<WindowProgress> run_into_a_window(World& world, Lane lane, std::chrono::nanoseconds at_most) {
  std::optional<WindowProgress> window;
  const auto under_way = [&world, &window, lane] {
    const Result<std::vector<StoredCursor>> cursors = world.ask(world.agent().cursors());
    if (!cursors) return false;
    for (const StoredCursor& stored : *cursors)
      if (stored.key.lane == lane) window = stored.cursor.window;
    return window && !window->next_link.empty();
  };
  return world.run_until(under_way, at_most) ? window : std::nullopt;
}

// The sum over all series of a metric; 0 where there is none.
inline std::int64_t metric_sum(const World& world, const std::string& name, std::string_view label = {}) {
  const std::string text = "\n" + world.metrics_text();
  std::int64_t sum = 0;
  for (std::size_t at = text.find("\n" + name + "{"); at != std::string::npos; at = text.find("\n" + name + "{", at + 1)) {
    const std::size_t end = text.find("} ", at);
    if (text.substr(at, end - at).find(label) != std::string::npos) sum += std::stoll(text.substr(end + 2));
  }
  return sum;
}

}  // namespace tidegate
