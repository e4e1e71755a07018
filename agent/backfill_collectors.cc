#include "agent/backfill_collectors.h"

#include <vector>

namespace tidegate {

BackfillCollectors::BackfillCollectors(ConnectorSurroundings around, FindConnector find, OnDone on_done)
    : around_(std::move(around)), find_(std::move(find)), on_done_(std::move(on_done)) {}

Result<void> BackfillCollectors::start_reader(const Backfill& backfill) {
  std::erase_if(readers_, [](const auto& each) { return each.second->tasks.empty(); });  // those that are done
  if (stopped_) return Error{Code::unavailable, "the agent is stopping"};
  if (const auto known = readers_.find(backfill.number); known != readers_.end()) {
    if (known->second->tasks.stopping()) return Error{Code::unavailable, "its reader is being stopped: try again"};
    return {};
  }
  const ConnectorConfig* const config = find_(backfill.connector);
  if (config == nullptr) return Error{Code::absent, "there is no connector " + backfill.connector + " any more"};
  if (!config->enabled) return Error{Code::unavailable, "connector " + backfill.connector + " is disabled"};
  Result<std::unique_ptr<Source>> source = around_.sources.make_source(*config, backfill.lane, Urgency::background);
  if (!source) return std::move(source).error();
  auto reader = std::make_shared<Reader>(*std::move(source), around_.executor, around_.on_failure);
  const ContentType type = content_type_of(backfill.lane);
  Result<CollectorParts> parts = collector_parts(*config, type, *reader->source, around_);
  if (!parts) return std::move(parts).error();
  reader->connector = backfill.connector;
  reader->collector = std::make_unique<Collector>(collector_options(*config, type, backfill.number), *std::move(parts),
                                                  around_.around, around_.log, around_.metrics);
  Reader& started = *reader;
  readers_.emplace(backfill.number, std::move(reader));
  started.tasks.spawn("back-fill " + std::to_string(backfill.number), run(started, backfill.number));
  return {};
}

asio::awaitable<Error> BackfillCollectors::run(Reader& reader, std::uint32_t number) {
  Error ended = co_await reader.collector->run();
  if (!reader.collector->view().done) co_return ended;
  Result<void> told = co_await on_done_(number);
  if (!told)
    around_.log.warning("a back-fill is done, and that could not be noted yet",
                        {{"number", std::to_string(number)}, {"reason", told.error().text()}});
  co_return ended;
}

asio::awaitable<void> BackfillCollectors::stop_reader(std::uint32_t number) {
  const auto found = readers_.find(number);
  if (found == readers_.end()) co_return;
  const std::shared_ptr<Reader> reader = found->second;
  reader->tasks.stop();
  co_await reader->tasks.join();
  std::erase_if(readers_, [&reader](const auto& each) { return each.second == reader; });
}

std::optional<StageState> BackfillCollectors::state_of(std::uint32_t number) const {
  const auto found = readers_.find(number);
  if (found == readers_.end()) return std::nullopt;
  return found->second->collector->view().state;
}

asio::awaitable<void> BackfillCollectors::stop_readers_of(std::string connector) {
  std::vector<std::uint32_t> numbers;
  for (const auto& [number, reader] : readers_)
    if (reader->connector == connector) numbers.push_back(number);
  for (const std::uint32_t number : numbers) co_await stop_reader(number);
}

asio::awaitable<void> BackfillCollectors::stop_all() {
  stopped_ = true;
  while (!readers_.empty()) co_await stop_reader(readers_.begin()->first);
}

}  // namespace tidegate
