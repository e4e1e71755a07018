// Connector: one configured connector at work: a collector for each of its content types, each with its own source, and a watch
// over its token. One that fails never holds up another.
//
// Thread: the loop.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "agent/control/status.h"
#include "agent/control/token_watch.h"
#include "agent/pipeline/collector.h"
#include "agent/ports.h"
#include "config/model.h"
#include "transport/task_group.h"

namespace tidegate {

// Makes the source of one content type: the real API, or the simulation's.
class SourceFactory {
 public:
  virtual ~SourceFactory() = default;
  // `invalid`: a file that the connector names cannot be used.
  virtual Result<std::unique_ptr<Source>> make_source(const ConnectorConfig& connector, Lane lane, Urgency urgency) = 0;
  // Tells how long the connector's token lives, each time it is asked; valid as long as the factory.
  virtual TokenWatch::Ask make_expiry_reader(const ConnectorConfig& connector) = 0;
};

Lane lane_of(ContentType type);
//   requires: lane is not own_events
ContentType content_type_of(Lane lane);

struct ConnectorSurroundings {
  std::string sensor;
  Store& store;
  SourceFactory& sources;
  Surroundings around;
  asio::any_io_executor executor;
  Log& log;
  Metrics& metrics;
  TaskGroup::OnFailure on_failure;  // of a collector: the journal failed
};

// How a content type is read, live (job 0) or by a back-fill of that number.
CollectorOptions collector_options(const ConnectorConfig& config, ContentType type, std::uint32_t job);
// What its collector works with. `invalid`: a log filter cannot be used.
Result<CollectorParts> collector_parts(const ConnectorConfig& config, ContentType type, Source& source,
                                       const ConnectorSurroundings& around);

class Connector {
 public:
  Connector(ConnectorConfig config, ConnectorSurroundings around);

  void start();
  void stop() { tasks_.stop(); }
  asio::awaitable<void> join() { return tasks_.join(); }

  const ConnectorConfig& config() const { return config_; }
  ConnectorStatus status() const;

 private:
  Result<void> add_content(ContentType type, const ConnectorSurroundings& around);

  ConnectorConfig config_;
  std::deque<std::unique_ptr<Source>> sources_;
  std::deque<Collector> collectors_;
  std::vector<ContentStatus> unusable_;  // content types whose source could not be made
  TokenWatch token_watch_;
  TaskGroup tasks_;
};

}  // namespace tidegate
