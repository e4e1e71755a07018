#include "agent/action_routes.h"

#include <algorithm>
#include <array>

#include "config/units.h"
#include "config/values.h"
#include "respond/run_store_form.h"

namespace tidegate {
namespace {

struct ActionRoute {
  std::string_view method;
  std::string_view path;
  std::string_view parameter;  // its only one; empty: none
};
constexpr std::array action_routes{ActionRoute{"POST", responders_route, {}}, ActionRoute{"POST", hand_over_route, "ledger"},
                                   ActionRoute{"GET", changes_route, "after"}, ActionRoute{"POST", test_route, "responder"}};

unsigned action_status(Code code) {
  switch (code) {
    case Code::invalid: return 400;
    case Code::absent: return 404;
    case Code::denied: return 409;
    case Code::corrupt: return 410;
    case Code::gone: return 412;
    case Code::unavailable:
    case Code::timeout:
    case Code::throttled:
    case Code::full:
    case Code::cancelled: break;
  }
  return 503;
}

HttpReply action_words(unsigned status, std::string_view words) { return {.status = status, .body = std::string{words} + "\n"}; }
HttpReply action_refused(const Error& error) { return action_words(action_status(error.code()), error.text()); }
HttpReply action_json(std::string body) { return {.status = 200, .content_type = "application/json", .body = std::move(body)}; }

// The value of the only parameter.
Result<std::string> parameter_of(const ActionRoute& route, std::string_view query_text) {
  const Result<QueryPairs> query = parse_query_string(query_text);
  if (!query) return query.error();
  const std::size_t wanted = route.parameter.empty() ? 0 : 1;
  const auto found = query->find(route.parameter);
  const bool there = wanted == 0 || (found != query->end() && !found->second.empty());
  if (there && query->size() == wanted) return wanted == 0 ? std::string{} : found->second;
  return Error{Code::invalid, std::string{route.path} + " has " +
                                  (wanted == 0 ? "no parameter" : "one parameter: " + std::string{route.parameter})};
}

}  // namespace

asio::awaitable<HttpReply> ActionRoutes::answer(HttpRequestView request) {
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  const std::string_view path = request.target.substr(0, mark);
  const auto* const route = std::ranges::find(action_routes, path, &ActionRoute::path);
  if (route == action_routes.end()) {
    std::string known;
    for (const ActionRoute& each : action_routes) known.append(known.empty() ? "there are " : ", ").append(each.path);
    co_return action_words(404, known);
  }
  if (route->method != request.method)
    co_return action_words(405, std::string{path} + " is asked with " + std::string{route->method});
  if (request.body.size() > sensor_message_bytes_max)
    co_return action_words(413, "the body has more than " + std::to_string(sensor_message_bytes_max) + " bytes");
  Result<std::string> value = parameter_of(*route, request.target.substr(std::min(mark + 1, request.target.size())));
  if (!value) co_return action_refused(value.error());
  if (path == responders_route) co_return co_await take_responders(request);
  if (path == hand_over_route) co_return co_await take_run(request, *std::move(value));
  if (path == changes_route) co_return co_await changes(*value);
  co_return co_await test(*std::move(value));
}

asio::awaitable<HttpReply> ActionRoutes::take_responders(HttpRequestView request) {
  Secret text{std::string{request.body}};
  const Result<void> taken = co_await responder_.take_responders(std::move(text));
  co_return taken ? action_words(200, "the responders are in force") : action_refused(taken.error());
}

asio::awaitable<HttpReply> ActionRoutes::take_run(HttpRequestView request, std::string ledger) {
  std::string stored{request.body};
  const Result<ActionRun> taken = co_await responder_.take_run(std::move(ledger), std::move(stored));
  co_return taken ? action_json(stored_run(*taken)) : action_refused(taken.error());
}

asio::awaitable<HttpReply> ActionRoutes::changes(const std::string& after) {
  const std::optional<std::uint64_t> change = parse_count(after);
  if (!change)
    co_return action_words(400, "after: '" + shown(nullptr, after) + "' is no number: write the last change that is known, or 0");
  const Result<SensorChanges> found = co_await responder_.changes_after(*change);
  co_return found ? action_json(stored_changes(*found)) : action_refused(found.error());
}

asio::awaitable<HttpReply> ActionRoutes::test(std::string name) {
  const Result<std::string> tested = co_await responder_.test(std::move(name));
  if (tested) co_return action_words(200, *tested);
  co_return tested.error().code() == Code::absent ? action_refused(tested.error()) : action_words(409, tested.error().text());
}

}  // namespace tidegate
