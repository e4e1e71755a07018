#include "processor/control_routes.h"

#include <algorithm>
#include <utility>

#include "config/units.h"
#include "processor/control_texts.h"

namespace tidegate {
namespace {

constexpr std::size_t value_shown_bytes_max = 64;

HttpReply text(std::string body, unsigned status = 200) { return {.status = status, .body = std::move(body)}; }
HttpReply json(std::string body, unsigned status = 200) {
  return {.status = status, .content_type = "application/json", .body = std::move(body)};
}

unsigned status_of(Code code) {
  switch (code) {
    case Code::invalid: return 400;
    case Code::denied: return 409;
    case Code::absent:
    case Code::gone: return 404;
    case Code::timeout: return 504;
    case Code::full:
    case Code::corrupt: return 507;
    case Code::unavailable:
    case Code::throttled:
    case Code::cancelled: break;
  }
  return 503;
}

HttpReply refused(const Error& error) { return text(error.text() + "\n", status_of(error.code())); }

std::string in_quotes(std::string_view value) { return "'" + std::string{value.substr(0, value_shown_bytes_max)} + "'"; }

Result<bool> flag_of(std::string_view name, std::string_view value) {
  if (value.empty() || value == "false") return false;
  if (value == "true") return true;
  return Error{Code::invalid, std::string{name} + ": " + in_quotes(value) + " is neither true nor false"};
}

Result<std::uint64_t> count_of(std::string_view name, std::string_view value) {
  if (const std::optional<std::uint64_t> count = parse_count(value); count && *count > 0) return *count;
  return Error{Code::invalid, std::string{name} + ": " + in_quotes(value) + " is no number above 0"};
}

// 200 where the sensor has APPLIED it, or nothing was to be pushed.
unsigned status_of(const ConnectorsOutcome& outcome) {
  if (!outcome.push) return 200;
  switch (outcome.push->state) {
    case PushState::applied: return 200;
    case PushState::failed:
    case PushState::replaced: return 409;
    case PushState::waiting:
    case PushState::away: return 202;
  }
  return 409;
}

}  // namespace

struct FleetRoutes::Route {
  std::string_view method;
  std::string_view path;
  std::vector<std::string_view> needed;
  std::vector<std::string_view> optional;
  asio::awaitable<HttpReply> (FleetRoutes::*answer)(const Asked&);

  // That the query has what is needed, and nothing that is not known.
  Result<void> check(const QueryPairs& query) const {
    for (const std::string_view each : needed) {
      const auto found = query.find(each);
      if (found == query.end() || found->second.empty()) return Error{Code::invalid, std::string{each} + " is missing"};
    }
    for (const auto& [name, value] : query) {
      if (std::ranges::find(needed, name) != needed.end() || std::ranges::find(optional, name) != optional.end()) continue;
      return Error{Code::invalid, "the parameter " + in_quotes(name) + " is not known"};
    }
    return {};
  }
};

const std::vector<FleetRoutes::Route>& FleetRoutes::routes() {
  static const std::vector<Route> all{
      {"POST", "/tokens/create", {}, {"uses", "expires", "replace", "note"}, &FleetRoutes::create_token},
      {"GET", "/tokens", {}, {}, &FleetRoutes::tokens},
      {"GET", "/tokens/uses", {"id"}, {}, &FleetRoutes::token_uses},
      {"POST", "/tokens/revoke", {"id"}, {}, &FleetRoutes::revoke_token},
      {"GET", "/sensors", {}, {}, &FleetRoutes::sensors},
      {"GET", "/sensors/show", {"name"}, {}, &FleetRoutes::sensor},
      {"POST", "/sensors/revoke", {"name"}, {}, &FleetRoutes::revoke_sensor},
      {"POST", "/connectors/apply", {}, {"sensor", "file", "dry_run"}, &FleetRoutes::apply},
      {"GET", "/connectors", {}, {}, &FleetRoutes::connectors},
      {"GET", "/connectors/show", {"name"}, {}, &FleetRoutes::connector},
      {"POST", "/connectors/delete", {"name"}, {}, &FleetRoutes::delete_connector},
      {"POST", "/connectors/test", {"name"}, {}, &FleetRoutes::test_connector},
      {"GET", "/connectors/history", {"name"}, {"sensor"}, &FleetRoutes::history},
      {"POST", "/connectors/rollback", {"name", "revision"}, {"sensor"}, &FleetRoutes::rollback},
      {"POST", "/connectors/move", {"name", "to"}, {}, &FleetRoutes::move},
      {"GET", "/credentials", {}, {}, &FleetRoutes::credentials},
      {"POST", "/credentials/set", {"name"}, {}, &FleetRoutes::set_credential},
      {"POST", "/credentials/delete", {"name"}, {}, &FleetRoutes::delete_credential}};
  return all;
}

std::string FleetRoutes::Asked::value(std::string_view name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string{} : found->second;
}

asio::awaitable<HttpReply> FleetRoutes::answer(HttpRequestView request) {
  const std::size_t mark = request.target.find('?');
  std::string_view path = request.target.substr(0, mark);
  Asked asked;
  asked.body = request.body;
  asked.json = path.ends_with(".json");
  if (asked.json) path.remove_suffix(std::string_view{".json"}.size());
  const auto route = std::ranges::find(routes(), path, &Route::path);
  if (route == routes().end()) {
    std::string known;
    for (const Route& each : routes()) known.append(known.empty() ? "there are " : ", ").append(each.path);
    co_return text(known + "\n", 404);
  }
  if (route->method != request.method)
    co_return text(std::string{path} + " is asked with " + std::string{route->method} + "\n", 405);
  Result<QueryPairs> query = parse_query_string(mark == std::string_view::npos ? "" : request.target.substr(mark + 1));
  if (!query) co_return refused(query.error());
  if (const Result<void> good = route->check(*query); !good) co_return refused(good.error());
  asked.query = *std::move(query);
  co_return co_await (this->*route->answer)(asked);
}

void FleetRoutes::note(std::string_view what, const std::string& name) const {
  parts_.log.info(what, {{"name", name.substr(0, value_shown_bytes_max)}});
}

Result<TokenOrder> FleetRoutes::token_order(const Asked& asked) const {
  TokenOrder order;
  std::string_view rest = asked.body;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) order.tenants.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (order.tenants.size() > tenants_of_sensor_max)
      return Error{Code::invalid, "more than " + std::to_string(tenants_of_sensor_max) + " tenants"};
  }
  if (const std::string uses = asked.value("uses"); !uses.empty()) {
    const Result<std::uint64_t> count = count_of("uses", uses);
    if (!count) return count.error();
    order.uses = static_cast<std::uint32_t>(std::min<std::uint64_t>(*count, UINT32_MAX));
  }
  if (const std::string expires = asked.value("expires"); !expires.empty()) {
    const std::optional<std::chrono::milliseconds> life = parse_duration(expires);
    if (!life) return Error{Code::invalid, "expires: " + in_quotes(expires) + " is no duration; write for example 24h or 14d"};
    order.life = std::chrono::floor<std::chrono::seconds>(*life);
  }
  const Result<bool> replace = flag_of("replace", asked.value("replace"));
  if (!replace) return replace.error();
  order.replace = *replace;
  order.note = asked.value("note");
  return order;
}

