// What operators ask of roll-outs.
#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>

#include "processor/digest.h"
#include "processor/fleet/rollouts.h"

namespace tidegate {
namespace {

constexpr std::size_t rollout_id_bytes = 3;

Result<void> check_stages(const std::vector<std::uint32_t>& stages) {
  const bool rising = std::ranges::adjacent_find(stages, std::greater_equal{}) == stages.end();
  const bool good = !stages.empty() && stages.size() <= rollout_stages_max && rising && stages.front() > 0 && stages.back() == 100;
  if (good) return {};
  return Error{Code::invalid, "stages: write 1 to " + std::to_string(rollout_stages_max) +
                                  " percentages that rise and end with 100, such as 5,25,100"};
}

Error wrong_state(const RolloutHead& head, std::string_view wanted) {
  return Error{Code::denied, "roll-out " + head.id + " is " + std::string{name(head.state)} + ": " + std::string{wanted}};
}

// With blanks in place of the lines before it: errors, also where their words name a line, then have the file's.
std::string at_its_place(const FileDocument& document) { return std::string(document.lines_before, '\n').append(document.yaml); }

std::size_t first_line_of(const FileDocument& document) { return document.lines_before + 1; }

}  // namespace

// A file under way to a plan: what is found, and what is wrong.
struct Rollouts::FileCheck {
  void refuse(const std::string& sensor, std::size_t line, const std::string& reasons) {
    if (++bad > bad_max) return;
    errors.append(errors.empty() ? "" : "\n").append("sensor ").append(sensor.empty() ? "?" : sensor);
    errors.append(", document at line ").append(std::to_string(line)).append(":");
    for (std::size_t at = 0; at < reasons.size();) {
      const std::size_t end = std::min(reasons.find('\n', at), reasons.size());
      errors.append("\n  ").append(reasons, at, end - at);
      at = end + 1;
    }
  }

