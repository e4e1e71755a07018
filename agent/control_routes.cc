#include "agent/control_routes.h"

#include <algorithm>
#include <utility>

#include "agent/control_texts.h"
#include "agent/moment.h"
#include "config/nearest.h"
#include "config/units.h"

namespace tidegate {
namespace {

constexpr std::size_t value_shown_bytes_max = 64;

HttpReply text(std::string body) { return {.status = 200, .body = std::move(body)}; }
HttpReply json(std::string body) { return {.status = 200, .content_type = "application/json", .body = std::move(body)}; }

HttpReply refused(const Error& error) {
  unsigned status = 503;
  if (error.code() == Code::invalid) status = 400;
  if (error.code() == Code::absent) status = 404;
  return {.status = status, .body = error.text() + "\n"};
}

std::string in_quotes(std::string_view value) { return "'" + std::string{value.substr(0, value_shown_bytes_max)} + "'"; }

std::string list_of(const std::vector<std::string_view>& names) {
  std::string list;
  for (const std::string_view each : names) list.append(list.empty() ? "" : ", ").append(each);
  return list;
}

// "; did you mean a? There are: a, b".
std::string known_ones(std::string_view value, const std::vector<std::string_view>& names) {
  if (names.empty()) return "; there are none";
  const std::optional<std::string_view> near = nearest(value, names);
  return (near ? "; did you mean " + std::string{*near} + "? There are: " : "; there are: ") + list_of(names);
}

// Checks that the query has these parameters and no other.
Result<void> check_names(const QueryPairs& query, std::vector<std::string_view> wanted) {
  for (const std::string_view each : wanted) {
    if (!query.contains(each)) return Error{Code::invalid, std::string{each} + " is missing; wanted: " + list_of(wanted)};
  }
  for (const auto& [name, value] : query) {
    if (std::ranges::find(wanted, name) != wanted.end()) continue;
    return Error{Code::invalid,
                 "the parameter " + in_quotes(name) + " is not known; wanted: " + (wanted.empty() ? "none" : list_of(wanted))};
  }
  return {};
}

Result<std::uint32_t> number_of(const QueryPairs& query) {
  if (Result<void> good = check_names(query, {"number"}); !good) return std::move(good).error();
  const std::string& value = query.find("number")->second;
  const std::optional<std::uint64_t> number = parse_count(value);
  if (number && *number > 0 && *number <= UINT32_MAX) return static_cast<std::uint32_t>(*number);
  return Error{Code::invalid,
               "number: " + in_quotes(value) + " is no back-fill's number: `tidegate-agent backfill list` shows them"};
}

std::string name_of(const CursorKey& key) { return key.connector + "/" + std::string{name(key.lane)}; }

}  // namespace

struct ControlRoutes::Route {
  std::string_view method;
  std::string_view path;
  asio::awaitable<HttpReply> (ControlRoutes::*answer)(const QueryPairs&);
};

const std::vector<ControlRoutes::Route>& ControlRoutes::routes() {
  static const std::vector<Route> all{{"GET", "/status", &ControlRoutes::status},
                                      {"GET", "/status.json", &ControlRoutes::status_as_json},
                                      {"GET", "/configuration", &ControlRoutes::configuration},
                                      {"POST", "/connector/test", &ControlRoutes::test_connector},
                                      {"GET", "/cursor", &ControlRoutes::cursors},
                                      {"GET", "/cursor.json", &ControlRoutes::cursors_as_json},
                                      {"POST", "/cursor/rewind", &ControlRoutes::rewind},
                                      {"GET", "/queue", &ControlRoutes::queue},
                                      {"GET", "/queue.json", &ControlRoutes::queue_as_json},
                                      {"POST", "/queue/resend", &ControlRoutes::resend},
                                      {"GET", "/backfill", &ControlRoutes::backfills},
                                      {"GET", "/backfill.json", &ControlRoutes::backfills_as_json},
                                      {"POST", "/backfill/start", &ControlRoutes::start_backfill},
                                      {"POST", "/backfill/pause", &ControlRoutes::pause_backfill},
                                      {"POST", "/backfill/resume", &ControlRoutes::resume_backfill},
                                      {"POST", "/backfill/cancel", &ControlRoutes::cancel_backfill}};
  return all;
}

ControlRoutes::ControlRoutes(Sources sources, Steering& steering, const Clock& clock)
    : sources_(std::move(sources)), steering_(steering), clock_(clock) {}

asio::awaitable<HttpReply> ControlRoutes::answer(HttpRequestView request) {
  const std::size_t mark = request.target.find('?');
  const std::string_view path = request.target.substr(0, mark);
  const auto route = std::ranges::find(routes(), path, &Route::path);
  if (route == routes().end()) {
    std::vector<std::string_view> paths;
    for (const Route& each : routes()) paths.push_back(each.path);
    co_return HttpReply{.status = 404, .body = "there are " + list_of(paths) + "\n"};
  }
  if (route->method != request.method) {
    co_return HttpReply{.status = 405, .body = std::string{path} + " is asked with " + std::string{route->method} + "\n"};
  }
  const Result<QueryPairs> query = parse_query_string(mark == std::string_view::npos ? "" : request.target.substr(mark + 1));
  if (!query) co_return refused(query.error());
  co_return co_await (this->*route->answer)(*query);
}

asio::awaitable<HttpReply> ControlRoutes::status(const QueryPairs&) { co_return text(status_text(sources_.status())); }

asio::awaitable<HttpReply> ControlRoutes::status_as_json(const QueryPairs&) {
  co_return json(status_json(sources_.status()) + "\n");
}

asio::awaitable<HttpReply> ControlRoutes::configuration(const QueryPairs&) {
  co_return HttpReply{.status = 200, .content_type = "application/yaml", .body = sources_.effective()};
}

asio::awaitable<HttpReply> ControlRoutes::test_connector(const QueryPairs& query) {
  const Result<void> good = check_names(query, {"name"});
  if (!good) co_return refused(good.error());
  const std::string& wanted = query.find("name")->second;
  const std::vector<ConnectorConfig> configured = sources_.configured();
  const auto found = std::ranges::find(configured, wanted, &ConnectorConfig::name);
  if (found == configured.end()) {
    std::vector<std::string_view> names;
    for (const ConnectorConfig& each : configured) names.push_back(each.name);
    co_return refused({Code::absent, "name: " + in_quotes(wanted) + " is not configured" + known_ones(wanted, names)});
  }
  if (tests_ >= tests_max)
    co_return refused({Code::unavailable, "other connectors are being tested; ask again when they are done"});
  ++tests_;
  const Result<std::string> report = co_await sources_.test(*found);
  --tests_;
  co_return report ? json(*report + "\n") : refused(report.error());
}

asio::awaitable<HttpReply> ControlRoutes::cursors(const QueryPairs&) {
  Result<std::vector<StoredCursor>> cursors = co_await steering_.cursors();
  co_return cursors ? text(cursors_text(*cursors)) : refused(cursors.error());
}

asio::awaitable<HttpReply> ControlRoutes::cursors_as_json(const QueryPairs&) {
  Result<std::vector<StoredCursor>> cursors = co_await steering_.cursors();
  co_return cursors ? json(cursors_json(*cursors)) : refused(cursors.error());
}

Result<CursorKey> ControlRoutes::key_of(const QueryPairs& query) const {
  const std::string& connector = query.find("connector")->second;
  const std::string& content_type = query.find("content_type")->second;
  const std::vector<SteeredConnector> known = steering_.connectors();
  const auto found = std::ranges::find(known, connector, &SteeredConnector::name);
  if (found == known.end()) {
    std::vector<std::string_view> names;
    for (const SteeredConnector& each : known) names.push_back(each.name);
    return Error{Code::absent, "connector: " + in_quotes(connector) + " is not configured" + known_ones(connector, names)};
  }
  const std::optional<Lane> lane = lane_named(content_type);
  if (lane && std::ranges::find(found->lanes, *lane) != found->lanes.end()) return CursorKey{connector, *lane};
  std::vector<std::string_view> names;
  for (const Lane each : found->lanes) names.push_back(name(each));
  return Error{lane ? Code::absent : Code::invalid, "content_type: " + in_quotes(content_type) + " is not among those that " +
                                                        connector + " reads" + known_ones(content_type, names)};
}

Result<WallSeconds> ControlRoutes::moment_of(const QueryPairs& query, std::string_view field) const {
  Result<WallSeconds> moment = moment_from(query.find(field)->second, clock_.wall());
  return moment ? std::move(moment) : std::move(moment).error().in(field);
}

asio::awaitable<HttpReply> ControlRoutes::rewind(const QueryPairs& query) {
  const Result<void> good = check_names(query, {"connector", "content_type", "to"});
  if (!good) co_return refused(good.error());
  const Result<CursorKey> key = key_of(query);
  if (!key) co_return refused(key.error());
  const Result<WallSeconds> to = moment_of(query, "to");
  if (!to) co_return refused(to.error());
  const Result<void> rewound = co_await steering_.rewind(*key, *to);
  if (!rewound) co_return refused(rewound.error());
  co_return text(name_of(*key) + " is read again from " + to_iso8601(*to) + " on; what the index has already stays single\n");
}

asio::awaitable<HttpReply> ControlRoutes::queue(const QueryPairs&) { co_return text(spool_text(steering_.spool())); }

asio::awaitable<HttpReply> ControlRoutes::queue_as_json(const QueryPairs&) { co_return json(spool_json(steering_.spool())); }

asio::awaitable<HttpReply> ControlRoutes::resend(const QueryPairs& query) {
  const Result<void> good = check_names(query, {});
  if (!good) co_return refused(good.error());
  const Result<std::uint64_t> chunks = co_await steering_.resend();
  if (!chunks) co_return refused(chunks.error());
  co_return text(*chunks == 0 ? "nothing is set aside\n" : std::to_string(*chunks) + " chunks are sent again\n");
}

asio::awaitable<HttpReply> ControlRoutes::backfills(const QueryPairs&) {
  Result<std::vector<BackfillView>> list = co_await steering_.backfills().list();
  co_return list ? text(backfills_text(*list)) : refused(list.error());
}

asio::awaitable<HttpReply> ControlRoutes::backfills_as_json(const QueryPairs&) {
  Result<std::vector<BackfillView>> list = co_await steering_.backfills().list();
  co_return list ? json(backfills_json(*list)) : refused(list.error());
}

asio::awaitable<HttpReply> ControlRoutes::start_backfill(const QueryPairs& query) {
  const Result<void> good = check_names(query, {"connector", "content_type", "from", "to"});
  if (!good) co_return refused(good.error());
  const Result<CursorKey> key = key_of(query);
  if (!key) co_return refused(key.error());
  const Result<WallSeconds> from = moment_of(query, "from");
  if (!from) co_return refused(from.error());
  const Result<WallSeconds> to = moment_of(query, "to");
  if (!to) co_return refused(to.error());
  BackfillRequest request{.connector = key->connector, .lane = key->lane, .from = *from, .to = *to};
  const Result<Backfill> begun = co_await steering_.backfills().start(std::move(request));
  if (!begun) co_return refused(begun.error());
  co_return text("back-fill " + std::to_string(begun->number) + " has begun: " + name_of(*key) + " from " + to_iso8601(*from) +
                 " to " + to_iso8601(*to) + "; `tidegate-agent backfill list` shows how far it is\n" + not_read(begun->number));
}

// Why nothing is read of it yet; a line, or nothing.
std::string ControlRoutes::not_read(std::uint32_t number) const {
  const std::string trouble = steering_.backfills().trouble_of(number);
  return trouble.empty() ? std::string{} : "it is not read yet: " + trouble + "\n";
}

asio::awaitable<HttpReply> ControlRoutes::pause_backfill(const QueryPairs& query) {
  const Result<std::uint32_t> number = number_of(query);
  if (!number) co_return refused(number.error());
  const Result<void> done = co_await steering_.backfills().pause(*number);
  co_return done ? text("back-fill " + std::to_string(*number) + " is paused\n") : refused(done.error());
}

asio::awaitable<HttpReply> ControlRoutes::resume_backfill(const QueryPairs& query) {
  const Result<std::uint32_t> number = number_of(query);
  if (!number) co_return refused(number.error());
  const Result<void> done = co_await steering_.backfills().resume(*number);
  if (!done) co_return refused(done.error());
  co_return text("back-fill " + std::to_string(*number) + " is to run\n" + not_read(*number));
}

asio::awaitable<HttpReply> ControlRoutes::cancel_backfill(const QueryPairs& query) {
  const Result<std::uint32_t> number = number_of(query);
  if (!number) co_return refused(number.error());
  const Result<void> done = co_await steering_.backfills().cancel(*number);
  co_return done ? text("back-fill " + std::to_string(*number) + " is cancelled; what it had read stays\n") : refused(done.error());
}

}  // namespace tidegate