asio::awaitable<HttpReply> FleetRoutes::create_token(const Asked& asked) {
  const Result<TokenOrder> order = token_order(asked);
  if (!order) co_return refused(order.error());
  const Result<NewToken> made = parts_.enrolment.create_token(*order);
  if (!made) co_return refused(made.error());
  note("an enrolment token was made", made->token.id);
  co_return asked.json ? json(token_json(*made, parts_.authority_fingerprint))
                       : text(token_text(*made, parts_.authority_fingerprint));
}

asio::awaitable<HttpReply> FleetRoutes::tokens(const Asked& asked) {
  const Result<std::vector<EnrolmentToken>> all = parts_.store.tokens();
  if (!all) co_return refused(all.error());
  const WallTime now = parts_.clock.wall();
  co_return asked.json ? json(tokens_json(*all, now)) : text(tokens_text(*all, now));
}

asio::awaitable<HttpReply> FleetRoutes::token_uses(const Asked& asked) {
  const std::string id = asked.value("id");
  if (const Result<EnrolmentToken> token = parts_.store.token(id); !token) co_return refused(token.error());
  const Result<std::vector<TokenUse>> uses = parts_.store.token_uses(id);
  if (!uses) co_return refused(uses.error());
  co_return asked.json ? json(uses_json(*uses)) : text(uses_text(*uses));
}

asio::awaitable<HttpReply> FleetRoutes::revoke_token(const Asked& asked) {
  const std::string id = asked.value("id");
  const Result<void> revoked = parts_.enrolment.revoke_token(id);
  if (!revoked) co_return refused(revoked.error());
  note("an enrolment token was revoked", id);
  co_return asked.json ? json("{\"revoked\":true}\n") : text("token " + id + " enrols nobody any more\n");
}

asio::awaitable<HttpReply> FleetRoutes::sensors(const Asked& asked) {
  const Result<FleetView> fleet = parts_.desk.view();
  if (!fleet) co_return refused(fleet.error());
  co_return asked.json ? json(sensors_json(*fleet)) : text(sensors_text(*fleet));
}

asio::awaitable<HttpReply> FleetRoutes::sensor(const Asked& asked) {
  const Result<SensorDetail> detail = parts_.desk.view(asked.value("name"));
  if (!detail) co_return refused(detail.error());
  co_return asked.json ? json(sensor_json(*detail)) : text(sensor_text(*detail));
}