  std::size_t bad_max = 0;
  std::size_t bad = 0;
  std::string errors;
  std::map<std::string, std::size_t> lines;   // of each sensor's document
  std::map<std::string, std::string> begins;  // connector to sensor
  std::vector<PlannedTarget> targets;
  std::vector<Secret> documents;
};

asio::awaitable<void> Rollouts::check(FileCheck& check, FileDocument document, std::string file_name) {
  const std::size_t line = first_line_of(document);
  ApplyOrder order;
  order.yaml = std::string{document.yaml};
  order.file_name = std::move(file_name);
  order.dry_run = true;
  const ApplyOrder first_try = order;
  Result<ConnectorsOutcome> outcome = co_await parts_.connectors.apply(first_try);
  if (!outcome) {
    if (check.bad < check.bad_max) {
      order.yaml = at_its_place(document);
      Result<ConnectorsOutcome> again = co_await parts_.connectors.apply(std::move(order));
      if (!again) outcome = std::move(again);
    }
    check.refuse(sensor_of_file(document.yaml), line, outcome.error().text());
    co_return;
  }
  const auto [first, is_new] = check.lines.emplace(outcome->sensor, line);
  if (!is_new) {
    check.refuse(outcome->sensor, line,
                 "the sensor has a document at line " + std::to_string(first->second) + " already; put both together");
    co_return;
  }
  for (const ConnectorChange& change : outcome->changes) {
    if (change.kind != ChangeKind::begins) continue;
    const auto [taken, is_free] = check.begins.emplace(change.connector, outcome->sensor);
    if (!is_free)
      check.refuse(
          outcome->sensor, line,
          "connector '" + change.connector + "': begins on sensor " + taken->second + " as well; give it a name of its own");
  }
  PlannedTarget target;
  target.sensor = outcome->sensor;
  target.changes = std::move(outcome->changes);
  check.targets.push_back(std::move(target));
  check.documents.emplace_back(std::string{document.yaml});
}

// That no other roll-out changes the same sensors.
void Rollouts::check_free(FileCheck& check) {
  for (const auto& [id, live] : live_) {
    if (over(live->head().state)) continue;
    for (const RolloutTarget& target : live->rollout.targets) {
      const auto found = check.lines.find(target.sensor);
      if (found != check.lines.end())
        check.refuse(target.sensor, found->second,
                     "is in roll-out " + id + ", which is " + std::string{name(live->head().state)} +
                         "; wait for its end, or end it with `tidegate-processor rollout cancel " + id + "`");
    }
  }
}

Result<std::string> Rollouts::draw_id() const {
  std::array<char, rollout_id_bytes> bytes{};
  if (Result<void> filled = parts_.entropy(std::span<char>{bytes}); !filled) return std::move(filled).error();
  return hex_of(ByteView{bytes.data(), bytes.size()});
}

asio::awaitable<Result<RolloutPlan>> Rollouts::begin(RolloutOrder order) {
  if (Result<void> good = check_stages(order.stages); !good) co_return std::move(good).error();
  if (order.settle < std::chrono::nanoseconds{0} || order.settle > rollout_settle_max)
    co_return Error{Code::invalid, "settle: at most " + std::to_string(rollout_settle_max.count()) + "h"};
  const std::vector<FileDocument> documents = documents_of(order.yaml);
  if (documents.empty() || documents.size() > rollout_targets_max)
    co_return Error{Code::invalid, order.file_name + ": has " + std::to_string(documents.size()) + " documents; write 1 to " +
                                       std::to_string(rollout_targets_max) + ", one for each sensor, with --- between them"};
  FileCheck found;
  found.bad_max = limits_.bad_sensors_max;
  for (const FileDocument& document : documents) {
    co_await check(found, document, order.file_name);
    co_await asio::post(asio::use_awaitable);  // others have a turn
  }
  check_free(found);  // from here on nobody else has a turn
  if (found.bad > found.bad_max) found.errors.append("\nand " + std::to_string(found.bad - found.bad_max) + " more");
  if (found.bad > 0) co_return Error{Code::invalid, std::move(found.errors)};

  const std::vector<std::size_t> ends = stage_ends(found.targets.size(), order.stages);
  RolloutPlan plan;
  plan.stages = ends.size();
  plan.targets = std::move(found.targets);
  for (std::size_t place = 0; place < plan.targets.size(); ++place)
    plan.targets[place].stage = static_cast<std::size_t>(std::ranges::upper_bound(ends, place) - ends.begin()) + 1;
  if (order.dry_run) co_return plan;

  Result<std::string> id = draw_id();
  if (!id) co_return std::move(id).error();
  Rollout rollout;
  rollout.head.id = plan.id = *std::move(id);
  rollout.head.created = parts_.clock.wall();
  rollout.head.author = operator_author;
  rollout.head.file_name = std::move(order.file_name);
  rollout.head.stages = std::move(order.stages);
  rollout.head.failures_allowed = order.failures_allowed;
  rollout.head.settle = order.settle;
  for (const PlannedTarget& each : plan.targets) {
    RolloutTarget target;
    target.sensor = each.sensor;
    target.stage = each.stage;
    rollout.targets.push_back(std::move(target));
  }
  if (Result<void> put = parts_.store.put_rollout(rollout, found.documents); !put) co_return std::move(put).error();
  parts_.log.info(
      "a roll-out begins",
      {{"rollout", plan.id}, {"sensors", std::to_string(plan.targets.size())}, {"stages", std::to_string(plan.stages)}});
  live_.insert_or_assign(plan.id, std::make_unique<Live>(std::move(rollout), parts_.clock.steady()));
  co_return plan;
}

Result<std::vector<RolloutSummary>> Rollouts::list() { return parts_.store.rollouts(); }

Result<Rollout> Rollouts::show(const std::string& id) {
  if (const auto found = live_.find(id); found != live_.end()) return found->second->rollout;
  return parts_.store.rollout(id);
}

Result<RolloutSummary> Rollouts::summary_of(const std::string& id) {
  const Result<Rollout> rollout = show(id);
  if (!rollout) return rollout.error();
  return RolloutSummary{rollout->head, counts_of(rollout->targets)};
}

asio::awaitable<Result<RolloutSummary>> Rollouts::follow(std::string id, std::string seen, std::chrono::nanoseconds limit) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  const std::shared_ptr<Signal> moved = moved_;
  const SteadyTime until = parts_.clock.steady() + limit;
  const Alarm alarm = parts_.clock.alarm(executor_, until, [moved] { moved->notify(); });
  while (true) {
    Result<RolloutSummary> now = summary_of(id);
    if (!now || progress_of(*now) != seen || parts_.clock.steady() >= until) co_return now;
    if (stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, "nobody follows the roll-out any more"};
    co_await moved->wait();
  }
}

