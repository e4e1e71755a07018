#include "agent/edges/connector_check.h"

#include <algorithm>

#include "transport/task_group.h"

namespace tidegate {
namespace {

constexpr std::chrono::hours asked_for{1};
constexpr std::chrono::seconds clock_believed{120};  // beyond it a refused window may be our clock's fault

PageRequest request_until(WallTime now, std::chrono::seconds settle) {
  PageRequest request;
  request.to = std::chrono::floor<std::chrono::seconds>(now) - settle;
  request.from = request.to - asked_for;
  return request;
}

// The API's present, once it has told it.
std::optional<WallTime> api_now(const Source& source, const Clock& clock) {
  const std::optional<ApiTime> told = source.facts().api_time;
  if (!told) return std::nullopt;
  return told->time + (clock.steady() - told->at);
}

// It may be the API itself once what stands in between has gone.
Result<void> read_page(Source& source, const PageRequest& request, Bytes body) {
  Result<Page> page = source.parse(request, std::move(body));
  if (!page) return Error{Code::unavailable, "the answer is no page of the API: " + page.error().text()};
  return {};
}

asio::awaitable<Result<void>> ask(const ConnectorConfig& connector, SourceFactory& sources, Surroundings around) {
  if (connector.content_types.empty()) co_return Result<void>{};
  const Lane lane = lane_of(*connector.content_types.begin());
  Result<std::unique_ptr<Source>> source = sources.make_source(connector, lane, Urgency::fresh);
  if (!source) co_return std::move(source).error();
  const std::chrono::seconds settle = std::max(connector.settle, (*source)->facts().settle);
  const PageRequest request = request_until(around.clock.wall(), settle);
  Result<Bytes> page = co_await (*source)->poll(request);
  if (page) co_return read_page(**source, request, *std::move(page));
  // A sensor whose clock is wrong asks for a window that the API does not have yet.
  const std::optional<WallTime> now = api_now(**source, around.clock);
  const bool other_time = now && std::chrono::abs(*now - around.clock.wall()) > clock_believed;
  if (page.error().code() != Code::invalid || !other_time) co_return std::move(page).error();
  const PageRequest again = request_until(*now, settle);
  page = co_await (*source)->poll(again);
  if (page) co_return read_page(**source, again, *std::move(page));
  co_return std::move(page).error();
}

// Takes connectors one by one until none is left.
struct Work {
  std::vector<ConnectorConfig> connectors;
  std::size_t next = 0;
  std::vector<std::optional<Error>> unfit;
};

asio::awaitable<Error> work_on(Work& work, SourceFactory& sources, Surroundings around) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (work.next < work.connectors.size() && stop.cancelled() == asio::cancellation_type::none) {
    const std::size_t at = work.next++;
    const Result<void> asked = co_await ask(work.connectors[at], sources, around);
    if (!asked) work.unfit[at] = asked.error();
  }
  co_return Error{Code::cancelled, "check ended"};
}

}  // namespace

asio::awaitable<Result<std::vector<UnfitConnector>>> VisionOneCheck::check(std::vector<ConnectorConfig> connectors) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto stop = co_await asio::this_coro::cancellation_state;
  Work work;
  work.connectors = std::move(connectors);
  work.unfit.resize(work.connectors.size());
  TaskGroup tasks{executor};
  for (std::size_t i = 0; i < std::min(side_by_side_max, work.connectors.size()); ++i)
    tasks.spawn("check", work_on(work, sources_, around_));
  co_await tasks.join();
  if (stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, "connector check: stopped"};
  std::vector<UnfitConnector> unfit;
  for (std::size_t i = 0; i < work.connectors.size(); ++i)
    if (work.unfit[i]) unfit.push_back({work.connectors[i].name, *work.unfit[i]});
  co_return unfit;
}

}  // namespace tidegate