asio::awaitable<HttpReply> FleetRoutes::revoke_sensor(const Asked& asked) {
  const std::string name = asked.value("name");
  const Result<void> revoked = parts_.desk.revoke_sensor(name);
  if (!revoked) co_return refused(revoked.error());
  parts_.connectors.forget(name);
  note("a sensor was revoked", name);
  co_return asked.json ? json("{\"revoked\":true}\n")
                       : text("sensor " + name + " has no access any more; only a token with --replace lets it in again\n");
}

HttpReply FleetRoutes::outcome(const Asked& asked, const Result<ConnectorsOutcome>& result) const {
  if (!result) return refused(result.error());
  if (result->push) note("connectors were pushed", result->sensor);
  const unsigned status = status_of(*result);
  return asked.json ? json(outcome_json(*result), status) : text(outcome_text(*result), status);
}

asio::awaitable<HttpReply> FleetRoutes::apply(const Asked& asked) {
  const Result<bool> dry_run = flag_of("dry_run", asked.value("dry_run"));
  if (!dry_run) co_return refused(dry_run.error());
  ApplyOrder order;
  order.yaml = asked.body;
  order.file_name = asked.value("file").empty() ? std::string{connectors_document_name} : asked.value("file");
  order.sensor = asked.value("sensor");
  order.dry_run = *dry_run;
  co_return outcome(asked, co_await parts_.connectors.apply(std::move(order)));
}

asio::awaitable<HttpReply> FleetRoutes::connectors(const Asked& asked) {
  const Result<std::vector<ConnectorView>> all = co_await parts_.connectors.list();
  if (!all) co_return refused(all.error());
  co_return asked.json ? json(connectors_json(*all)) : text(connectors_text(*all));
}

asio::awaitable<HttpReply> FleetRoutes::connector(const Asked& asked) {
  const Result<ConnectorDetail> detail = co_await parts_.connectors.show(asked.value("name"));
  if (!detail) co_return refused(detail.error());
  co_return asked.json ? json(connector_json(*detail)) : text(connector_text(*detail));
}

asio::awaitable<HttpReply> FleetRoutes::delete_connector(const Asked& asked) {
  co_return outcome(asked, co_await parts_.connectors.remove(asked.value("name")));
}

asio::awaitable<HttpReply> FleetRoutes::test_connector(const Asked& asked) {
  const Result<CommandOutcome> answer = co_await parts_.connectors.test(asked.value("name"));
  if (!answer) co_return refused(answer.error());
  const TestReport report = report_of_test(*answer);
  const unsigned status = report.passed ? 200 : 409;
  co_return asked.json && !report.json.empty() ? json(report.json, status) : text(report.text, status);
}

asio::awaitable<HttpReply> FleetRoutes::history(const Asked& asked) {
  const Result<ConnectorHistory> history = co_await parts_.connectors.history(asked.value("name"), asked.value("sensor"));
  if (!history) co_return refused(history.error());
  co_return asked.json ? json(history_json(*history)) : text(history_text(*history));
}

asio::awaitable<HttpReply> FleetRoutes::rollback(const Asked& asked) {
  const Result<std::uint64_t> revision = count_of("revision", asked.value("revision"));
  if (!revision) co_return refused(revision.error());
  co_return outcome(asked, co_await parts_.connectors.rollback(asked.value("name"), *revision, asked.value("sensor")));
}

asio::awaitable<HttpReply> FleetRoutes::move(const Asked& asked) {
  co_return outcome(asked, co_await parts_.connectors.move(asked.value("name"), asked.value("to")));
}

asio::awaitable<HttpReply> FleetRoutes::credentials(const Asked& asked) {
  const Result<std::vector<CredentialView>> all = co_await parts_.connectors.credentials();
  if (!all) co_return refused(all.error());
  co_return asked.json ? json(credentials_json(*all)) : text(credentials_text(*all));
}

asio::awaitable<HttpReply> FleetRoutes::set_credential(const Asked& asked) {
  const std::string name = asked.value("name");
  std::string_view value = asked.body;
  while (value.ends_with('\n') || value.ends_with('\r')) value.remove_suffix(1);
  Secret secret{std::string{value}};
  const Result<std::vector<ConnectorsOutcome>> outcomes = co_await parts_.connectors.set_credential(name, std::move(secret));
  if (!outcomes) co_return refused(outcomes.error());
  note("a credential was set", name);
  unsigned status = 200;
  for (const ConnectorsOutcome& each : *outcomes) status = std::max(status, each.note.empty() ? status_of(each) : 409u);
  co_return asked.json ? json(outcomes_json(name, *outcomes), status) : text(outcomes_text(name, *outcomes), status);
}

asio::awaitable<HttpReply> FleetRoutes::delete_credential(const Asked& asked) {
  const std::string name = asked.value("name");
  const Result<void> deleted = co_await parts_.connectors.delete_credential(name);
  if (!deleted) co_return refused(deleted.error());
  note("a credential was deleted", name);
  co_return asked.json ? json("{\"deleted\":true}\n") : text("credential " + name + " is not kept any more\n");
}

}  // namespace tidegate
