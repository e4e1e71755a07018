// BackfillCollectors: the readers of back-fills: a collector for each that runs, with a source of its own that lets fresh
// reading go first.
//
// Thread: the loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/connector.h"
#include "agent/control/backfills.h"

namespace tidegate {

class BackfillCollectors final : public BackfillReaders {
 public:
  // The connector of that name as it is configured now; null where there is none.
  using FindConnector = std::function<const ConnectorConfig*(const std::string& name)>;
  // Called by a reader that has reached its end.
  using OnDone = std::function<asio::awaitable<Result<void>>(std::uint32_t number)>;

  //   requires: what `around` refers to outlives this; stop_all() has returned before this ends
  BackfillCollectors(ConnectorSurroundings around, FindConnector find, OnDone on_done);

  Result<void> start_reader(const Backfill& backfill) override;
  asio::awaitable<void> stop_reader(std::uint32_t number) override;
  std::optional<StageState> state_of(std::uint32_t number) const override;

  // Those of one connector, before its configuration changes.
  asio::awaitable<void> stop_readers_of(std::string connector);
  // All of them; none is started after it.
  asio::awaitable<void> stop_all();

 private:
  struct Reader {
    Reader(std::unique_ptr<Source> its_source, asio::any_io_executor executor, TaskGroup::OnFailure on_failure)
        : source(std::move(its_source)), tasks(std::move(executor), std::move(on_failure)) {}

    std::string connector;
    std::unique_ptr<Source> source;
    std::unique_ptr<Collector> collector;
    TaskGroup tasks;
  };

  asio::awaitable<Error> run(Reader& reader, std::uint32_t number);

  ConnectorSurroundings around_;
  FindConnector find_;
  OnDone on_done_;
  // Shared with those who wait for one to stop: it stays in the map until it has, so that each of them waits.
  std::map<std::uint32_t, std::shared_ptr<Reader>> readers_;
  bool stopped_ = false;
};

}  // namespace tidegate
