#include "processor/event_routes.h"

#include "base/json_writer.h"
#include "processor/control_texts.h"
#include "processor/event_texts.h"

namespace tidegate {

const std::vector<SocketRoute<EventRoutes>>& EventRoutes::routes() {
  static const std::vector<SocketRoute<EventRoutes>> all{
      {{"GET", "/events", {}, {"open", "sensor", "since", "limit"}}, &EventRoutes::events},
      {{"POST", "/notify/test", {"name"}, {}}, &EventRoutes::test}};
  return all;
}

bool EventRoutes::serves(std::string_view target) { return is_served(routes(), target); }

asio::awaitable<HttpReply> EventRoutes::answer(HttpRequestView request) { return answer_by(routes(), *this, request); }

Result<EventQuery> EventRoutes::query_of(const SocketAsked& asked) const {
  EventQuery query;
  const Result<bool> open_only = flag_of("open", asked.value("open"));
  if (!open_only) return open_only.error();
  query.open_only = *open_only;
  query.sensor = asked.value("sensor");
  if (const std::string limit = asked.value("limit"); !limit.empty()) {
    const Result<std::uint64_t> count = positive_count_of("limit", limit);
    if (!count) return count.error();
    query.limit = static_cast<std::size_t>(std::min<std::uint64_t>(*count, EventLimits{}.rows_shown_max));
  }
  const Result<std::optional<WallTime>> since = moment_of("since", asked.value("since"), clock_.wall(), EventLimits{}.kept);
  if (!since) return since.error();
  query.since = *since;
  return query;
}

asio::awaitable<HttpReply> EventRoutes::events(const SocketAsked& asked) {
  const Result<EventQuery> query = query_of(asked);
  if (!query) co_return refused_reply(query.error());
  const Result<std::vector<HealthEvent>> found = store_.events(*query);
  if (!found) co_return refused_reply(found.error());
  co_return asked.json ? json_reply(events_json(*found)) : text_reply(events_text(*found));
}

asio::awaitable<HttpReply> EventRoutes::test(const SocketAsked& asked) {
  const std::string channel = asked.value("name");
  const Result<void> told = co_await notifier_.test(channel);
  if (!told && told.error().code() == Code::absent) co_return refused_reply(told.error());
  log_.info("a notification was tested", {{"channel", channel}, {"outcome", told ? std::string{"sent"} : told.error().text()}});
  const std::string reason = told ? std::string{} : without_controls(told.error().text());
  const unsigned status = told ? 200 : 409;
  if (!asked.json)
    co_return text_reply(told ? "SENT: the channel " + channel + " took a test message\n" : "FAILED: " + reason + "\n", status);
  std::string body;
  {
    ObjectWriter object{body};
    object.text("channel", channel);
    object.text("outcome", told ? "sent" : "failed");
    object.text("reason", reason);
  }
  co_return json_reply(body + "\n", status);
}

}  // namespace tidegate
