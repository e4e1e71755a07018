#include "agent/edges/api_call.h"

#include <algorithm>
#include <array>

#include "agent/text_cut.h"
#include "config/ascii.h"
#include "transport/trace_id.h"
#include "transport/url.h"

namespace tidegate {
namespace {

// By more than that no clock of the API moves between two answers, beside our own.
constexpr std::chrono::minutes jump_least{2};
constexpr int year_least = 2020;
constexpr std::size_t host_bytes_shown = 255;

// Whether the later answer tells what the earlier one lets expect.
bool agree(const ApiTime& earlier, const ApiTime& later) {
  return std::chrono::abs(later.time - (earlier.time + (later.at - earlier.at))) <= jump_least;
}

// A proxy that answers in the API's place speaks to people, or says nothing at all.
bool from_the_api(const HttpResponse& response) {
  if (response.status / 100 == 2) return true;
  return lower_case(response.header("Content-Type").value_or(std::string_view{})).find("json") != std::string::npos;
}

}  // namespace

ApiCall::ApiCall(VisionOneOptions options, HttpSend send, RequestBudget& budget, Surroundings around, Metrics& metrics)
    : options_(std::move(options)),
      send_(std::move(send)),
      budget_(budget),
      clock_(around.clock),
      random_(around.random),
      metrics_(metrics) {}

asio::awaitable<Result<ApiAnswer>> ApiCall::send(HttpRequest request) {
  Result<Secret> token = options_.token();
  if (!token) co_return std::move(token).error();
  Result<void> turn = co_await budget_.take(options_.urgency);
  if (!turn) co_return std::move(turn).error();

  ApiAnswer answer;
  answer.trace_id = new_trace_id(random_);
  request.headers.push_back({"Authorization", "Bearer " + std::string{token->reveal()}});
  request.headers.push_back({"User-Agent", "Tidegate/" TIDEGATE_VERSION});
  request.headers.push_back({"x-trace-id", answer.trace_id});
  Result<HttpResponse> response = co_await send_(std::move(request), options_.deadline);
  if (!response) {
    requests_with(0).add();
    co_return std::move(response).error();
  }
  requests_with(response->status).add();
  budget_.answered(response->status, retry_after(*response));
  learn_time(*response);
  answer.response = *std::move(response);
  co_return answer;
}

void ApiCall::learn_time(const HttpResponse& response) {
  const std::optional<std::string_view> date = response.header("Date");
  const std::optional<WallSeconds> time = date && from_the_api(response) ? parse_http_date(*date) : std::nullopt;
  if (!time) return;
  const ApiTime told{.time = *time, .at = clock_.steady()};
  if (api_time_ && !agree(*api_time_, told) && !(doubted_ && agree(*doubted_, told))) {
    doubted_ = told;
    return;
  }
  api_time_ = told;
  doubted_.reset();
}

std::optional<WallTime> ApiCall::api_now() const {
  if (!api_time_) return std::nullopt;
  return api_time_->time + (clock_.steady() - api_time_->at);
}

std::optional<std::chrono::seconds> ApiCall::clock_offset() const {
  using std::chrono::milliseconds;
  const std::optional<WallTime> told = api_now();
  if (!told) return std::nullopt;
  // A Date has its fraction cut off: half a second is what it lacks on average. In nanoseconds a clock that was never set could be
  // too far off for the difference to be told.
  constexpr milliseconds cut_off{500};
  return std::chrono::round<std::chrono::seconds>(std::chrono::floor<milliseconds>(*told) + cut_off -
                                                  std::chrono::floor<milliseconds>(clock_.wall()));
}

Result<std::string> ApiCall::own_link(std::string_view link) const {
  Result<Url> named = parse_url(link);
  if (!named) return Error{Code::corrupt, "the next page's link is no URL: " + named.error().text()};
  Result<Url> base = parse_url(options_.api_base_url);
  if (!base) return std::move(base).error();
  if (named->scheme != base->scheme || named->host != base->host || named->port != base->port || !named->user_info.empty())
    return Error{Code::corrupt, "the next page's link names a foreign host, " + named->scheme + "://" +
                                    std::string{cut(named->authority(), host_bytes_shown)} +
                                    ": if that is the API's own, write that host in api_base_url"};
  return named->scheme + "://" + named->authority() + named->target;
}

Metric& ApiCall::requests_with(unsigned status) {
  return metrics_.counter(
      "tidegate_api_requests_total", "Requests to the API by HTTP status; 0: no answer.",
      {{"connector", options_.connector}, {"content_type", std::string{name(options_.lane)}}, {"code", std::to_string(status)}});
}

std::optional<WallSeconds> parse_http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // The digits are parse_time()'s business: the date is written anew in the form that it reads.
  constexpr std::string_view shape = "Www, dd Mmm yyyy hh:mm:ss GMT";
  if (text.size() != shape.size() || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' || text[16] != ' ' ||
      text.substr(25) != " GMT")
    return std::nullopt;
  const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  if (month == months.end()) return std::nullopt;
  const std::string number = std::to_string(101 + (month - months.begin())).substr(1);
  std::string iso{text.substr(12, 4)};
  iso.append("-").append(number).append("-").append(text.substr(5, 2)).append("T").append(text.substr(17, 8)).append("Z");
  const std::optional<WallTime> time = parse_time(iso);
  if (!time || text.substr(12, 4) < std::to_string(year_least)) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*time);
}

}  // namespace tidegate
