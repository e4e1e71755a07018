// The response actions and their tasks. A task waits, runs and ends by the time alone, as the options say.
//
// So that every answer of the API can be asked for, a target may be one of the words that Trend's own mock-up uses:
//   action_not_supported, target_not_found, access_denied_no_scope, feature_disabled, insufficient_permissions,
//   unsupported_response, internal_server_error (an element's answer); access_denied, server_error, invalid_format (the
//   whole answer); and one of ours, task_fails (accepted, and failed in the end).
//
// Thread: the simulator's.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/vision_one_lists.h"
#include "tests/support/vision_one_sim.h"

namespace tidegate {

class Actions {
 public:
  // True for the five paths that take actions.
  static bool takes(std::string_view path);

  // POST of an array of elements to one of the paths.
  SimResponse act(std::string_view path, const Bytes& body, const ServeOptions& options, const std::string& base_url, WallTime now);
  // GET of the list, newest first, and of one task.
  SimResponse list(const Target& target, const ServeOptions& options, const LinkRules& rules, WallTime now) const;
  SimResponse task(std::string_view id, const ServeOptions& options, WallTime now) const;

 private:
  using Fields = std::vector<std::pair<std::string, std::string>>;
  struct Task {
    std::string id;
    std::string_view action;
    Fields fields;  // as they were sent, description included
    WallTime created{};
    bool fails = false;
  };
  struct State {
    std::string_view status;
    WallTime last_action{};
    bool ended = false;
  };

  static State state_of(const Task& task, const ServeOptions& options, WallTime now);
  static void append_task(Bytes& out, const Task& task, const ServeOptions& options, WallTime now);
  // The element's answer, appended.
  void take(Bytes& out, std::size_t kind, const Fields& fields, const ServeOptions& options, const std::string& base_url,
            WallTime now);

  std::vector<Task> tasks_;
};

}  // namespace tidegate
