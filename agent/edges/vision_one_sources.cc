#include "agent/edges/vision_one_sources.h"

#include "agent/edges/pipeline_source.h"
#include "agent/edges/token_expiry.h"
#include "agent/edges/vision_one_source.h"
#include "config/token.h"

namespace tidegate {

Result<std::shared_ptr<HttpClient>> make_http_client(const ConnectorConfig& connector) {
  Result<TlsContextPtr> tls = make_client_tls({connector.ca_file, {}, {}});
  if (!tls) return std::move(tls).error().in("connector " + connector.name);
  HttpClientOptions http;
  http.tls = *std::move(tls);
  http.proxy = std::string{connector.proxy.reveal()};
  http.limits.body_bytes_max = page_bytes_max;
  return std::make_shared<HttpClient>(std::move(http));
}

Result<std::unique_ptr<Source>> VisionOneSources::make_source(const ConnectorConfig& connector, Lane lane, Urgency urgency) {
  Result<std::shared_ptr<HttpClient>> client = make_http_client(connector);
  if (!client) return std::move(client).error();
  // Shared with the function that sends: it is copied, and the client is not.
  HttpSend send = [client = *client](HttpRequest request, std::chrono::nanoseconds deadline) {
    return client->send(std::move(request), deadline);
  };
  VisionOneOptions options;
  options.lane = lane;
  options.connector = connector.name;
  options.api_base_url = connector.api_base_url;
  options.token = [connector] { return load_token(connector); };
  options.urgency = urgency;
  auto lists = std::make_unique<VisionOneSource>(options, send, budget_for(connector, name(lane)), around_, metrics_);
  // A back-fill reaches back behind what a pipeline holds, and it is the last resort where a pipeline was lost.
  const bool pipeline = lane == Lane::techniques && connector.techniques_from == TechniquesFrom::pipeline &&
                        urgency == Urgency::fresh && !sensor_.empty();
  if (!pipeline) return std::unique_ptr<Source>{std::move(lists)};
  PipelineOptions wish{.description = pipeline_description(sensor_, connector.name), .risk_levels = {}};
  for (const RiskLevel level : connector.pipeline_risk_levels) wish.risk_levels.emplace(name(level));
  return std::unique_ptr<Source>{std::make_unique<PipelineSource>(std::move(options), std::move(wish), std::move(send),
                                                                  budget_for(connector, "data_pipelines"), std::move(lists),
                                                                  around_, metrics_)};
}

TokenWatch::Ask VisionOneSources::make_expiry_reader(const ConnectorConfig& connector) {
  Result<std::shared_ptr<HttpClient>> client = make_http_client(connector);
  // Why there is none is said by the sources, which need one too.
  if (!client) return []() -> asio::awaitable<TokenExpiry> { co_return TokenExpiry{}; };
  HttpSend send = [client = *client](HttpRequest request, std::chrono::nanoseconds deadline) {
    return client->send(std::move(request), deadline);
  };
  // Shared with the function that asks: it is copied, and the reader is not.
  const auto reader = std::make_shared<TokenExpiryReader>(connector, std::move(send), around_, metrics_);
  return [reader] { return reader->read(); };
}

RequestBudget& VisionOneSources::budget_for(const ConnectorConfig& connector, std::string_view endpoint) {
  const std::string_view token = connector.bearer_token.empty() ? connector.bearer_token_file : connector.bearer_token.reveal();
  std::unique_ptr<RequestBudget>& budget = budgets_[hash128({token, connector.api_base_url, endpoint})];
  if (!budget) budget = std::make_unique<RequestBudget>(around_.clock, connector.requests_per_minute);
  else budget->set_ceiling(connector.requests_per_minute);
  return *budget;
}

}  // namespace tidegate
