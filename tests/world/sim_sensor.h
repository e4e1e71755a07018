// SimSensor: the real agent (collectors, encoder, shipper, journal) on the loop of a simulation, under a clock of its own, on a
// disk that fails and forgets when told to. What it asks of the API and the way to its processors are given to it.
//
// Thread: the loop's, between two of its turns: starting, stopping and reconfiguring run the loop until it has nothing to do.
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/agent.h"
#include "agent/edges/request_budget.h"
#include "base/log.h"
#include "storage/rocks_journal.h"
#include "tests/support/faulty_fs.h"
#include "tests/world/shown_log.h"
#include "tests/world/sim_control.h"
#include "transport/http_client.h"

namespace tidegate {

// Gives a sensor its Store on top of its journal: the simulation looks at it, and a mutant breaks it.
using MakeStore = std::function<std::unique_ptr<Store>(Journal& journal)>;
// The way to the processors, for the life of one start. `epoch` is the journal's.
using MakeUplink = std::function<std::unique_ptr<Uplink>(const Id128& epoch)>;
// The API.
using ServeApi = std::function<asio::awaitable<Result<HttpResponse>>(HttpRequest request)>;
// Gives a connector what it reads from, on top of the real one.
using WrapSource = std::function<std::unique_ptr<Source>(std::unique_ptr<Source> real)>;
// What its control plane needs, for the life of one start.
using MakeControl = std::function<std::unique_ptr<SimControl>(SimControlHome home)>;

struct SimSensorPorts {
  Clock& clock;  // the sensor's own: its wall time may be wrong
  Random& random;
  MakeStore make_store;
  MakeUplink make_uplink;
  ServeApi serve;
  WrapSource wrap_source;      // empty: the real one as it is
  MakeControl make_control{};  // empty: it has no control plane
  Log::Sink log;               // the directory's name, another in each run, is a dot there
};

struct SimSensorOptions {
  AgentConfig config;
  std::uint64_t budget = 1ull << 30;
  std::filesystem::path directory;  // of its own; made, and the caller's to remove
};

class SimSensor final : public SourceFactory {
 public:
  //   requires: what the ports refer to, and the loop, outlive the sensor
  SimSensor(asio::io_context& loop, SimSensorOptions options, SimSensorPorts ports);
  ~SimSensor() override;

  // False: the journal could not be opened, as with a disk that fails; start again later.   requires: not running
  bool start();
  // Stops it where it stands and closes the journal. Nothing to do where it does not run.
  void stop();
  // The process is killed: nothing it does from here on reaches its disk, what it wrote before stays. It is down until start().
  void kill();
  // The power goes: what was not synced is lost or torn. It is down until start().
  void cut_power(TornTail tail);
  bool running() const { return agent_ != nullptr; }
  // The disk has been switched off under it (FaultyFs::power_off_after), so it has to be killed, or its power cut. This may come
  // while it starts too: then start() says false, and will until that is done.
  bool doomed() const { return disk_->is_off(); }
  // The agent has ended by itself, as it does when its journal is damaged: stop it, and start it again.
  bool ended() const { return failure_.has_value(); }
  //   requires: ended
  std::string why_ended() const { return shown(failure_->text(), options_.directory); }

  // The connectors of its own file as they are from now on, also where it does not run.
  void reconfigure(std::vector<ConnectorConfig> connectors);

  //   requires: running
  Agent& agent() { return *agent_; }
  Journal& journal() { return *journal_; }
  FaultyFs& disk() { return *disk_; }
  const AgentConfig& config() const { return options_.config; }
  std::filesystem::path journal_directory() const { return options_.directory / "journal"; }
  std::string metrics_text() const { return metrics_.text(); }
  // What the last start found.
  const OpenReport& opened() const { return opened_; }

  Result<std::unique_ptr<Source>> make_source(const ConnectorConfig& connector, Lane lane, Urgency urgency) override;
  TokenWatch::Ask make_expiry_reader(const ConnectorConfig& connector) override;

 private:
  RequestBudget& budget_for(const ConnectorConfig& connector, std::string_view endpoint);
  AgentHooks hooks();
  void drain();

  asio::io_context& loop_;
  SimSensorOptions options_;
  SimSensorPorts ports_;
  std::shared_ptr<FaultyFs> disk_;
  Log log_;
  Metrics metrics_;
  std::map<std::string, std::unique_ptr<RequestBudget>> budgets_;  // by token and endpoint
  OpenReport opened_;
  std::optional<Error> failure_;
  // Declared bottom up, destroyed top down: each part outlives those below it on the page.
  std::unique_ptr<RocksJournal> journal_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Uplink> uplink_;
  std::unique_ptr<SimControl> control_;  // null: none
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<TaskGroup> tasks_;
};

}  // namespace tidegate