// Also one that is over, and of which nothing is in memory.
Result<Rollouts::Live*> Rollouts::live_of(const std::string& id) {
  if (const auto found = live_.find(id); found != live_.end()) return found->second.get();
  Result<Rollout> rollout = parts_.store.rollout(id);
  if (!rollout) return std::move(rollout).error();
  return live_.emplace(id, std::make_unique<Live>(*std::move(rollout), parts_.clock.steady())).first->second.get();
}

// What cannot be written now is written by the next look.
Result<RolloutSummary> Rollouts::changed(Live& live) {
  (void)save(live);
  return RolloutSummary{live.head(), counts_of(live.rollout.targets)};
}

Result<RolloutSummary> Rollouts::resume(const std::string& id, FailedOnes failed) {
  const Result<Live*> found = live_of(id);
  if (!found) return found.error();
  Live& live = **found;
  RolloutHead& head = live.head();
  if (head.state != RolloutState::paused) return wrong_state(head, "only a paused one is resumed");
  head.failures_excused = 0;
  for (std::size_t place = 0; place < live.rollout.targets.size(); ++place) {
    if (live.target(place).state != TargetState::failed) continue;
    if (failed == FailedOnes::again) set(live, place, TargetState::waiting);
    else ++head.failures_excused;
  }
  const bool through = next_places(live, TargetState::waiting).empty() && next_places(live, TargetState::pushing).empty();
  if (through && head.stage < live.rollout.targets.back().stage) ++head.stage;
  set(live, RolloutState::running);
  return changed(live);
}

Result<RolloutSummary> Rollouts::cancel(const std::string& id) {
  const Result<Live*> found = live_of(id);
  if (!found) return found.error();
  const RolloutState state = (*found)->head().state;
  if (state != RolloutState::running && state != RolloutState::paused)
    return wrong_state((*found)->head(), "only one that is running or paused is cancelled");
  set(**found, RolloutState::cancelled);
  return changed(**found);
}

Result<RolloutSummary> Rollouts::roll_back(const std::string& id) {
  const Result<Live*> found = live_of(id);
  if (!found) return found.error();
  Live& live = **found;
  if (live.head().state == RolloutState::rolling_back) return wrong_state(live.head(), "it is under way");
  for (std::size_t place = 0; place < live.rollout.targets.size(); ++place) {
    const RolloutTarget& target = live.target(place);
    if (target.revision == 0 || target.state == TargetState::waiting || target.state == TargetState::reverted ||
        target.state == TargetState::reverting || target.state == TargetState::unchanged)
      continue;
    if (target.state == TargetState::failed) {
      const Result<StoredDocument> pushed = parts_.fleet.document(target.sensor, target.revision);
      if (!pushed || pushed->record.state == ConfigState::failed) continue;  // it goes on with what it had
    }
    set(live, place, TargetState::reverting);
  }
  set(live, RolloutState::rolling_back);
  return changed(live);
}

}  // namespace tidegate
