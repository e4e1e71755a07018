#include "processor/rollout_routes.h"

#include <algorithm>

#include "config/units.h"
#include "processor/rollout_texts.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds follow_max{20};

// "5,25,100". That they rise and end with 100 is for Rollouts to say.
Result<std::vector<std::uint32_t>> stages_of(std::string_view text) {
  std::vector<std::uint32_t> stages;
  for (std::string_view rest = text; stages.size() <= rollout_stages_max;) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::optional<std::uint64_t> percent = parse_count(rest.substr(0, end));
    if (!percent || *percent == 0 || *percent > 100)
      return value_refused("stages", text, "is no list of percentages; write for example 5,25,100");
    stages.push_back(static_cast<std::uint32_t>(*percent));
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  return stages;
}

HttpReply rollout_outcome(bool json, const Result<RolloutSummary>& summary) {
  if (!summary) return refused_reply(summary.error());
  return json ? json_reply(rollout_progress_json(*summary)) : text_reply(rollout_line(*summary));
}

}  // namespace

const std::vector<SocketRoute<RolloutRoutes>>& RolloutRoutes::routes() {
  static const std::vector<SocketRoute<RolloutRoutes>> all{
      {{"POST", "/rollouts/begin", {"stages"}, {"failures", "settle", "file", "dry_run"}}, &RolloutRoutes::begin},
      {{"GET", "/rollouts", {}, {}}, &RolloutRoutes::list},
      {{"GET", "/rollouts/show", {"id"}, {}}, &RolloutRoutes::show},
      {{"GET", "/rollouts/follow", {"id"}, {"seen"}}, &RolloutRoutes::follow},
      {{"POST", "/rollouts/resume", {"id"}, {"retry_failed"}}, &RolloutRoutes::resume},
      {{"POST", "/rollouts/cancel", {"id"}, {}}, &RolloutRoutes::cancel},
      {{"POST", "/rollouts/rollback", {"id"}, {}}, &RolloutRoutes::roll_back}};
  return all;
}

bool RolloutRoutes::serves(std::string_view target) { return is_served(routes(), target); }

asio::awaitable<HttpReply> RolloutRoutes::answer(HttpRequestView request) { return answer_by(routes(), *this, request); }

asio::awaitable<HttpReply> RolloutRoutes::begin(const SocketAsked& asked) {
  RolloutOrder order;
  order.yaml = asked.body;
  order.file_name = asked.value("file").empty() ? std::string{connectors_document_name} : asked.value("file");
  Result<std::vector<std::uint32_t>> stages = stages_of(asked.value("stages"));
  if (!stages) co_return refused_reply(stages.error());
  order.stages = *std::move(stages);
  if (const std::string failures = asked.value("failures"); !failures.empty()) {
    const std::optional<std::uint64_t> count = parse_count(failures);
    if (!count) co_return refused_reply(value_refused("failures", failures, "is no number; write for example 2"));
    order.failures_allowed = std::min<std::uint64_t>(*count, rollout_targets_max);
  }
  if (const std::string settle = asked.value("settle"); !settle.empty()) {
    const std::optional<std::chrono::milliseconds> wait = parse_duration(settle);
    if (!wait) co_return refused_reply(value_refused("settle", settle, "is no duration; write for example 10min"));
    order.settle = std::min<std::chrono::milliseconds>(*wait, rollout_settle_max + std::chrono::hours{1});  // Rollouts refuses it
  }
  const Result<bool> dry_run = flag_of("dry_run", asked.value("dry_run"));
  if (!dry_run) co_return refused_reply(dry_run.error());
  order.dry_run = *dry_run;
  const Result<RolloutPlan> plan = co_await rollouts_.begin(std::move(order));
  if (!plan) co_return refused_reply(plan.error());
  co_return asked.json ? json_reply(rollout_plan_json(*plan)) : text_reply(rollout_plan_text(*plan));
}

asio::awaitable<HttpReply> RolloutRoutes::list(const SocketAsked& asked) {
  const Result<std::vector<RolloutSummary>> all = rollouts_.list();
  if (!all) co_return refused_reply(all.error());
  co_return asked.json ? json_reply(rollouts_json(*all)) : text_reply(rollouts_text(*all));
}

asio::awaitable<HttpReply> RolloutRoutes::show(const SocketAsked& asked) {
  const Result<Rollout> rollout = rollouts_.show(asked.value("id"));
  if (!rollout) co_return refused_reply(rollout.error());
  co_return asked.json ? json_reply(rollout_json(*rollout)) : text_reply(rollout_text(*rollout));
}

asio::awaitable<HttpReply> RolloutRoutes::follow(const SocketAsked& asked) {
  const Result<RolloutSummary> now = co_await rollouts_.follow(asked.value("id"), asked.value("seen"), follow_max);
  if (!now) co_return refused_reply(now.error());
  co_return json_reply(rollout_progress_json(*now));
}

asio::awaitable<HttpReply> RolloutRoutes::resume(const SocketAsked& asked) {
  const Result<bool> again = flag_of("retry_failed", asked.value("retry_failed"));
  if (!again) co_return refused_reply(again.error());
  co_return rollout_outcome(asked.json, rollouts_.resume(asked.value("id"), *again ? FailedOnes::again : FailedOnes::stay));
}

asio::awaitable<HttpReply> RolloutRoutes::cancel(const SocketAsked& asked) {
  co_return rollout_outcome(asked.json, rollouts_.cancel(asked.value("id")));
}

asio::awaitable<HttpReply> RolloutRoutes::roll_back(const SocketAsked& asked) {
  co_return rollout_outcome(asked.json, rollouts_.roll_back(asked.value("id")));
}

}  // namespace tidegate
