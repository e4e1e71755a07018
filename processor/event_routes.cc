#include "processor/event_routes.h"

#include "base/json_writer.h"
#include "config/units.h"
#include "processor/control_texts.h"
#include "processor/event_texts.h"

namespace tidegate {
namespace {

constexpr std::string_view events_path = "/events";
constexpr std::string_view notify_test_path = "/notify/test";
constexpr std::string_view as_json = ".json";
constexpr std::size_t parameter_shown_bytes_max = 64;

struct EventTarget {
  std::string_view path;
  std::string_view query;
  bool json = false;
};

EventTarget event_target_in(std::string_view text) {
  EventTarget target;
  const std::size_t mark = std::min(text.find('?'), text.size());
  target.path = text.substr(0, mark);
  target.query = text.substr(std::min(mark + 1, text.size()));
  target.json = target.path.ends_with(as_json);
  if (target.json) target.path.remove_suffix(as_json.size());
  return target;
}

HttpReply reply_of(bool json, std::string body, unsigned status = 200) {
  HttpReply reply;
  reply.status = status;
  if (json) reply.content_type = "application/json";
  reply.body = std::move(body);
  return reply;
}

unsigned status_of_store(Code code) {
  switch (code) {
    case Code::invalid: return 400;
    case Code::absent: return 404;
    case Code::timeout: return 504;
    case Code::full:
    case Code::corrupt: return 507;
    default: return 503;
  }
}

Error bad_parameter(std::string_view name, std::string_view value, std::string_view remedy) {
  std::string text{name};
  text.append(": '").append(without_controls(value.substr(0, parameter_shown_bytes_max))).append("' ").append(remedy);
  return Error{Code::invalid, std::move(text)};
}

Result<void> check_parameters(const QueryPairs& pairs, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : pairs)
    if (std::ranges::find(known, std::string_view{name}) == known.end()) return bad_parameter("parameter", name, "is not known");
  return {};
}

}  // namespace

bool EventRoutes::serves(std::string_view target) {
  const std::string_view path = event_target_in(target).path;
  return path == events_path || path == notify_test_path;
}

asio::awaitable<HttpReply> EventRoutes::answer(HttpRequestView request) {
  const EventTarget target = event_target_in(request.target);
  const bool lists = target.path == events_path;
  const std::string_view method = lists ? "GET" : "POST";
  if (request.method != method)
    co_return reply_of(false, std::string{target.path} + " is asked with " + std::string{method} + "\n", 405);
  Result<QueryPairs> pairs = parse_query_string(target.query);
  if (!pairs) co_return reply_of(false, pairs.error().text() + "\n", 400);
  if (lists) co_return events(*pairs, target.json);
  co_return co_await test(*std::move(pairs), target.json);
}

Result<EventQuery> EventRoutes::query_of(const QueryPairs& pairs) const {
  if (Result<void> known = check_parameters(pairs, {"open", "sensor", "since", "limit"}); !known) return std::move(known).error();
  EventQuery query;
  for (const auto& [name, value] : pairs) {
    if (name == "open") {
      if (value != "true" && value != "false") return bad_parameter(name, value, "is neither true nor false");
      query.open_only = value == "true";
    } else if (name == "sensor") {
      query.sensor = value;
    } else if (name == "limit") {
      const std::optional<std::uint64_t> limit = parse_count(value);
      if (!limit || *limit == 0) return bad_parameter(name, value, "is no number above 0");
      query.limit = static_cast<std::size_t>(std::min<std::uint64_t>(*limit, EventLimits{}.rows_shown_max));
    } else {
      const std::optional<std::chrono::milliseconds> back = parse_duration(value);
      query.since = back ? std::optional<WallTime>{clock_.wall() - std::min<std::chrono::milliseconds>(*back, EventLimits{}.kept)}
                         : parse_time(value);
      if (!query.since)
        return bad_parameter(name, value, "is no time; write for example 2026-11-24T13:05:07Z, or 24h for a day back");
    }
  }
  return query;
}

HttpReply EventRoutes::events(const QueryPairs& pairs, bool json) {
  const Result<EventQuery> query = query_of(pairs);
  if (!query) return reply_of(false, query.error().text() + "\n", 400);
  const Result<std::vector<HealthEvent>> found = store_.events(*query);
  if (!found) return reply_of(false, found.error().text() + "\n", status_of_store(found.error().code()));
  return reply_of(json, json ? events_json(*found) : events_text(*found));
}

asio::awaitable<HttpReply> EventRoutes::test(QueryPairs pairs, bool json) {
  if (const Result<void> known = check_parameters(pairs, {"name"}); !known)
    co_return reply_of(false, known.error().text() + "\n", 400);
  const std::string channel = pairs["name"];
  if (channel.empty()) co_return reply_of(false, "name is missing\n", 400);
  const Result<void> told = co_await notifier_.test(channel);
  if (!told && told.error().code() == Code::absent) co_return reply_of(false, told.error().text() + "\n", 404);
  log_.info("a notification was tested", {{"channel", channel}, {"outcome", told ? std::string{"sent"} : told.error().text()}});
  const std::string reason = told ? std::string{} : without_controls(told.error().text());
  if (!json)
    co_return reply_of(false, told ? "SENT: the channel " + channel + " took a test message\n" : "FAILED: " + reason + "\n",
                       told ? 200 : 409);
  std::string body;
  {
    ObjectWriter object{body};
    object.text("channel", channel);
    object.text("outcome", told ? "sent" : "failed");
    object.text("reason", reason);
  }
  co_return reply_of(true, body + "\n", told ? 200 : 409);
}

}  // namespace tidegate
