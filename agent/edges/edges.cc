#include "agent/edges/edges.h"

#include "agent/edges/vision_one_source.h"
#include "config/token.h"
#include "storage/rocks_journal.h"

namespace tidegate {
namespace {

constexpr std::size_t page_bytes_max = 16u << 20;  // an answer beyond it is refused; 200 of the largest records known are 8 MB
constexpr double requests_burst = 10;

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

Result<UplinkOptions> uplink_options(const AgentConfig& config) {
  UplinkOptions options;
  for (const HostPort& place : config.processor.data) options.endpoints.push_back({place.host, place.port});
  const TlsFiles& files = config.processor.tls;
  Result<TlsContextPtr> tls = make_client_tls({files.ca_file, files.certificate_file, files.private_key_file});
  if (!tls) return std::move(tls).error().in("processor.tls");
  options.tls = *std::move(tls);
  options.limits.session.in_flight_bytes_max = config.ship.in_flight;
  if (config.ship.bandwidth) {
    const double bytes_per_second = static_cast<double>(*config.ship.bandwidth) / 8;
    options.bandwidth = {.per_second = bytes_per_second, .burst = bytes_per_second / 4};
  }
  return options;
}

}  // namespace

Result<std::unique_ptr<Edges>> Edges::open(const AgentConfig& config, Surroundings around, Log& log, Metrics& metrics,
                                           bool& storage_failed) {
  std::unique_ptr<Edges> edges{new Edges{around, metrics}};
  Result<UplinkOptions> uplink = uplink_options(config);
  if (!uplink) return std::move(uplink).error();
  Result<std::unique_ptr<Journal>> journal = open_journal(config, around.random, log, metrics);
  storage_failed = !journal;
  if (!journal) return std::move(journal).error();
  edges->store_ = std::make_unique<JournalStore>(*std::move(journal));
  edges->uplink_ = std::make_unique<ForwardUplink>(*std::move(uplink), edges->store_->epoch(), around.clock, log);
  return edges;
}

Result<std::unique_ptr<Source>> Edges::make_source(const ConnectorConfig& connector, Lane lane) {
  Result<TlsContextPtr> tls = make_client_tls({connector.ca_file, {}, {}});
  if (!tls) return std::move(tls).error().in("connector " + connector.name);
  HttpClientOptions http;
  http.tls = *std::move(tls);
  http.proxy = std::string{connector.proxy.reveal()};
  http.limits.body_bytes_max = page_bytes_max;
  // Shared with the function that sends: it is copied, and the client is not.
  auto client = std::make_shared<HttpClient>(std::move(http));
  HttpSend send = [client](HttpRequest request, std::chrono::nanoseconds deadline) {
    return client->send(std::move(request), deadline);
  };
  VisionOneOptions options;
  options.lane = lane;
  options.connector = connector.name;
  options.api_base_url = connector.api_base_url;
  options.token = [connector] { return load_token(connector); };
  return std::unique_ptr<Source>{
      std::make_unique<VisionOneSource>(std::move(options), std::move(send), limiter_for(connector, lane), around_, metrics_)};
}

RateLimiter& Edges::limiter_for(const ConnectorConfig& connector, Lane lane) {
  const std::string_view token = connector.bearer_token.empty() ? connector.bearer_token_file : connector.bearer_token.reveal();
  const Id128 key = hash128({token, connector.api_base_url, name(lane)});
  std::unique_ptr<RateLimiter>& limiter = limiters_[key];
  const RateLimit limit{.per_second = static_cast<double>(connector.requests_per_minute) / 60, .burst = requests_burst};
  if (!limiter) limiter = std::make_unique<RateLimiter>(around_.clock, limit);
  else limiter->set_limit(limit);
  return *limiter;
}

}  // namespace tidegate
