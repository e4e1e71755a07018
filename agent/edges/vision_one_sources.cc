#include "agent/edges/vision_one_sources.h"

#include "agent/edges/pipeline_source.h"
#include "agent/edges/token_expiry.h"
#include "agent/edges/vision_one_source.h"
#include "config/token.h"

namespace tidegate {

Result<HttpSend> make_http_send(const ConnectorConfig& connector, std::size_t body_bytes_max) {
  Result<TlsContextPtr> tls = make_client_tls({connector.ca_file, {}, {}});
  if (!tls) return std::move(tls).error().in("connector " + connector.name);
  HttpClientOptions http;
  http.tls = *std::move(tls);
  http.proxy = std::string{connector.proxy.reveal()};
  http.limits.body_bytes_max = body_bytes_max;
  // Shared with the function that sends: it is copied, and the client is not.
  const auto client = std::make_shared<HttpClient>(std::move(http));
  return HttpSend{
      [client](HttpRequest request, std::chrono::nanoseconds deadline) { return client->send(std::move(request), deadline); }};
}

Result<std::unique_ptr<Source>> VisionOneSources::make_source(const ConnectorConfig& connector, Lane lane, Urgency urgency) {
  Result<HttpSend> send = make_http_send(connector);
  if (!send) return std::move(send).error();
  VisionOneOptions options;
  options.lane = lane;
  options.connector = connector.name;
  options.api_base_url = connector.api_base_url;
  options.token = [connector] { return load_token(connector); };
  options.urgency = urgency;
  auto lists = std::make_unique<VisionOneSource>(options, *std::move(send), budget_for(connector, name(lane)), around_, metrics_);
  // A back-fill reaches back behind what a pipeline holds, and it is the last resort where a pipeline was lost.
  const bool pipeline = lane == Lane::techniques && connector.techniques_from == TechniquesFrom::pipeline &&
                        urgency == Urgency::fresh && !sensor_.empty();
  if (!pipeline) return std::unique_ptr<Source>{std::move(lists)};
  PipelineOptions wish{.description = pipeline_description(sensor_, connector.name), .risk_levels = {}};
  for (const RiskLevel level : connector.pipeline_risk_levels) wish.risk_levels.emplace(name(level));
  Result<HttpSend> packages = make_http_send(connector, package_bytes_max);
  if (!packages) return std::move(packages).error();
  return std::unique_ptr<Source>{std::make_unique<PipelineSource>(std::move(options), std::move(wish), *std::move(packages),
                                                                  budget_for(connector, "data_pipelines"), std::move(lists),
                                                                  around_, metrics_)};
}

TokenWatch::Ask VisionOneSources::make_expiry_reader(const ConnectorConfig& connector) {
  Result<HttpSend> send = make_http_send(connector);
  // Why there is none is said by the sources, which need one too.
  if (!send) return []() -> asio::awaitable<TokenExpiry> { co_return TokenExpiry{}; };
  // Shared with the function that asks: it is copied, and the reader is not.
  const auto reader = std::make_shared<TokenExpiryReader>(connector, *std::move(send), around_, metrics_);
  return [reader] { return reader->read(); };
}

RequestBudget& VisionOneSources::budget_for(const ConnectorConfig& connector, std::string_view endpoint) {
  // Of a token that cannot be read, its file stands for it until the sources are made anew.
  const Result<Secret> token = load_token(connector);
  const Id128 holder = token ? hash128({"token", token->reveal()}) : hash128({"file", connector.bearer_token_file});
  std::unique_ptr<RequestBudget>& budget = budgets_[hash128({to_hex(holder), connector.api_base_url, endpoint})];
  if (!budget) budget = std::make_unique<RequestBudget>(around_.clock, connector.requests_per_minute);
  else budget->set_ceiling(connector.requests_per_minute);
  return *budget;
}

}  // namespace tidegate
