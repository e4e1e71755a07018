#include "processor/control_routes.h"

#include <algorithm>
#include <utility>

#include "config/units.h"
#include "processor/control_texts.h"

namespace tidegate {
namespace {

constexpr std::size_t name_logged_bytes_max = 64;

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

const std::vector<SocketRoute<FleetRoutes>>& FleetRoutes::routes() {
  static const std::vector<SocketRoute<FleetRoutes>> all{
      {{"POST", "/tokens/create", {}, {"uses", "expires", "replace", "note"}}, &FleetRoutes::create_token},
      {{"GET", "/tokens", {}, {}}, &FleetRoutes::tokens},
      {{"GET", "/tokens/uses", {"id"}, {}}, &FleetRoutes::token_uses},
      {{"POST", "/tokens/revoke", {"id"}, {}}, &FleetRoutes::revoke_token},
      {{"GET", "/sensors", {}, {}}, &FleetRoutes::sensors},
      {{"GET", "/sensors/show", {"name"}, {}}, &FleetRoutes::sensor},
      {{"POST", "/sensors/revoke", {"name"}, {}}, &FleetRoutes::revoke_sensor},
      {{"POST", "/connectors/apply", {}, {"sensor", "file", "dry_run"}}, &FleetRoutes::apply},
      {{"GET", "/connectors", {}, {}}, &FleetRoutes::connectors},
      {{"GET", "/connectors/show", {"name"}, {}}, &FleetRoutes::connector},
      {{"POST", "/connectors/delete", {"name"}, {}}, &FleetRoutes::delete_connector},
      {{"POST", "/connectors/test", {"name"}, {}}, &FleetRoutes::test_connector},
      {{"GET", "/connectors/history", {"name"}, {"sensor"}}, &FleetRoutes::history},
      {{"POST", "/connectors/rollback", {"name", "revision"}, {"sensor"}}, &FleetRoutes::rollback},
      {{"POST", "/connectors/move", {"name", "to"}, {}}, &FleetRoutes::move},
      {{"GET", "/credentials", {}, {}}, &FleetRoutes::credentials},
      {{"POST", "/credentials/set", {"name"}, {}}, &FleetRoutes::set_credential},
      {{"POST", "/credentials/delete", {"name"}, {}}, &FleetRoutes::delete_credential}};
  return all;
}

asio::awaitable<HttpReply> FleetRoutes::answer(HttpRequestView request) { return answer_by(routes(), *this, request); }

void FleetRoutes::note(std::string_view what, const std::string& name) const {
  parts_.log.info(what, {{"name", name.substr(0, name_logged_bytes_max)}});
}

Result<TokenOrder> FleetRoutes::token_order(const SocketAsked& asked) const {
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
    const Result<std::uint64_t> count = positive_count_of("uses", uses);
    if (!count) return count.error();
    order.uses = static_cast<std::uint32_t>(std::min<std::uint64_t>(*count, UINT32_MAX));
  }
  if (const std::string expires = asked.value("expires"); !expires.empty()) {
    const std::optional<std::chrono::milliseconds> life = parse_duration(expires);
    if (!life) return Error{Code::invalid, "expires: " + shown_value(expires) + " is no duration; write for example 24h or 14d"};
    order.life = std::chrono::floor<std::chrono::seconds>(*life);
  }
  const Result<bool> replace = flag_of("replace", asked.value("replace"));
  if (!replace) return replace.error();
  order.replace = *replace;
  order.note = asked.value("note");
  return order;
}

asio::awaitable<HttpReply> FleetRoutes::create_token(const SocketAsked& asked) {
  const Result<TokenOrder> order = token_order(asked);
  if (!order) co_return refused_reply(order.error());
  const Result<NewToken> made = parts_.enrolment.create_token(*order);
  if (!made) co_return refused_reply(made.error());
  note("an enrolment token was made", made->token.id);
  co_return asked.json ? json_reply(token_json(*made, parts_.authority_fingerprint))
                       : text_reply(token_text(*made, parts_.authority_fingerprint));
}

asio::awaitable<HttpReply> FleetRoutes::tokens(const SocketAsked& asked) {
  const Result<std::vector<EnrolmentToken>> all = parts_.store.tokens();
  if (!all) co_return refused_reply(all.error());
  const WallTime now = parts_.clock.wall();
  co_return asked.json ? json_reply(tokens_json(*all, now)) : text_reply(tokens_text(*all, now));
}

asio::awaitable<HttpReply> FleetRoutes::token_uses(const SocketAsked& asked) {
  const std::string id = asked.value("id");
  if (const Result<EnrolmentToken> token = parts_.store.token(id); !token) co_return refused_reply(token.error());
  const Result<std::vector<TokenUse>> uses = parts_.store.token_uses(id);
  if (!uses) co_return refused_reply(uses.error());
  co_return asked.json ? json_reply(uses_json(*uses)) : text_reply(uses_text(*uses));
}

asio::awaitable<HttpReply> FleetRoutes::revoke_token(const SocketAsked& asked) {
  const std::string id = asked.value("id");
  const Result<void> revoked = parts_.enrolment.revoke_token(id);
  if (!revoked) co_return refused_reply(revoked.error());
  note("an enrolment token was revoked", id);
  co_return asked.json ? json_reply("{\"revoked\":true}\n") : text_reply("token " + id + " enrols nobody any more\n");
}

asio::awaitable<HttpReply> FleetRoutes::sensors(const SocketAsked& asked) {
  const Result<FleetView> fleet = parts_.desk.view();
  if (!fleet) co_return refused_reply(fleet.error());
  co_return asked.json ? json_reply(sensors_json(*fleet)) : text_reply(sensors_text(*fleet));
}

asio::awaitable<HttpReply> FleetRoutes::sensor(const SocketAsked& asked) {
  const Result<SensorDetail> detail = parts_.desk.view(asked.value("name"));
  if (!detail) co_return refused_reply(detail.error());
  co_return asked.json ? json_reply(sensor_json(*detail)) : text_reply(sensor_text(*detail));
}

asio::awaitable<HttpReply> FleetRoutes::revoke_sensor(const SocketAsked& asked) {
  const std::string name = asked.value("name");
  const Result<void> revoked = parts_.desk.revoke_sensor(name);
  if (!revoked) co_return refused_reply(revoked.error());
  parts_.connectors.forget(name);
  note("a sensor was revoked", name);
  co_return asked.json ? json_reply("{\"revoked\":true}\n")
                       : text_reply("sensor " + name + " has no access any more; only a token with --replace lets it in again\n");
}

HttpReply FleetRoutes::outcome(const SocketAsked& asked, const Result<ConnectorsOutcome>& result) const {
  if (!result) return refused_reply(result.error());
  if (result->push) note("connectors were pushed", result->sensor);
  const unsigned status = status_of(*result);
  return asked.json ? json_reply(outcome_json(*result), status) : text_reply(outcome_text(*result), status);
}

asio::awaitable<HttpReply> FleetRoutes::apply(const SocketAsked& asked) {
  const Result<bool> dry_run = flag_of("dry_run", asked.value("dry_run"));
  if (!dry_run) co_return refused_reply(dry_run.error());
  ApplyOrder order;
  order.yaml = asked.body;
  order.file_name = asked.value("file").empty() ? std::string{connectors_document_name} : asked.value("file");
  order.sensor = asked.value("sensor");
  order.dry_run = *dry_run;
  co_return outcome(asked, co_await parts_.connectors.apply(std::move(order)));
}

asio::awaitable<HttpReply> FleetRoutes::connectors(const SocketAsked& asked) {
  const Result<std::vector<ConnectorView>> all = co_await parts_.connectors.list();
  if (!all) co_return refused_reply(all.error());
  co_return asked.json ? json_reply(connectors_json(*all)) : text_reply(connectors_text(*all));
}

asio::awaitable<HttpReply> FleetRoutes::connector(const SocketAsked& asked) {
  const Result<ConnectorDetail> detail = co_await parts_.connectors.show(asked.value("name"));
  if (!detail) co_return refused_reply(detail.error());
  co_return asked.json ? json_reply(connector_json(*detail)) : text_reply(connector_text(*detail));
}

asio::awaitable<HttpReply> FleetRoutes::delete_connector(const SocketAsked& asked) {
  co_return outcome(asked, co_await parts_.connectors.remove(asked.value("name")));
}

asio::awaitable<HttpReply> FleetRoutes::test_connector(const SocketAsked& asked) {
  const Result<CommandOutcome> answer = co_await parts_.connectors.test(asked.value("name"));
  if (!answer) co_return refused_reply(answer.error());
  const TestReport report = report_of_test(*answer);
  const unsigned status = report.passed ? 200 : 409;
  co_return asked.json && !report.json.empty() ? json_reply(report.json, status) : text_reply(report.text, status);
}

asio::awaitable<HttpReply> FleetRoutes::history(const SocketAsked& asked) {
  const Result<ConnectorHistory> history = co_await parts_.connectors.history(asked.value("name"), asked.value("sensor"));
  if (!history) co_return refused_reply(history.error());
  co_return asked.json ? json_reply(history_json(*history)) : text_reply(history_text(*history));
}

asio::awaitable<HttpReply> FleetRoutes::rollback(const SocketAsked& asked) {
  const Result<std::uint64_t> revision = positive_count_of("revision", asked.value("revision"));
  if (!revision) co_return refused_reply(revision.error());
  co_return outcome(asked, co_await parts_.connectors.rollback(asked.value("name"), *revision, asked.value("sensor")));
}

asio::awaitable<HttpReply> FleetRoutes::move(const SocketAsked& asked) {
  co_return outcome(asked, co_await parts_.connectors.move(asked.value("name"), asked.value("to")));
}

asio::awaitable<HttpReply> FleetRoutes::credentials(const SocketAsked& asked) {
  const Result<std::vector<CredentialView>> all = co_await parts_.connectors.credentials();
  if (!all) co_return refused_reply(all.error());
  co_return asked.json ? json_reply(credentials_json(*all)) : text_reply(credentials_text(*all));
}

asio::awaitable<HttpReply> FleetRoutes::set_credential(const SocketAsked& asked) {
  const std::string name = asked.value("name");
  std::string_view value = asked.body;
  while (value.ends_with('\n') || value.ends_with('\r')) value.remove_suffix(1);
  Secret secret{std::string{value}};
  const Result<std::vector<ConnectorsOutcome>> outcomes = co_await parts_.connectors.set_credential(name, std::move(secret));
  if (!outcomes) co_return refused_reply(outcomes.error());
  note("a credential was set", name);
  unsigned status = 200;
  for (const ConnectorsOutcome& each : *outcomes) status = std::max(status, each.note.empty() ? status_of(each) : 409u);
  co_return asked.json ? json_reply(outcomes_json(name, *outcomes), status) : text_reply(outcomes_text(name, *outcomes), status);
}

asio::awaitable<HttpReply> FleetRoutes::delete_credential(const SocketAsked& asked) {
  const std::string name = asked.value("name");
  const Result<void> deleted = co_await parts_.connectors.delete_credential(name);
  if (!deleted) co_return refused_reply(deleted.error());
  note("a credential was deleted", name);
  co_return asked.json ? json_reply("{\"deleted\":true}\n") : text_reply("credential " + name + " is not kept any more\n");
}

}  // namespace tidegate
