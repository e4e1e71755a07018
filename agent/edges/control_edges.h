// ControlEdges: the real ports of the control plane: OpAMP, the configuration store and the ledger of actions beside the journal,
// the sealing key, the API for the check of connectors, and the ways to what responders act upon.
//
// Thread: the loop.
#pragma once

#include <memory>

#include "agent/action_ports.h"
#include "agent/control_ports.h"
#include "agent/edges/config_keeper.h"
#include "agent/edges/config_sealer.h"
#include "agent/edges/connector_check.h"
#include "agent/edges/opamp_link.h"
#include "agent/edges/stored_actions.h"
#include "agent/edges/vision_one_sources.h"
#include "respond/responder_apis.h"

namespace tidegate {

// The sensor's own identity as its configuration names it.
Result<TlsContextPtr> identity_tls(const TlsFiles& files);
// Ends what a crash interrupted in the folder that enrolment made, where the configuration names it. Before the files are read.
Result<void> recover_identity(const AgentConfig& config);

class ControlEdges {
 public:
  // `storage_failed`: the configuration store is one that no retry opens (another version, no permission). Anything else that keeps
  // documents from being stored is logged, and the sensor runs by its own file; where the ledger of actions cannot be opened, it
  // collects and carries out none.
  //   requires: processor.control is given; the journal's lock is held; `thread` outlives this
  static Result<std::unique_ptr<ControlEdges>> open(const AgentConfig& config, WorkerThread& thread, Surroundings around, Log& log,
                                                    Metrics& metrics, bool& storage_failed);

  ControlPorts& ports() { return ports_; }
  ActionPorts& actions() { return actions_; }
  OpampLink& link() { return link_; }

 private:
  struct Kept {
    std::unique_ptr<ConfigKeeper> keeper;
    std::unique_ptr<ConfigSealer> sealer;
    std::unique_ptr<ConfigSealer> responders_sealer;
    std::unique_ptr<SensorLedger> ledger;  // which the sealer outlives
  };

  ControlEdges(OpampLinkOptions link, Kept kept, Surroundings around, Log& log, Metrics& metrics);

  VisionOneSources sources_;  // that leave nothing behind
  VisionOneCheck check_;
  Kept kept_;
  ResponderApis responder_apis_;
  OpampLink link_;
  ControlPorts ports_;
  ActionPorts actions_;
};

}  // namespace tidegate
