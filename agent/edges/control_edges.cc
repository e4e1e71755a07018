#include "agent/edges/control_edges.h"

#include <cstdlib>

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

std::unique_ptr<ConfigSealer> open_sealer(const SensorConfig& sensor, bool was_used, Log& log) {
  const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
  const SealingKeyPlace place = sealing_key_place(sensor, credentials == nullptr ? "" : credentials);
  const Entropy entropy = system_entropy();
  Result<SealingKey> key = open_sealing_key(place, was_used, entropy);
  if (key) return std::make_unique<KeySealer>(*std::move(key), entropy);
  log.error("there is no sealing key: no document of the processor is taken, and none that was kept is in force",
            {{"reason", key.error().text()}});
  return std::make_unique<NoSealer>(key.error());
}

}  // namespace

Result<TlsContextPtr> identity_tls(const TlsFiles& files) {
  return make_client_tls(TlsClientFiles{files.ca_file, files.certificate_file, files.private_key_file});
}

Result<void> recover_identity(const AgentConfig& config) {
  IdentityFiles files{config.sensor.state_directory};
  return is_enrolled(config, files) ? files.recover() : Result<void>{};
}

ControlEdges::ControlEdges(OpampLinkOptions link, std::unique_ptr<ConfigKeeper> keeper, std::unique_ptr<ConfigSealer> sealer,
                           Surroundings around, Log& log, Metrics& metrics)
    : sources_(around, metrics),
      check_(sources_, around),
      keeper_(std::move(keeper)),
      sealer_(std::move(sealer)),
      link_(std::move(link), around, log, metrics),
      ports_{link_, *keeper_, *sealer_, check_} {}

Result<std::unique_ptr<ControlEdges>> ControlEdges::open(const AgentConfig& config, WorkerThread& thread, Surroundings around,
                                                         Log& log, Metrics& metrics, bool& storage_failed) {
  StorePlace place;
  place.directory = config.sensor.state_directory + "/config";
  Result<std::unique_ptr<ConfigStore>> store = open_config_store(place, log, metrics);
  if (!store && store.error().code() == Code::invalid) {
    storage_failed = true;
    return std::move(store).error();
  }
  const bool was_used = store && ((*store)->last_good() || (*store)->candidate());
  std::unique_ptr<ConfigKeeper> keeper;
  if (store) {
    keeper = std::make_unique<StoredConfigKeeper>(*std::move(store), thread);
  } else {
    log.error("the configuration store cannot be opened: this sensor runs by its own file",
              {{"state", "degraded"}, {"reason", store.error().text()}});
    keeper = std::make_unique<NoConfigKeeper>(store.error());
  }
  return std::unique_ptr<ControlEdges>{
      new ControlEdges{link_options(config), std::move(keeper), open_sealer(config.sensor, was_used, log), around, log, metrics}};
}

}  // namespace tidegate
