#include "processor/edges/webhook_channel.h"

#include "config/secret_file.h"
#include "processor/event_texts.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds webhook_deadline{30};
constexpr std::size_t webhook_answer_bytes_max = 1u << 20;

Result<void> webhook_outcome(unsigned status) {
  if (status >= 200 && status < 300) return {};
  const bool for_good = status >= 300 && status < 500 && status != 408 && status != 429;
  std::string text = "the webhook answered " + std::to_string(status);
  if (status >= 300 && status < 400) text.append(", and redirects are not followed");
  return Error{for_good ? Code::invalid : Code::unavailable, std::move(text)};
}

}  // namespace

Result<std::unique_ptr<WebhookChannel>> WebhookChannel::make(const NotifyConfig& config) {
  Result<TlsContextPtr> tls = make_client_tls({config.ca_file, {}, {}});
  if (!tls) return std::move(tls).error().in("notify " + config.name);
  HttpClientOptions options;
  options.tls = *std::move(tls);
  options.proxy = config.proxy;
  options.limits.body_bytes_max = webhook_answer_bytes_max;
  return std::unique_ptr<WebhookChannel>{new WebhookChannel{config, std::move(options)}};
}

WebhookChannel::WebhookChannel(const NotifyConfig& config, HttpClientOptions options)
    : url_(config.url),
      header_name_(config.header_name),
      header_value_file_(config.header_value_file),
      client_(std::move(options)) {}

Result<HttpRequest> WebhookChannel::request_for(const Notification& notification) const {
  HttpRequest request;
  request.method = "POST";
  request.url = url_;
  request.headers.push_back({"Content-Type", "application/json"});
  if (!header_name_.empty()) {
    const Result<Secret> value = read_secret_file("header_value_file", header_value_file_);
    if (!value) return value.error();
    request.headers.push_back({header_name_, std::string{value->reveal()}});
  }
  request.body = notification_json(notification);
  return request;
}

asio::awaitable<Result<void>> WebhookChannel::send(Notification notification) {
  Result<HttpRequest> request = request_for(notification);
  if (!request) co_return Error{Code::unavailable, request.error().text()};
  const Result<HttpResponse> response = co_await client_.send(*std::move(request), webhook_deadline);
  if (response) co_return webhook_outcome(response->status);
  const Code code = response.error().code() == Code::invalid ? Code::unavailable : response.error().code();
  co_return Error{code, response.error().text()};
}

}  // namespace tidegate
