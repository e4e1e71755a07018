// Connector: one configured connector at work: a collector for each of its content types, each with its own source. One that
// fails never holds up another.
//
// Thread: the loop.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "agent/control/status.h"
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
  virtual Result<std::unique_ptr<Source>> make_source(const ConnectorConfig& connector, Lane lane) = 0;
};

Lane lane_of(ContentType type);

struct ConnectorSurroundings {
  std::string sensor;
  Compression compression;
  Store& store;
  SourceFactory& sources;
  Surroundings around;
  asio::any_io_executor executor;
  Log& log;
  Metrics& metrics;
  TaskGroup::OnFailure on_failure;  // of a collector: the journal failed
};

class Connector {
 public:
  Connector(ConnectorConfig config, ConnectorSurroundings around);

  void start();
  void stop() { tasks_.stop(); }
  asio::awaitable<void> join() { return tasks_.join(); }

  const ConnectorConfig& config() const { return config_; }
  ConnectorStatus status() const;

 private:
  void add_content(ContentType type, ConnectorSurroundings& around);

  ConnectorConfig config_;
  std::deque<std::unique_ptr<Source>> sources_;
  std::deque<Collector> collectors_;
  std::vector<ContentStatus> unusable_;  // content types whose source could not be made
  TaskGroup tasks_;
};

}  // namespace tidegate
