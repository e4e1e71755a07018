// What is asked of connectors and credentials, as steps; the documents themselves are made in connectors.cc.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "config/config_text.h"
#include "config/document.h"
#include "config/texts.h"
#include "processor/fleet/connector_file.h"
#include "processor/fleet/connectors.h"
#include "transport/query_string.h"

namespace tidegate {
namespace {

constexpr std::chrono::hours first_read_most{24 * 180};  // as the table of fields has it

ConnectorView view_of(const std::string& sensor, std::uint64_t revision, ConfigState state, const ConnectorsDocument& document,
                      const ConnectorConfig& connector) {
  ConnectorView view;
  view.name = connector.name;
  view.sensor = sensor;
  view.type = connector.type;
  view.tenant = connector.tenant;
  view.api_base_url = connector.api_base_url;
  if (const auto found = document.credential_of.find(connector.name); found != document.credential_of.end())
    view.credential = found->second;
  view.enabled = connector.enabled;
  view.revision = revision;
  view.state = state;
  return view;
}

// The document with one of its connectors alone.
ConnectorsDocument only(const ConnectorsDocument& document, const std::string& name) {
  ConnectorsDocument alone;
  alone.revision = std::max<std::uint64_t>(document.revision, 1);
  for (const ConnectorConfig& each : document.connectors)
    if (each.name == name) alone.connectors.push_back(each);
  const auto credential = document.credential_of.find(name);
  if (credential == document.credential_of.end()) return alone;
  alone.credential_of.emplace(name, credential->second);
  for (const Credential& each : document.credentials)
    if (each.name == credential->second) alone.credentials.push_back(each);
  return alone;
}

// Through where every content type of the connector is final, in what the agent answers to /cursor.json: JSON is YAML, whose reader
// has bounds. Absent: it has read nothing.
std::optional<WallTime> settled_of(std::string_view json, std::string_view connector) {
  const YamlDocument document = read_document(json);
  if (!document.root || !document.errors.empty()) return std::nullopt;
  std::optional<WallTime> least;
  const auto text_of = [](const YamlNode& map, std::string_view key) {
    const auto found = std::ranges::find(map.children, key, &YamlNode::key);
    return found == map.children.end() ? std::string_view{} : std::string_view{found->text};
  };
  for (const YamlNode& member : document.root->children) {
    if (member.key != "cursors") continue;
    for (const YamlNode& cursor : member.children) {
      if (text_of(cursor, "connector") != connector) continue;
      const std::string_view backfill = text_of(cursor, "backfill");
      if (!backfill.empty() && backfill != "null") continue;
      const std::optional<WallTime> settled = parse_time(text_of(cursor, "settled"));
      if (settled && (!least || *settled < *least)) least = settled;
    }
  }
  return least;
}

Result<void> check_credential(std::string& name, const Secret& value) {
  const Field* label = find_field(connectors_fields(), "credentials[].name");
  TG_ASSERT(label != nullptr, "a credential's name has a row in the table of fields");
  if (const std::optional<TextFault> fault = check_text(*label, name))
    return Error{Code::invalid, "the credential's name " + fault->problem + ": " + fault->remedy};
  if (!is_token(value.reveal()))
    return Error{Code::invalid, "the credential's value must be printable ASCII without spaces, and not empty"};
  return {};
}

}  // namespace

asio::awaitable<Result<ConnectorsOutcome>> Connectors::apply(ApplyOrder order) {
  if (Result<void> good = co_await load(); !good) co_return std::move(good).error();
  if (const std::size_t documents = documents_of(order.yaml).size(); documents > 1)
    co_return Error{Code::invalid, order.file_name + ": has " + std::to_string(documents) +
                                       " documents; give --stages, such as --stages 5,25,100, or keep one document in the file"};
  const std::string in_file = sensor_of_file(order.yaml);
  if (!order.sensor.empty() && !in_file.empty() && order.sensor != in_file)
    co_return Error{Code::invalid, "the file is for sensor " + in_file + ", and not for " + order.sensor};
  const std::string sensor = order.sensor.empty() ? in_file : order.sensor;
  ConnectorFileOrder file;
  file.yaml = order.yaml;
  file.file_name = order.file_name;
  const Result<std::vector<CredentialRecord>> kept = store_.credentials();
  if (!kept) co_return kept.error();
  for (const CredentialRecord& each : *kept) file.credentials.insert(each.name);
  if (!sensor.empty()) {
    const Result<SensorRecord> known = store_.sensor(sensor);
    if (!known && known.error().code() == Code::absent)
      co_return Error{Code::absent,
                      "there is no sensor '" + sensor + "'; `tidegate-processor sensor list` shows those that there are"};
    if (!known) co_return known.error();
    file.tenants.insert(known->identity.tenants.begin(), known->identity.tenants.end());
  }
  ParsedConnectors parsed = parse_connector_file(file);
  if (sensor.empty())
    parsed.errors.push_back(
        {.file = order.file_name, .field = "sensor", .problem = "is missing", .remedy = "write sensor: NAME, or give --sensor"});
  if (!parsed.errors.empty()) {
    std::string reasons = to_text(parsed.errors);
    while (reasons.ends_with('\n')) reasons.pop_back();
    co_return Error{Code::invalid, std::move(reasons)};
  }
  Terms terms{std::move(order.author), order.wait.value_or(limits_.apply_wait)};
  terms.dry_run = order.dry_run;
  co_return co_await changed(sensor, *std::move(parsed.document), std::move(terms));
}

asio::awaitable<Result<std::vector<ConnectorView>>> Connectors::list() {
  if (Result<void> good = co_await load(); !good) co_return std::move(good).error();
  std::vector<std::string> sensors;
  for (const auto& [sensor, held] : held_) sensors.push_back(sensor);
  std::vector<ConnectorView> views;
  for (const std::string& sensor : sensors) {
    const Result<Base> base = base_of(sensor);
    if (!base) co_return base.error();
    for (const ConnectorConfig& each : base->document.connectors)
      views.push_back(view_of(sensor, base->revision, base->state, base->document, each));
    co_await asio::post(asio::use_awaitable);
  }
  std::ranges::sort(views, {}, &ConnectorView::name);
  co_return views;
}

asio::awaitable<Result<ConnectorDetail>> Connectors::show(std::string name) {
  if (Result<void> good = co_await load(); !good) co_return std::move(good).error();
  const Result<std::string> sensor = sensor_with(name);
  if (!sensor) co_return sensor.error();
  const Result<Base> base = base_of(*sensor);
  if (!base) co_return base.error();
  const ConnectorsDocument alone = only(base->document, name);
  if (alone.connectors.empty()) co_return Error{Code::absent, "sensor " + *sensor + " has no connector '" + name + "' any more"};
  ConnectorDetail detail;
  detail.view = view_of(*sensor, base->revision, base->state, alone, alone.connectors.front());
  detail.yaml = to_yaml(alone, SecretsAs::masked);
  co_return detail;
}

asio::awaitable<Result<ConnectorsOutcome>> Connectors::remove(std::string name) {
  if (Result<void> good = co_await load(); !good) co_return std::move(good).error();
  const Result<std::string> sensor = sensor_with(name);
  if (!sensor) co_return sensor.error();
  co_return co_await removed(*sensor, name);
}

asio::awaitable<Result<CommandOutcome>> Connectors::test(std::string name) {
  if (Result<void> good = co_await load(); !good) co_return std::move(good).error();
  const Result<std::string> sensor = sensor_with(name);
  if (!sensor) co_return sensor.error();
  co_return co_await desk_.request(*sensor, "POST", "/connector/test?name=" + percent_encoded(name), limits_.test_wait);
}

asio::awaitable<Result<ConnectorHistory>> Connectors::history(std::string name, std::string at) {
  if (Result<void> good = co_await load(); !good) co_return std::move(good).error();
  const Result<std::string> sensor = sensor_with(name, at);
  if (!sensor) co_return sensor.error();
  Result<std::vector<RevisionRecord>> revisions = store_.history(*sensor);
  if (!revisions) co_return std::move(revisions).error();
  ConnectorHistory history;
  history.sensor = *sensor;
  history.revisions = *std::move(revisions);
  co_return history;
}

asio::awaitable<Result<ConnectorsOutcome>> Connectors::rollback(std::string name, std::uint64_t revision, std::string at) {
  if (Result<void> good = co_await load(); !good) co_return std::move(good).error();
  const Result<std::string> sensor = sensor_with(name, at);
  if (!sensor) co_return sensor.error();
  const Result<StoredDocument> stored = store_.document(*sensor, revision);
  if (!stored) co_return Error{stored.error()}.in("sensor " + *sensor + ", revision " + std::to_string(revision));
  const Result<ConnectorsDocument> then = read_pushed(stored->text);
  if (!then) co_return then.error();
  ConnectorsDocument alone = only(*then, name);
  if (alone.connectors.empty())
    co_return Error{Code::absent,
                    "connector '" + name + "' was not on sensor " + *sensor + " in revision " + std::to_string(revision)};
  co_return co_await changed(*sensor, std::move(alone), usual_terms());
}

asio::awaitable<Result<ConnectorsOutcome>> Connectors::restore(RestoreOrder order) {
  if (Result<void> good = co_await load(); !good) co_return std::move(good).error();
  Result<Base> base = base_of(order.sensor);
  if (!base) co_return std::move(base).error();
  if (base->newest != order.newest)
    co_return Error{Code::gone, "revision " + std::to_string(base->newest) + " was pushed to sensor " + order.sensor + " since"};
  ConnectorsDocument then;
  if (order.revision != 0) {
    const Result<StoredDocument> stored = store_.document(order.sensor, order.revision);
    if (!stored) co_return Error{stored.error()}.in("sensor " + order.sensor + ", revision " + std::to_string(order.revision));
    Result<ConnectorsDocument> read = read_pushed(stored->text);
    if (!read) co_return std::move(read).error();
    then = *std::move(read);
  }
  if (Result<void> fits = check_merge(order.sensor, base->document, then); !fits) co_return std::move(fits).error();
  Result<Plan> plan = planned(order.sensor, *base, std::move(then));
  if (!plan) co_return std::move(plan).error();
  Terms terms{std::move(order.author), order.wait};
  co_return co_await pushed(*std::move(plan), std::move(terms));
}

asio::awaitable<Result<std::optional<WallTime>>> Connectors::read_through(std::string sensor, std::string connector) {
  const Result<CommandOutcome> cursors = co_await desk_.request(sensor, "GET", "/cursor.json", limits_.cursor_wait);
  if (!cursors) co_return Error{cursors.error()}.in("sensor " + sensor + " was asked how far it has read");
  if (cursors->status != 200)
    co_return Error{Code::unavailable, "sensor " + sensor + " does not say how far it has read: " + cursors->body.substr(0, 200)};
  co_return settled_of(cursors->body, connector);
}

asio::awaitable<Result<ConnectorsOutcome>> Connectors::move(std::string name, std::string to) {
  if (Result<void> good = co_await load(); !good) co_return std::move(good).error();
  const Result<std::string> from = sensor_with(name);
  if (!from) co_return from.error();
  const Result<SensorRecord> target = store_.sensor(to);
  if (!target && target.error().code() == Code::absent) co_return Error{Code::absent, "there is no sensor '" + to + "'"};
  if (!target) co_return target.error();
  if (*from == to) co_return Error{Code::invalid, "connector '" + name + "' is on sensor " + to + " already"};
  const Result<Base> base = base_of(*from);
  if (!base) co_return base.error();
  ConnectorsDocument alone = only(base->document, name);
  if (alone.connectors.empty()) co_return Error{Code::absent, "sensor " + *from + " has no connector '" + name + "' any more"};
  ConnectorConfig& connector = alone.connectors.front();
  if (target->revoked) co_return Error{Code::denied, "sensor " + to + " was revoked"};
  if (!target->identity.speaks_for(connector.tenant.id))
    co_return Error{Code::invalid, "sensor " + to + " does not speak for tenant " + connector.tenant.id};
  const Result<std::optional<WallTime>> through = co_await read_through(*from, name);
  if (!through) co_return through.error();

  Result<ConnectorsOutcome> gone = co_await removed(*from, name);
  if (!gone) co_return std::move(gone).error();
  if (!gone->push || gone->push->state != PushState::applied) {
    gone->note = "it is not on " + to + " yet: " + *from + " has not let go of it; once it has, apply it to " + to;
    co_return gone;
  }
  std::string note = *from + " had read nothing of it: " + to + " begins as with a new one";
  if (*through) {
    const auto back = std::chrono::ceil<std::chrono::minutes>(clock_.wall() - **through) + std::chrono::minutes{1};
    connector.first_read = std::clamp<std::chrono::seconds>(back, std::chrono::minutes{1}, first_read_most);
    note = *from + " had it through " + to_iso8601(**through) + ": " + to +
           " reads on from before that; what the index has already stays single";
  }
  Result<ConnectorsOutcome> arrived = co_await changed(to, std::move(alone), usual_terms());
  if (!arrived)
    co_return std::move(arrived).error().in("it was taken from " + *from + " and is nowhere now; roll it back, or apply it again");
  arrived->note = std::move(note);
  co_return arrived;
}

asio::awaitable<Result<std::vector<CredentialView>>> Connectors::credentials() {
  if (Result<void> good = co_await load(); !good) co_return std::move(good).error();
  const Result<std::vector<CredentialRecord>> kept = store_.credentials();
  if (!kept) co_return kept.error();
  std::vector<CredentialView> views;
  for (const CredentialRecord& record : *kept) {
    CredentialView view{record, {}};
    for (const auto& [sensor, held] : held_)
      if (held.credentials.contains(record.name)) view.sensors.push_back(sensor);
    views.push_back(std::move(view));
  }
  co_return views;
}

asio::awaitable<Result<std::vector<ConnectorsOutcome>>> Connectors::set_credential(std::string name, Secret value) {
  if (Result<void> good = check_credential(name, value); !good) co_return std::move(good).error();
  if (Result<void> good = co_await load(); !good) co_return std::move(good).error();
  if (Result<void> put = store_.put_credential(name, value, clock_.wall()); !put) co_return std::move(put).error();
  if (credential_watch_.changed) credential_watch_.changed(name);
  std::vector<std::string> sensors;
  for (const auto& [sensor, held] : held_)
    if (held.credentials.contains(name)) sensors.push_back(sensor);
  std::vector<ConnectorsOutcome> outcomes;
  const SteadyTime until = clock_.steady() + limits_.rotate_wait;
  for (const std::string& sensor : sensors) {
    ConnectorsOutcome outcome;
    outcome.sensor = sensor;
    const Result<Base> base = base_of(sensor);
    Result<Plan> plan = base ? planned(sensor, *base, base->document) : Result<Plan>{base.error()};
    if (plan) {
      const auto left = std::max<std::chrono::nanoseconds>(until - clock_.steady(), std::chrono::milliseconds{1});
      Terms terms{std::string{operator_author}, left};
      Result<ConnectorsOutcome> pushed_there = co_await pushed(*std::move(plan), std::move(terms));
      if (pushed_there) outcome = *std::move(pushed_there);
      else outcome.note = pushed_there.error().text();
    } else {
      outcome.note = plan.error().text();
    }
    outcomes.push_back(std::move(outcome));
  }
  co_return outcomes;
}

asio::awaitable<Result<void>> Connectors::delete_credential(std::string name) {
  if (Result<void> good = co_await load(); !good) co_return std::move(good).error();
  std::string users;
  for (const auto& [sensor, held] : held_)
    if (held.credentials.contains(name)) users.append(users.empty() ? "" : ", ").append(sensor);
  if (!users.empty()) co_return Error{Code::invalid, "credential '" + name + "' is used by connectors of " + users};
  if (credential_watch_.users) {
    for (const std::string& each : credential_watch_.users(name)) users.append(users.empty() ? "" : ", ").append(each);
    if (!users.empty()) co_return Error{Code::invalid, "credential '" + name + "' is used by responders: " + users};
  }
  co_return store_.delete_credential(name);
}

}  // namespace tidegate
