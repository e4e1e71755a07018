// SimControl: all that an agent asks of the world for its control plane, in a simulation: the link to a SimControlPlane, the real
// configuration store on the sensor's disk, the real sealer, and the real check of connectors against the simulated API. It lives
// as long as one start of the sensor; what is kept is on the disk.
//
// Thread: the loop's.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/connector.h"
#include "agent/control_ports.h"
#include "agent/edges/config_sealer.h"
#include "agent/edges/connector_check.h"
#include "storage/config_store.h"
#include "tests/support/faulty_fs.h"
#include "tests/world/sim_control_link.h"
#include "tests/world/sim_net.h"

namespace tidegate {

// What the disk has come to, told before anybody else learns of it.
struct KeeperWatch {
  std::function<void(const Bytes& hash)> keeping;  // the candidate is about to become what is kept
  std::function<void(const Bytes& hash)> kept;     // it is
  // What is kept was read; empty: nothing is.
  std::function<void(const Bytes& hash)> loaded;
};

// The configuration store, called on the loop. Each call takes a turn behind what it did to the disk, so that a blow may fall
// there. One whose disk has been switched off never returns: its process is dead.
class SimConfigKeeper final : public ConfigKeeper {
 public:
  //   requires: the disk outlives the keeper
  SimConfigKeeper(std::unique_ptr<ConfigStore> store, FaultyFs& disk, KeeperWatch watch)
      : store_(std::move(store)), disk_(disk), watch_(std::move(watch)) {}

  asio::awaitable<Result<KeptConfigs>> load() override;
  asio::awaitable<Result<ConfigHead>> put_candidate(StoredConfig config) override;
  asio::awaitable<Result<void>> keep_candidate() override;
  asio::awaitable<Result<void>> drop_candidate() override;
  asio::awaitable<Result<void>> refuse(ConfigRefusal refusal) override;

 private:
  Result<KeptConfigs> kept() const;
  asio::awaitable<void> take_turn();

  std::unique_ptr<ConfigStore> store_;
  FaultyFs& disk_;
  KeeperWatch watch_;
  Signal never_;
};

// Of the sensor that it is for.
struct SimControlHome {
  SourceFactory& sources;
  std::shared_ptr<FaultyFs> disk;
  std::filesystem::path directory;  // of the configuration store
  Surroundings around;
  Log& log;
  Metrics& metrics;
};

struct SimControlOptions {
  SimNet& net;
  std::string sensor;  // its name, and its place in the net
  std::string plane;   // where its control plane is
  Id128 instance_uid;
  KeeperWatch watch;
  // On top of the real ones, for a mutant; empty: as they are.
  std::function<std::unique_ptr<ConfigKeeper>(std::unique_ptr<ConfigKeeper>)> wrap_keeper;
  std::function<std::unique_ptr<ConnectorCheck>(std::unique_ptr<ConnectorCheck>)> wrap_check;
};

class SimControl {
 public:
  //   requires: what both refer to outlives it
  SimControl(SimControlHome home, const SimControlOptions& options);

  ControlPorts& ports() { return ports_; }
  SimControlLink& link() { return link_; }

 private:
  std::unique_ptr<ConfigKeeper> keeper_;
  KeySealer sealer_;
  std::unique_ptr<ConnectorCheck> check_;
  SimControlLink link_;
  ControlPorts ports_;
};

}  // namespace tidegate
