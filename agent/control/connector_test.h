// ConnectorTest: does this connector work, and if not, why? Stages in the order of the way: name, TCP, TLS, HTTP, clock, token, and
// one real data request per content type, so that an expired token and a missing permission fail here and not in the night.
// A stage that cannot work because of an earlier one is skipped and says so.
//
// Harmless: nothing is committed and no status is touched; several tests may run at once. Bounded: every stage has a limit of
// its own, test_time_max in all. Content types run side by side.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/probe.h"
#include "base/clock.h"
#include "base/result.h"

namespace tidegate {

enum class StageVerdict : unsigned char { ok, warning, failed, skipped };

// "ok", "warning", "failed", "skipped".
std::string_view name(StageVerdict verdict);

enum class Stage : unsigned char { resolve, tcp, tls, http, clock, token, data };

// "resolve", "tcp", "tls", "http", "clock", "token", "data".
std::string_view name(Stage stage);

struct StageReport {
  Stage stage = Stage::resolve;
  std::optional<ContentType> content{};  // of Stage::data
  StageVerdict verdict = StageVerdict::ok;
  std::chrono::milliseconds took{0};
  Evidence evidence{};
  std::string words{};           // what is wrong, or why the stage was skipped; empty when all is well
  std::optional<Cause> cause{};  // where the verdict is warning or failed
};

struct ConnectorReport {
  std::string connector;
  std::vector<StageReport> stages;  // in the order of the stages; of the data stages, of the content types

  // The worst of its stages; what was skipped does not count, since something before it failed.
  StageVerdict verdict() const;
};

struct ConnectorTestPlan {
  std::string connector;
  bool https = true;
  std::set<ContentType> contents{};
  std::chrono::seconds settle{120};  // how far behind the present the data requests end
};

inline constexpr std::chrono::seconds test_time_max{150};
inline constexpr std::chrono::seconds clock_warning{60};
inline constexpr std::chrono::seconds clock_failure{600};
inline constexpr std::chrono::days certificate_warning{14};
inline constexpr std::chrono::hours test_window{1};  // that the data requests ask for

class ConnectorTest {
 public:
  using OnStage = std::function<void(const StageReport&)>;

  // `on_stage` is called as each stage ends.   requires: probe and clock outlive the test
  ConnectorTest(ConnectorTestPlan plan, ConnectorProbe& probe, const Clock& clock, OnStage on_stage = {});

  // Once. When the caller is cancelled the stage under way ends, and the rest is skipped.
  asio::awaitable<ConnectorReport> run();

 private:
  asio::awaitable<void> resolve();
  asio::awaitable<void> connect();
  asio::awaitable<void> secure();
  asio::awaitable<void> ask();
  void compare_clocks();
  asio::awaitable<void> look_at_token();
  asio::awaitable<void> read_contents();
  asio::awaitable<Error> read(ContentType content, StageReport& report);

  // By the API's clock, as far as its answer told it: data is asked for, and the token ends, by that.
  WallTime api_now() const;
  void end(StageReport report);
  void skip(Stage stage, std::string why, std::optional<ContentType> content = {});

  ConnectorTestPlan plan_;
  ConnectorProbe& probe_;
  const Clock& clock_;
  OnStage on_stage_;
  ConnectorReport report_;
  std::string blocked_;  // why nothing behind it can work; empty: it can
  AnswerFinding answer_;
};

}  // namespace tidegate
