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

Connector::Connector(ConnectorConfig config, ConnectorSurroundings around)
    : config_(std::move(config)), tasks_(around.executor, around.on_failure) {
  if (!config_.enabled) return;
  for (const ContentType type : config_.content_types) add_content(type, around);
}

void Connector::add_content(ContentType type, ConnectorSurroundings& around) {
  const Lane lane = lane_of(type);
  Result<std::unique_ptr<Source>> source = around.sources.make_source(config_, lane);
  if (!source) {
    around.log.error("a content type cannot be collected",
                     {{"connector", config_.name}, {"content_type", std::string{name(lane)}}, {"reason", source.error().text()}});
    ContentStatus status;
    status.content_type = name(lane);
    status.state.become(Verdict::misconfigured, around.around.clock.wall(), source.error().text());
    unusable_.push_back(std::move(status));
    return;
  }
  CollectorOptions options;
  options.key = {config_.name, lane};
  options.window = {.overlap = config_.overlap,
                    .settle = config_.settle,
                    .longest = config_.window,
                    .records_max = static_cast<std::int64_t>(config_.window_records_max)};
  options.interval = config_.interval_of(type);
  options.first_read = config_.first_read;
  const Origin origin{.tenant_id = config_.tenant.id,
                      .tenant_name = config_.tenant.name,
                      .connector = config_.name,
                      .sensor = around.sensor,
                      .lane = lane};
  sources_.push_back(*std::move(source));
  collectors_.emplace_back(std::move(options), *sources_.back(), around.store, origin, around.compression, around.around,
                           around.log, around.metrics);
}

void Connector::start() {
  for (Collector& collector : collectors_)
    tasks_.spawn(config_.name + "/" + std::string{name(collector.view().key.lane)}, collector.run());
}

ConnectorStatus Connector::status() const {
  ConnectorStatus status{.name = config_.name, .tenant = config_.tenant.id, .enabled = config_.enabled, .contents = unusable_};
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
    status.contents.push_back(std::move(content));
  }
  return status;
}

}  // namespace tidegate
