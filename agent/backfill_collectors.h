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

  //   requires: what `around` refers to outlives this; join() has returned before this ends
  BackfillCollectors(ConnectorSurroundings around, FindConnector find, OnDone on_done);

  Result<void> start_reader(const Backfill& backfill) override;
  asio::awaitable<void> stop_reader(std::uint32_t number) override;

  // Those of one connector, before its configuration changes; all of them.
  asio::awaitable<void> stop_readers_of(std::string connector);
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
  std::map<std::uint32_t, std::unique_ptr<Reader>> readers_;
};

}  // namespace tidegate
