// Edges: the real ports, built from a configuration: the journal on disk, the processors over TLS, the Vision One API over
// HTTPS, and the control plane where processor.control is given. Whatever a file or a directory has against it is said here,
// before anything runs.
//
// Thread: the loop.
#pragma once

#include <memory>
#include <string>

#include "agent/edges/control_edges.h"
#include "agent/edges/forward_uplink.h"
#include "agent/edges/journal_store.h"
#include "agent/edges/vision_one_sources.h"
#include "agent/ports.h"
#include "base/log.h"
#include "base/metrics.h"
#include "config/model.h"

namespace tidegate {

class Edges {
 public:
  // Errors keep the codes of the journal, and of the configuration store, when it cannot be opened (`storage_failed` says so), else
  // `invalid` for a file that cannot be used.
  static Result<std::unique_ptr<Edges>> open(const AgentConfig& config, Surroundings around, Log& log, Metrics& metrics,
                                             bool& storage_failed);

  Store& store() { return *store_; }
  Uplink& uplink() { return *uplink_; }
  SourceFactory& sources() { return sources_; }
  // Null: no processor.control.
  ControlEdges* control() { return control_.get(); }

 private:
  Edges(Surroundings around, Metrics& metrics, std::string sensor) : sources_(around, metrics, std::move(sensor)) {}

  VisionOneSources sources_;
  std::unique_ptr<JournalStore> store_;
  std::unique_ptr<ForwardUplink> uplink_;
  std::unique_ptr<ControlEdges> control_;  // after the store, whose thread it shares
};

}  // namespace tidegate
