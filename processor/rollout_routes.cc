#include "processor/rollout_routes.h"

#include <algorithm>

#include "config/units.h"
#include "processor/rollout_texts.h"

namespace tidegate {
namespace {

constexpr std::string_view rollouts_path = "/rollouts";
constexpr std::string_view rollout_json_suffix = ".json";
constexpr std::size_t rollout_value_shown_bytes_max = 64;
constexpr std::chrono::seconds follow_max{20};

HttpReply rollout_reply(bool json, std::string body, unsigned status = 200) {
  HttpReply reply;
  reply.status = status;
  if (json) reply.content_type = "application/json";
  reply.body = std::move(body);
  return reply;
}

unsigned rollout_status(Code code) {
  switch (code) {
    case Code::invalid: return 400;
    case Code::denied: return 409;
    case Code::absent:
    case Code::gone: return 404;
    case Code::timeout: return 504;
    case Code::full:
    case Code::corrupt: return 507;
    case Code::unavailable:
    case Code::throttled:
    case Code::cancelled: break;
  }
  return 503;
}

HttpReply rollout_refused(const Error& error) { return rollout_reply(false, error.text() + "\n", rollout_status(error.code())); }

Error bad_rollout_value(std::string_view name, std::string_view value, std::string_view remedy) {
  std::string text{name};
  text.append(": '").append(value.substr(0, rollout_value_shown_bytes_max)).append("' ").append(remedy);
  return Error{Code::invalid, std::move(text)};
}

// "5,25,100". That they rise and end with 100 is for Rollouts to say.
Result<std::vector<std::uint32_t>> stages_of(std::string_view text) {
  std::vector<std::uint32_t> stages;
  for (std::string_view rest = text; stages.size() <= rollout_stages_max;) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::optional<std::uint64_t> percent = parse_count(rest.substr(0, end));
    if (!percent || *percent == 0 || *percent > 100)
      return bad_rollout_value("stages", text, "is no list of percentages; write for example 5,25,100");
    stages.push_back(static_cast<std::uint32_t>(*percent));
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  return stages;
}

Result<bool> rollout_flag(std::string_view name, const std::string& value) {
  if (value.empty() || value == "false") return false;
  if (value == "true") return true;
  return bad_rollout_value(name, value, "is neither true nor false");
}

HttpReply rollout_outcome(bool json, const Result<RolloutSummary>& summary) {
  if (!summary) return rollout_refused(summary.error());
  return rollout_reply(json, json ? rollout_progress_json(*summary) : rollout_line(*summary));
}

}  // namespace

struct RolloutRoutes::Asked {
  // Empty where it is not given.
  std::string value(std::string_view name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string{} : found->second;
  }

  QueryPairs query;
  std::string_view body;
  bool json = false;
};

struct RolloutRoutes::Route {
  std::string_view method;
  std::string_view path;
  std::string_view needed;  // empty: nothing
  std::vector<std::string_view> optional;
  asio::awaitable<HttpReply> (RolloutRoutes::*answer)(const Asked&);

