#include "agent/edges/edges.h"

#include "agent/compression.h"
#include "config/secret_file.h"
#include "storage/rocks_journal.h"

namespace tidegate {
namespace {

Result<std::unique_ptr<Journal>> open_journal(const AgentConfig& config, Random& random, Log& log, Metrics& metrics) {
  JournalOptions options;
  options.directory = config.sensor.state_directory + "/journal";
  options.budget = config.storage.budget;
  options.keep_free = config.storage.keep_free;
  options.fresh_epoch = {random.next(), random.next()};
  OpenReport report;
  Result<std::unique_ptr<RocksJournal>> journal = RocksJournal::open(options, report);
  Metric& healed = metrics.counter("tidegate_journal_healed_total", "Times that a damaged journal was set aside and begun anew.");
  if (report.healed) {
    healed.add();
    log.error("the journal was damaged: it is set aside, and what was lost is read again from the API",
              {{"reason", report.reason},
               {"set_aside", report.set_aside_path},
               {"removed", report.removed_path},
               {"cursors_kept", std::to_string(report.cursors_kept)},
               {"cursors_complete", report.cursors_complete ? "yes" : "no"}});
  }
  if (report.log_cut)
    log.warning("the journal's last write was torn: it was never acknowledged, and is cut off", {{"reason", report.reason}});
  if (report.created) log.info("a new journal was made", {{"directory", options.directory.string()}});
  if (!journal) return std::move(journal).error();
  return std::unique_ptr<Journal>{*std::move(journal)};
}

Result<HandshakeOptions> handshake_of(const ShipConfig& ship, const std::string& sensor, Random& random) {
  Result<Secret> key = read_secret_file("ship.shared_key_file", ship.shared_key_file);
  if (!key) return std::move(key).error();
  Result<Secret> password = Secret{};
  if (!ship.password_file.empty()) password = read_secret_file("ship.password_file", ship.password_file);
  if (!password) return std::move(password).error();
  return HandshakeOptions{.self_hostname = sensor,
                          .salt = handshake_salt(random),
                          .shared_key = *std::move(key),
                          .username = ship.username,
                          .password = *std::move(password)};
}

Result<UplinkOptions> uplink_options(const AgentConfig& config, Random& random, std::shared_ptr<TlsContextPtr>& identity) {
  UplinkOptions options;
  for (const HostPort& place : config.processor.data) options.endpoints.push_back({place.host, place.port});
  Result<TlsContextPtr> tls = identity_tls(config.processor.tls);
  if (!tls) return std::move(tls).error().in("processor.tls");
  options.tls = *std::move(tls);
  // Each connection is made with the certificate that is in force then: it may have been renewed.
  identity = std::make_shared<TlsContextPtr>(options.tls);
  options.dial = [identity, dial = dial_tls()](ForwardEndpoint endpoint, TlsContextPtr) {
    return dial(std::move(endpoint), *identity);
  };
  options.limits.session.in_flight_bytes_max = config.ship.in_flight;
  options.bandwidth = {.otherwise = config.ship.bandwidth, .rules = config.ship.bandwidth_schedule};
  if (!config.ship.shared_key_file.empty())
    options.handshake = [ship = config.ship, sensor = config.sensor.name, &random] { return handshake_of(ship, sensor, random); };
  options.receiver_knows_zstd = config.ship.receiver == Receiver::tidegate || config.ship.compression == ShipCompression::zstd;
  return options;
}

}  // namespace

Result<std::unique_ptr<Edges>> Edges::open(const AgentConfig& config, Surroundings around, Log& log, Metrics& metrics,
                                           bool& storage_failed) {
  std::unique_ptr<Edges> edges{new Edges{around, metrics, config.sensor.name}};
  if (Result<void> recovered = recover_identity(config); !recovered) return std::move(recovered).error().in("processor.tls");
  std::shared_ptr<TlsContextPtr> identity;
  Result<UplinkOptions> uplink = uplink_options(config, around.random, identity);
  if (!uplink) return std::move(uplink).error();
  Result<std::unique_ptr<Journal>> journal = open_journal(config, around.random, log, metrics);
  storage_failed = !journal;
  if (!journal) return std::move(journal).error();
  edges->store_ = std::make_unique<JournalStore>(*std::move(journal), compression_of(config.ship.compression));
  edges->uplink_ = std::make_unique<ForwardUplink>(*std::move(uplink), edges->store_->epoch(), around, log);
  if (config.processor.control.empty()) return edges;
  Result<std::unique_ptr<ControlEdges>> control =
      ControlEdges::open(config, edges->store_->thread(), around, log, metrics, storage_failed);
  if (!control) return std::move(control).error();
  edges->control_ = *std::move(control);
  edges->control_->link().on_renewed([identity, tls = config.processor.tls, &log] {
    Result<TlsContextPtr> renewed = identity_tls(tls);
    if (renewed) *identity = *std::move(renewed);
    else log.error("the renewed certificate cannot be used for data", {{"reason", renewed.error().text()}});
  });
  return edges;
}

}  // namespace tidegate
