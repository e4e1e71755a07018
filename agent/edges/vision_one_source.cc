#include "agent/edges/vision_one_source.h"

#include <algorithm>

#include "agent/edges/vision_one_error.h"

namespace tidegate {
namespace {

constexpr int page_size = 200;  // the largest that audit logs and techniques know; alerts have pages of ten
// A laptop that was off for months still has its detections to tell; the API takes ranges of up to 365 days.
constexpr std::chrono::days detected_reach{364};

std::string hexadecimal(std::uint64_t value, int digits) {
  static constexpr char alphabet[] = "0123456789abcdef";
  std::string text(static_cast<std::size_t>(digits), '0');
  for (int i = 0; i < digits; ++i) text[static_cast<std::size_t>(digits - 1 - i)] = alphabet[(value >> (4 * i)) & 15];
  return text;
}

}  // namespace

VisionOneSource::VisionOneSource(VisionOneOptions options, HttpSend send, RateLimiter& limiter, Surroundings around,
                                 Metrics& metrics)
    : options_(std::move(options)),
      send_(std::move(send)),
      limiter_(limiter),
      clock_(around.clock),
      random_(around.random),
      metrics_(metrics),
      parser_(options_.lane) {}

asio::awaitable<Result<Bytes>> VisionOneSource::poll(const PageRequest& request) {
  Result<std::string> url = url_of(request);
  if (!url) co_return std::move(url).error();
  Result<Secret> token = options_.token();
  if (!token) co_return std::move(token).error();
  if (not_before_ > clock_.steady()) co_await clock_.sleep_until(not_before_);
  Result<void> turn = co_await limiter_.take(1);
  if (!turn) co_return std::move(turn).error();

  const std::string trace = trace_id();
  HttpRequest http;
  http.url = *std::move(url);
  http.headers = {{"Authorization", "Bearer " + std::string{token->reveal()}},
                  {"Accept", "application/json"},
                  {"User-Agent", "Tidegate/" TIDEGATE_VERSION},
                  {"x-trace-id", trace}};
  Result<HttpResponse> response = co_await send_(std::move(http), options_.deadline);
  if (!response) {
    requests_with(0).add();
    co_return std::move(response).error();
  }
  requests_with(response->status).add();
  if (response->status == 200) co_return std::move(response->body);

  if (const auto wait = retry_after(*response)) not_before_ = clock_.steady() + *wait;
  const PageKind kind = request.link.empty() ? PageKind::first : PageKind::followed_link;
  if (response->status == 400 && options_.lane == Lane::audit_logs && kind == PageKind::first && !ingested_unknown_) {
    ingested_unknown_ = true;
    co_return Error{Code::unavailable, "ingestedDateTime is unknown to this tenant, going on with loggedDateTime"};
  }
  co_return error_of(*response, kind, trace);
}

Result<Page> VisionOneSource::parse(const PageRequest& request, Bytes body) { return parser_.parse(std::move(body), request.to); }

Result<std::string> VisionOneSource::url_of(const PageRequest& request) const {
  if (request.link.empty()) return first_page(request);
  Result<Url> link = parse_url(request.link);
  if (!link) return Error{Code::corrupt, "the next page's link is no URL"};
  Result<Url> base = parse_url(options_.api_base_url);
  if (!base) return std::move(base).error();
  // The token goes to nobody else (P10).
  if (link->scheme != base->scheme || link->host != base->host || link->port != base->port || !link->user_info.empty())
    return Error{Code::corrupt, "the next page's link names a foreign host"};
  return link->scheme + "://" + link->authority() + link->target;
}

std::string VisionOneSource::first_page(const PageRequest& request) const {
  const std::string from = to_iso8601(request.from);
  const std::string to = to_iso8601(request.to);
  const std::string top = "&top=" + std::to_string(page_size);
  switch (options_.lane) {
    case Lane::alerts:
      return options_.api_base_url +
             "/v3.0/workbench/alerts?dateTimeTarget=updatedDateTime&orderBy=updatedDateTime%20asc&startDateTime=" + from +
             "&endDateTime=" + to;
    case Lane::audit_logs: {
      const std::string target = ingested_unknown_ ? "loggedDateTime" : "ingestedDateTime";
      return options_.api_base_url + "/v3.0/audit/logs?dateTimeTarget=" + target + "&orderBy=" + target +
             "%20asc&labels=none&startDateTime=" + from + "&endDateTime=" + to + top;
    }
    case Lane::techniques:
    case Lane::own_events: break;
  }
  return options_.api_base_url + "/v3.0/oat/detections?ingestedStartDateTime=" + from + "&ingestedEndDateTime=" + to +
         "&detectedStartDateTime=" + to_iso8601(request.from - detected_reach) + "&detectedEndDateTime=" + to + top;
}

std::string VisionOneSource::trace_id() {
  const std::uint64_t high = random_.next();
  const std::uint64_t low = random_.next();
  return hexadecimal(high >> 32, 8) + "-" + hexadecimal(high >> 16, 4) + "-4" + hexadecimal(high, 3) + "-a" +
         hexadecimal(low >> 48, 3) + "-" + hexadecimal(low, 12);
}

Metric& VisionOneSource::requests_with(unsigned status) {
  return metrics_.counter(
      "tidegate_api_requests_total", "Requests to the API by HTTP status; 0: no answer.",
      {{"connector", options_.connector}, {"content_type", std::string{name(options_.lane)}}, {"code", std::to_string(status)}});
}

}  // namespace tidegate