  Result<void> check(const QueryPairs& query) const {
    const auto given = query.find(needed);
    if (!needed.empty() && (given == query.end() || given->second.empty()))
      return Error{Code::invalid, std::string{needed} + " is missing"};
    for (const auto& [name, value] : query)
      if (name != needed && std::ranges::find(optional, name) == optional.end())
        return bad_rollout_value("parameter", name, "is not known");
    return {};
  }
};

const std::vector<RolloutRoutes::Route>& RolloutRoutes::routes() {
  static const std::vector<Route> all{
      {"POST", "/rollouts/begin", "stages", {"failures", "settle", "file", "dry_run"}, &RolloutRoutes::begin},
      {"GET", "/rollouts", "", {}, &RolloutRoutes::list},
      {"GET", "/rollouts/show", "id", {}, &RolloutRoutes::show},
      {"GET", "/rollouts/follow", "id", {"seen"}, &RolloutRoutes::follow},
      {"POST", "/rollouts/resume", "id", {"retry_failed"}, &RolloutRoutes::resume},
      {"POST", "/rollouts/cancel", "id", {}, &RolloutRoutes::cancel},
      {"POST", "/rollouts/rollback", "id", {}, &RolloutRoutes::roll_back}};
  return all;
}

bool RolloutRoutes::serves(std::string_view target) { return target.starts_with(rollouts_path); }

asio::awaitable<HttpReply> RolloutRoutes::answer(HttpRequestView request) {
  const std::size_t mark = request.target.find('?');
  std::string_view path = request.target.substr(0, mark);
  Asked asked;
  asked.body = request.body;
  asked.json = path.ends_with(rollout_json_suffix);
  if (asked.json) path.remove_suffix(rollout_json_suffix.size());
  const auto route = std::ranges::find(routes(), path, &Route::path);
  if (route == routes().end()) {
    std::string known;
    for (const Route& each : routes()) known.append(known.empty() ? "there are " : ", ").append(each.path);
    co_return rollout_reply(false, known + "\n", 404);
  }
  if (route->method != request.method)
    co_return rollout_reply(false, std::string{path} + " is asked with " + std::string{route->method} + "\n", 405);
  Result<QueryPairs> query = parse_query_string(mark == std::string_view::npos ? "" : request.target.substr(mark + 1));
  if (!query) co_return rollout_refused(query.error());
  if (const Result<void> good = route->check(*query); !good) co_return rollout_refused(good.error());
  asked.query = *std::move(query);
  co_return co_await (this->*route->answer)(asked);
}

asio::awaitable<HttpReply> RolloutRoutes::begin(const Asked& asked) {
  RolloutOrder order;
  order.yaml = asked.body;
  order.file_name = asked.value("file").empty() ? std::string{connectors_document_name} : asked.value("file");
  Result<std::vector<std::uint32_t>> stages = stages_of(asked.value("stages"));
  if (!stages) co_return rollout_refused(stages.error());
  order.stages = *std::move(stages);
  if (const std::string failures = asked.value("failures"); !failures.empty()) {
    const std::optional<std::uint64_t> count = parse_count(failures);
    if (!count) co_return rollout_refused(bad_rollout_value("failures", failures, "is no number; write for example 2"));
    order.failures_allowed = std::min<std::uint64_t>(*count, rollout_targets_max);
  }
  if (const std::string settle = asked.value("settle"); !settle.empty()) {
    const std::optional<std::chrono::milliseconds> wait = parse_duration(settle);
    if (!wait) co_return rollout_refused(bad_rollout_value("settle", settle, "is no duration; write for example 10min"));
    order.settle = std::min<std::chrono::milliseconds>(*wait, rollout_settle_max + std::chrono::hours{1});  // Rollouts refuses it
  }
  const Result<bool> dry_run = rollout_flag("dry_run", asked.value("dry_run"));
  if (!dry_run) co_return rollout_refused(dry_run.error());
  order.dry_run = *dry_run;
  const Result<RolloutPlan> plan = co_await rollouts_.begin(std::move(order));
  if (!plan) co_return rollout_refused(plan.error());
  co_return rollout_reply(asked.json, asked.json ? rollout_plan_json(*plan) : rollout_plan_text(*plan));
}

asio::awaitable<HttpReply> RolloutRoutes::list(const Asked& asked) {
  const Result<std::vector<RolloutSummary>> all = rollouts_.list();
  if (!all) co_return rollout_refused(all.error());
  co_return rollout_reply(asked.json, asked.json ? rollouts_json(*all) : rollouts_text(*all));
}

asio::awaitable<HttpReply> RolloutRoutes::show(const Asked& asked) {
  const Result<Rollout> rollout = rollouts_.show(asked.value("id"));
  if (!rollout) co_return rollout_refused(rollout.error());
  co_return rollout_reply(asked.json, asked.json ? rollout_json(*rollout) : rollout_text(*rollout));
}

asio::awaitable<HttpReply> RolloutRoutes::follow(const Asked& asked) {
  const Result<RolloutSummary> now = co_await rollouts_.follow(asked.value("id"), asked.value("seen"), follow_max);
  if (!now) co_return rollout_refused(now.error());
  co_return rollout_reply(true, rollout_progress_json(*now));
}

asio::awaitable<HttpReply> RolloutRoutes::resume(const Asked& asked) {
  const Result<bool> again = rollout_flag("retry_failed", asked.value("retry_failed"));
  if (!again) co_return rollout_refused(again.error());
  co_return rollout_outcome(asked.json, rollouts_.resume(asked.value("id"), *again ? FailedOnes::again : FailedOnes::stay));
}

asio::awaitable<HttpReply> RolloutRoutes::cancel(const Asked& asked) {
  co_return rollout_outcome(asked.json, rollouts_.cancel(asked.value("id")));
}

asio::awaitable<HttpReply> RolloutRoutes::roll_back(const Asked& asked) {
  co_return rollout_outcome(asked.json, rollouts_.roll_back(asked.value("id")));
}

}  // namespace tidegate
