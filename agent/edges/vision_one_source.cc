#include "agent/edges/vision_one_source.h"

#include <algorithm>

#include "agent/edges/next_link.h"

namespace tidegate {
namespace {

constexpr int page_size = 200;       // the largest that audit logs and techniques know; alerts have pages of ten
constexpr int small_page_size = 50;  // the smallest
// A laptop that was off for months still has its detections to tell; the API takes ranges of up to 365 days.
constexpr std::chrono::days detected_reach{364};
constexpr std::chrono::days detected_range_max{365};
// The API's answers come from several machines, and a time in the future is refused.
constexpr std::chrono::seconds clocks_apart{10};
// Audit logs from before that answer 400. The margin is the time that a window waits before it is asked for.
constexpr std::chrono::seconds audit_retention = std::chrono::days{180} - std::chrono::hours{1};

// The HTTP client refuses an answer that is larger than it takes, as it does a certificate that does not verify. That the same
// request for less is answered shows which of them it was.
bool may_be_too_large(const Result<ApiAnswer>& answer) { return !answer && answer.error().code() == Code::invalid; }

}  // namespace

VisionOneSource::VisionOneSource(VisionOneOptions options, HttpSend send, RequestBudget& budget, Surroundings around,
                                 Metrics& metrics)
    : api_(std::move(options), std::move(send), budget, around, metrics), clock_(around.clock), parser_(api_.options().lane) {}

asio::awaitable<Result<Bytes>> VisionOneSource::poll(const PageRequest& request) {
  if (request.link.empty()) co_return co_await poll_first(request);
  co_return co_await poll_link(request);
}

asio::awaitable<Result<Bytes>> VisionOneSource::poll_first(const PageRequest& request) {
  if (logged_since_ && clock_.steady() >= *logged_since_ + ingested_asked_again) logged_since_.reset();
  const AuditTime time = logged_since_ ? AuditTime::logged : AuditTime::ingested;
  Result<ApiAnswer> answer = co_await get_first(request, time);
  if (!answer) co_return std::move(answer).error();
  if (answer->response.status == 200) {
    ingested_known_ = time == AuditTime::ingested;
    co_return std::move(answer->response.body);
  }
  Error error = answer->error(PageKind::first);
  const bool may_be_its_time = answer->response.status == 400 && time == AuditTime::ingested;
  if (may_be_its_time && api_.options().lane == Lane::audit_logs && error.code() == Code::invalid)
    co_return co_await first_page_by_logged(request, std::move(error));
  co_return error;
}

asio::awaitable<Result<Bytes>> VisionOneSource::poll_link(const PageRequest& request) {
  Result<std::string> url = api_.own_link(request.link);
  if (!url) co_return std::move(url).error();
  Result<ApiAnswer> answer = co_await get(*std::move(url));
  // The size of a page stands in its link: it is another once the window begins again, as it does after some tries.
  if (may_be_too_large(answer)) small_pages_ = request.from;
  if (!answer) co_return std::move(answer).error();
  if (answer->response.status == 200) co_return std::move(answer->response.body);
  co_return answer->error(PageKind::followed_link);
}

// A 400 does not say what it minds: it was ingestedDateTime only if the same request with loggedDateTime is taken.
asio::awaitable<Result<Bytes>> VisionOneSource::first_page_by_logged(const PageRequest& request, Error refused) {
  Result<ApiAnswer> answer = co_await get_first(request, AuditTime::logged);
  if (!answer) co_return std::move(answer).error();
  if (answer->response.status == 200) {
    logged_since_ = clock_.steady();
    ingested_known_ = false;
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

ByteView VisionOneSource::likely_next(ByteView body) const { return guess_next_link(body); }

SourceFacts VisionOneSource::facts() const {
  SourceFacts facts;
  facts.api_time = api_.api_time();
  if (api_.options().lane == Lane::audit_logs) {
    if (!ingested_known_) facts.lateness = audit_lateness_max;
    facts.retention = audit_retention;
  }
  if (api_.options().lane == Lane::techniques) facts.longest = detected_range_max - detected_reach;
  return facts;
}

asio::awaitable<Result<ApiAnswer>> VisionOneSource::get_first(const PageRequest& request, AuditTime time) {
  Result<ApiAnswer> answer = co_await get(first_page(request, time));
  const bool sized = api_.options().lane != Lane::alerts;
  if (!may_be_too_large(answer) || !sized || small_pages_ == request.from) co_return answer;
  small_pages_ = request.from;
  answer = co_await get(first_page(request, time));
  if (may_be_too_large(answer)) small_pages_.reset();
  co_return answer;
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
  const std::string top = "&top=" + std::to_string(small_pages_ == request.from ? small_page_size : page_size);
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
  const WallSeconds detected_to = detected_end(request);
  const WallSeconds detected_from = std::max(request.from - detected_reach, detected_to - detected_range_max);
  return base + "/v3.0/oat/detections?ingestedStartDateTime=" + from + "&ingestedEndDateTime=" + to +
         "&detectedStartDateTime=" + to_iso8601(detected_from) + "&detectedEndDateTime=" + to_iso8601(detected_to) + top;
}

// An endpoint whose clock is ahead detects later than its detection is ingested: all is let through that the API takes.
WallSeconds VisionOneSource::detected_end(const PageRequest& request) const {
  const std::optional<WallTime> now = api_.api_now();
  const WallSeconds present = now ? std::chrono::floor<std::chrono::seconds>(*now) - clocks_apart : request.to;
  return std::max(request.to, std::min(present, request.from - detected_reach + detected_range_max));
}

}  // namespace tidegate
