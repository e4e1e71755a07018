#include "agent/edges/control_edges.h"

#include <cstdlib>
#include <filesystem>

#include "base/host_name.h"

namespace tidegate {
namespace {

// True where the identity is the one that enrolment made, so that it is ours to renew.
bool is_enrolled(const AgentConfig& config, const IdentityFiles& files) {
  const TlsFiles& tls = config.processor.tls;
  return tls.certificate_file == files.certificate_file().string() && tls.private_key_file == files.private_key_file().string() &&
         tls.ca_file == files.ca_file().string();
}

OpampLinkOptions link_options(const AgentConfig& config) {
  OpampLinkOptions options;
  options.url = config.processor.control;
  options.facts = {.sensor = config.sensor.name, .version = TIDEGATE_VERSION, .host_name = host_name().value_or("unknown")};
  options.state_directory = config.sensor.state_directory;
  options.accepts = config.remote.accept;
  options.tls = [files = config.processor.tls] { return identity_tls(files); };
  IdentityFiles files{config.sensor.state_directory};
  if (is_enrolled(config, files)) options.renewal.emplace(std::move(files), config.sensor.name);
  return options;
}

// Of one key, each for its own place.
struct Sealers {
  std::unique_ptr<ConfigSealer> documents;
  std::unique_ptr<ConfigSealer> responders;
};

Sealers open_sealers(const SensorConfig& sensor, bool was_used, Log& log) {
  const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
  const SealingKeyPlace place = sealing_key_place(sensor, credentials == nullptr ? "" : credentials);
  const Entropy entropy = system_entropy();
  Result<SealingKey> key = open_sealing_key(place, was_used, entropy);
  if (key) return {std::make_unique<KeySealer>(*key, entropy), std::make_unique<KeySealer>(*key, entropy, responders_place)};
  log.error("there is no sealing key: no document of the processor is taken, and none that was kept is in force",
            {{"reason", key.error().text()}});
  return {std::make_unique<NoSealer>(key.error()), std::make_unique<NoSealer>(key.error())};
}

// Without one the sensor collects all the same, and carries out no action.
std::unique_ptr<SensorLedger> open_ledger(const StorePlace& place, WorkerThread& thread, ConfigSealer& sealer, Random& random,
                                          Log& log, Metrics& metrics) {
  const Id128 fresh_id{random.next(), random.next()};
  Result<std::unique_ptr<SensorLedger>> ledger = open_sensor_ledger(place, fresh_id, thread, sealer, log, metrics);
  if (ledger) return *std::move(ledger);
  log.error("the ledger of actions cannot be opened: this sensor carries out none",
            {{"state", "degraded"}, {"reason", ledger.error().text()}});
  return std::make_unique<NoSensorLedger>(ledger.error());
}

// By what the sensor acts is kept there, sealed (storage/action_ledger.h).
bool has_sealed_value(const StorePlace& place) {
  std::error_code failed;
  return std::filesystem::exists(place.directory / "value", failed);
}

}  // namespace

Result<TlsContextPtr> identity_tls(const TlsFiles& files) {
  return make_client_tls(TlsClientFiles{files.ca_file, files.certificate_file, files.private_key_file});
}

Result<void> recover_identity(const AgentConfig& config) {
  IdentityFiles files{config.sensor.state_directory};
  return is_enrolled(config, files) ? files.recover() : Result<void>{};
}

ControlEdges::ControlEdges(OpampLinkOptions link, Kept kept, Surroundings around, Log& log, Metrics& metrics)
    : sources_(around, metrics),
      check_(sources_, around),
      kept_(std::move(kept)),
      responder_apis_(around.clock, around.random),
      link_(std::move(link), around, log, metrics),
      ports_{link_, *kept_.keeper, *kept_.sealer, check_},
      actions_{
          *kept_.ledger,
          [this](const Responder& responder, Secret secret) { return responder_apis_.make(responder, std::move(secret)); },
          [this](Responder responder, Secret secret) { return responder_apis_.probe(std::move(responder), std::move(secret)); }} {}

Result<std::unique_ptr<ControlEdges>> ControlEdges::open(const AgentConfig& config, WorkerThread& thread, Surroundings around,
                                                         Log& log, Metrics& metrics, bool& storage_failed) {
  StorePlace place;
  place.directory = config.sensor.state_directory + "/config";
  StorePlace actions;
  actions.directory = config.sensor.state_directory + "/actions";
  Result<std::unique_ptr<ConfigStore>> store = open_config_store(place, log, metrics);
  if (!store && store.error().code() == Code::invalid) {
    storage_failed = true;
    return std::move(store).error();
  }
  const bool was_used = (store && ((*store)->last_good() || (*store)->candidate())) || has_sealed_value(actions);
  Kept kept;
  if (store) {
    kept.keeper = std::make_unique<StoredConfigKeeper>(*std::move(store), thread);
  } else {
    log.error("the configuration store cannot be opened: this sensor runs by its own file",
              {{"state", "degraded"}, {"reason", store.error().text()}});
    kept.keeper = std::make_unique<NoConfigKeeper>(store.error());
  }
  Sealers sealers = open_sealers(config.sensor, was_used, log);
  kept.sealer = std::move(sealers.documents);
  kept.responders_sealer = std::move(sealers.responders);
  kept.ledger = open_ledger(actions, thread, *kept.responders_sealer, around.random, log, metrics);
  return std::unique_ptr<ControlEdges>{new ControlEdges{link_options(config), std::move(kept), around, log, metrics}};
}

}  // namespace tidegate
