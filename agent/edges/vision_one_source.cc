#include "agent/edges/vision_one_source.h"

namespace tidegate {
namespace {

constexpr int page_size = 200;  // the largest that audit logs and techniques know; alerts have pages of ten
// A laptop that was off for months still has its detections to tell; the API takes ranges of up to 365 days.
constexpr std::chrono::days detected_reach{364};
constexpr std::chrono::days detected_range_max{365};
// Audit logs from before that answer 400. The margin is the time that a window waits before it is asked for.
constexpr std::chrono::seconds audit_retention = std::chrono::days{180} - std::chrono::hours{1};

}  // namespace

VisionOneSource::VisionOneSource(VisionOneOptions options, HttpSend send, RequestBudget& budget, Surroundings around,
                                 Metrics& metrics)
    : api_(std::move(options), std::move(send), budget, around, metrics), clock_(around.clock), parser_(api_.options().lane) {}

asio::awaitable<Result<Bytes>> VisionOneSource::poll(const PageRequest& request) {
  const PageKind kind = request.link.empty() ? PageKind::first : PageKind::followed_link;
  if (logged_since_ && clock_.steady() >= *logged_since_ + ingested_asked_again) logged_since_.reset();
  const AuditTime time = logged_since_ ? AuditTime::logged : AuditTime::ingested;
  Result<std::string> url = kind == PageKind::first ? first_page(request, time) : api_.own_link(request.link);
  if (!url) co_return std::move(url).error();
  Result<ApiAnswer> answer = co_await get(*std::move(url));
  if (!answer) co_return std::move(answer).error();
  if (answer->response.status == 200) co_return std::move(answer->response.body);
  Error error = answer->error(kind);
  const bool may_be_its_time = answer->response.status == 400 && kind == PageKind::first && time == AuditTime::ingested;
  if (may_be_its_time && api_.options().lane == Lane::audit_logs && error.code() == Code::invalid)
    co_return co_await first_page_by_logged(request, std::move(error));
  co_return error;
}

// A 400 does not say what it minds: it was ingestedDateTime only if the same request with loggedDateTime is taken.
asio::awaitable<Result<Bytes>> VisionOneSource::first_page_by_logged(const PageRequest& request, Error refused) {
  Result<ApiAnswer> answer = co_await get(first_page(request, AuditTime::logged));
  if (!answer) co_return std::move(answer).error();
  if (answer->response.status == 200) {
    logged_since_ = clock_.steady();
    co_return std::move(answer->response.body);
  }
  if (answer->response.status == 400) co_return std::move(refused).in("audit logs by either of their times");
  co_return answer->error(PageKind::first);
}

// A link that cannot be followed is refused with its page: once stored, it would stand in the way of the window.
Result<Page> VisionOneSource::parse(const PageRequest& request, Bytes body) {
  Result<Page> page = parser_.parse(std::move(body), request.to);
  if (!page || page->next_link.empty()) return page;
  if (Result<std::string> link = api_.own_link(page->next_link); !link) return std::move(link).error();
  return page;
}

SourceFacts VisionOneSource::facts() const {
  SourceFacts facts;
  facts.api_time = api_.api_time();
  if (logged_since_) facts.lateness = audit_lateness_max;
  if (api_.options().lane == Lane::audit_logs) facts.retention = audit_retention;
  if (api_.options().lane == Lane::techniques) facts.longest = detected_range_max - detected_reach;
  return facts;
}

asio::awaitable<Result<ApiAnswer>> VisionOneSource::get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.headers = {{"Accept", "application/json"}};
  co_return co_await api_.send(std::move(request));
}

std::string VisionOneSource::first_page(const PageRequest& request, AuditTime time) const {
  const std::string& base = api_.options().api_base_url;
  const std::string from = to_iso8601(request.from);
  const std::string to = to_iso8601(request.to);
  const std::string top = "&top=" + std::to_string(page_size);
  switch (api_.options().lane) {
    case Lane::alerts:
      return base + "/v3.0/workbench/alerts?dateTimeTarget=updatedDateTime&orderBy=updatedDateTime%20asc&startDateTime=" + from +
             "&endDateTime=" + to;
    case Lane::audit_logs: {
      const std::string target = time == AuditTime::logged ? "loggedDateTime" : "ingestedDateTime";
      return base + "/v3.0/audit/logs?dateTimeTarget=" + target + "&orderBy=" + target +
             "%20asc&labels=none&startDateTime=" + from + "&endDateTime=" + to + top;
    }
    case Lane::techniques:
    case Lane::own_events: break;
  }
  return base + "/v3.0/oat/detections?ingestedStartDateTime=" + from + "&ingestedEndDateTime=" + to +
         "&detectedStartDateTime=" + to_iso8601(request.from - detected_reach) + "&detectedEndDateTime=" + to + top;
}

}  // namespace tidegate
