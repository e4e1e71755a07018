#include "agent/connector.h"

namespace tidegate {

Lane lane_of(ContentType type) {
  switch (type) {
    case ContentType::alerts: return Lane::alerts;
    case ContentType::audit_logs: return Lane::audit_logs;
    case ContentType::observed_attack_techniques: return Lane::techniques;
  }
  return Lane::techniques;
}

ContentType content_type_of(Lane lane) {
  switch (lane) {
    case Lane::alerts: return ContentType::alerts;
    case Lane::audit_logs: return ContentType::audit_logs;
    case Lane::techniques:
    case Lane::own_events: break;
  }
  return ContentType::observed_attack_techniques;
}

CollectorOptions collector_options(const ConnectorConfig& config, ContentType type, std::uint32_t job) {
  CollectorOptions options;
  options.key = {.connector = config.name, .lane = lane_of(type), .job = job};
  options.window = {.overlap = config.overlap,
                    .settle = config.settle,
                    .longest = config.window,
                    .records_max = static_cast<std::int64_t>(config.window_records_max)};
  options.interval = config.interval_of(type);
  options.first_read = config.first_read;
  return options;
}

Result<CollectorParts> collector_parts(const ConnectorConfig& config, ContentType type, Source& source,
                                       const ConnectorSurroundings& around) {
  Result<RecordFilter> filter = RecordFilter::make(config.log_filters, type);
  if (!filter) return std::move(filter).error();
  CollectorParts parts{.source = source,
                       .store = around.store,
                       .origin = {.tenant_id = config.tenant.id,
                                  .tenant_name = config.tenant.name,
                                  .connector = config.name,
                                  .sensor = around.sensor,
                                  .lane = lane_of(type)},
                       .filter = *std::move(filter)};
  for (const LogFilterConfig& each : config.log_filters) parts.filter_names.push_back(each.name);
  return parts;
}

Connector::Connector(ConnectorConfig config, ConnectorSurroundings around)
    : config_(std::move(config)),
      token_watch_(config_.name, around.sources.make_expiry_reader(config_), around.around.clock, around.log),
      tasks_(around.executor, around.on_failure) {
  if (!config_.enabled) return;
  for (const ContentType type : config_.content_types) {
    Result<void> added = add_content(type, around);
    if (added) continue;
    around.log.error(
        "a content type cannot be collected",
        {{"connector", config_.name}, {"content_type", std::string{name(lane_of(type))}}, {"reason", added.error().text()}});
    ContentStatus status;
    status.content_type = name(lane_of(type));
    status.state.become(Verdict::misconfigured, around.around.clock.wall(), added.error().text());
    unusable_.push_back(std::move(status));
  }
}

Result<void> Connector::add_content(ContentType type, const ConnectorSurroundings& around) {
  Result<std::unique_ptr<Source>> source = around.sources.make_source(config_, lane_of(type), Urgency::fresh);
  if (!source) return std::move(source).error();
  Result<CollectorParts> parts = collector_parts(config_, type, **source, around);
  if (!parts) return std::move(parts).error();
  sources_.push_back(*std::move(source));
  collectors_.emplace_back(collector_options(config_, type, 0), *std::move(parts), around.around, around.log, around.metrics);
  return {};
}

void Connector::start() {
  for (Collector& collector : collectors_)
    tasks_.spawn(config_.name + "/" + std::string{name(collector.view().key.lane)}, collector.run());
  if (config_.enabled) tasks_.spawn(config_.name + "/token", token_watch_.run());
}

ConnectorStatus Connector::status() const {
  ConnectorStatus status{.name = config_.name,
                         .tenant = config_.tenant.id,
                         .enabled = config_.enabled,
                         .contents = unusable_,
                         .token = token_watch_.view()};
  for (const Collector& collector : collectors_) {
    const CollectorView view = collector.view();
    ContentStatus content;
    content.content_type = name(view.key.lane);
    content.state = view.state;
    content.lag = view.lag;
    if (view.cursor) content.read_through = view.cursor->through;
    content.last_success = view.last_success;
    content.last_record = view.last_record;
    content.next_poll_in = std::chrono::floor<std::chrono::seconds>(view.next_poll_in);
    content.ids_remembered = view.ids_remembered;
    content.gaps = view.gaps;
    status.contents.push_back(std::move(content));
  }
  return status;
}

}  // namespace tidegate
