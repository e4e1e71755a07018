#include "processor/fleet/connectors.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "config/config_text.h"
#include "config/nearest.h"
#include "processor/fleet/connector_file.h"

namespace tidegate {
namespace {

constexpr std::size_t documents_at_once = 16;  // then others have a turn

AgentConfig with(const ConnectorsDocument& document) { return with_document(AgentConfig{}, document); }

const ConnectorConfig* named(const ConnectorsDocument& document, std::string_view name) {
  const auto found = std::ranges::find(document.connectors, name, &ConnectorConfig::name);
  return found == document.connectors.end() ? nullptr : &*found;
}

std::string credential_in(const ConnectorsDocument& document, const std::string& connector) {
  const auto found = document.credential_of.find(connector);
  return found == document.credential_of.end() ? std::string{} : found->second;
}

std::vector<ConnectorChange> changes_between(const ConnectorsDocument& before, const ConnectorsDocument& after) {
  std::vector<ConnectorChange> changes;
  const std::vector<ConfigChange> fields = diff(with(before), with(after));
  for (const ConnectorConfig& each : after.connectors) {
    if (named(before, each.name) == nullptr) {
      changes.push_back({ChangeKind::begins, each.name, {}});
      continue;
    }
    ConnectorChange change{ChangeKind::changes, each.name, {}};
    const std::string prefix = "connectors[" + each.name + "].";
    for (const ConfigChange& field : fields)
      if (field.path.starts_with(prefix)) change.fields.push_back(field);
    const std::string old_credential = credential_in(before, each.name);
    const std::string new_credential = credential_in(after, each.name);
    if (old_credential != new_credential)
      change.fields.push_back({prefix + "credential", old_credential, new_credential, Applies::live});
    if (!change.fields.empty()) changes.push_back(std::move(change));
  }
  for (const ConnectorConfig& each : before.connectors)
    if (named(after, each.name) == nullptr) changes.push_back({ChangeKind::ends, each.name, {}});
  return changes;
}

// Why a push that was not answered yet, or went wrong, is no reason to do nothing when the same is asked for again.
bool runs(ConfigState state) { return state == ConfigState::applied; }

}  // namespace

std::string_view name(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::begins: return "begins";
    case ChangeKind::changes: return "changes";
    case ChangeKind::ends: return "ends";
  }
  return "unknown";
}

Connectors::Connectors(FleetStore& store, SensorDesk& desk, const Clock& clock, ConnectorsLimits limits)
    : store_(store), desk_(desk), clock_(clock), limits_(limits) {}

// What every sensor has, once: later changes all go through here.
asio::awaitable<Result<void>> Connectors::load() {
  if (loaded_) co_return Result<void>{};
  const Result<std::vector<SensorRecord>> sensors = store_.sensors();
  if (!sensors) co_return sensors.error();
  std::size_t read = 0;
  for (const SensorRecord& sensor : *sensors) {
    if (sensor.revoked) continue;
    // A document that cannot be read keeps its sensor from being changed, and no other.
    const Result<Base> base = base_of(sensor.identity.sensor);
    if (!base && base.error().code() != Code::corrupt) co_return base.error();
    if (++read % documents_at_once == 0) co_await asio::post(asio::use_awaitable);
  }
  loaded_ = true;
  co_return Result<void>{};
}

void Connectors::forget(std::string_view sensor) { held_.erase(std::string{sensor}); }

// Also notes what it finds.
Result<Connectors::Base> Connectors::base_of(const std::string& sensor) {
  const Result<std::vector<RevisionRecord>> history = store_.history(sensor);
  if (!history) return history.error();
  Base base;
  if (!history->empty()) {
    base.newest = history->front().revision;
    base.newest_state = history->front().state;
  }
  const auto good = std::ranges::find_if(*history, [](const RevisionRecord& each) { return each.state != ConfigState::failed; });
  if (good != history->end()) {
    const Result<StoredDocument> stored = store_.document(sensor, good->revision);
    if (!stored) return stored.error();
    Result<ConnectorsDocument> document = read_pushed(stored->text);
    if (!document) return std::move(document).error().in(sensor);
    base.revision = good->revision;
    base.state = good->state;
    base.document = *std::move(document);
  }
  Held held;
  for (const ConnectorConfig& each : base.document.connectors) held.connectors.insert(each.name);
  for (const auto& [connector, credential] : base.document.credential_of) held.credentials.insert(credential);
  if (held.connectors.empty()) held_.erase(sensor);
  else held_.insert_or_assign(sensor, std::move(held));
  return base;
}

// `absent`, with the names that there are.   requires: load() was ok
Result<std::string> Connectors::sensor_with(const std::string& connector) {
  constexpr std::size_t names_shown_max = 20;
  std::vector<std::string_view> names;
  for (const auto& [sensor, held] : held_) {
    if (held.connectors.contains(connector)) return sensor;
    names.insert(names.end(), held.connectors.begin(), held.connectors.end());
  }
  std::string text = "there is no connector '" + connector.substr(0, 64) + "'";
  if (const auto near = nearest(connector, names)) text.append("; did you mean ").append(*near).append("?");
  std::ranges::sort(names);
  if (names.empty()) text.append("; there are none");
  for (std::size_t i = 0; i < std::min(names.size(), names_shown_max); ++i)
    text.append(i == 0 ? "; there are: " : ", ").append(names[i]);
  if (names.size() > names_shown_max) text.append(", and ").append(std::to_string(names.size() - names_shown_max)).append(" more");
  return Error{Code::absent, std::move(text)};
}

Result<std::string> Connectors::sensor_with(const std::string& connector, const std::string& sensor) {
  if (sensor.empty()) return sensor_with(connector);
  if (const Result<SensorRecord> known = store_.sensor(sensor); !known) return known.error();
  return sensor;
}

// What must not change, and what is elsewhere; all of it at once.
Result<void> Connectors::check_merge(const std::string& sensor, const ConnectorsDocument& base, const ConnectorsDocument& wanted) {
  std::string reasons;
  for (const ConnectorConfig& each : wanted.connectors) {
    const std::string place = "connector '" + each.name + "': ";
    for (const auto& [other, held] : held_)
      if (other != sensor && held.connectors.contains(each.name))
        reasons.append(place).append("is on sensor ").append(other).append("; `connector move` takes it to another\n");
    const ConnectorConfig* before = named(base, each.name);
    if (before == nullptr) continue;
    if (before->type != each.type) reasons.append(place).append("its type is ").append(before->type).append(" and stays so\n");
    if (before->tenant.id != each.tenant.id)
      reasons.append(place)
          .append("its tenant is ")
          .append(before->tenant.id)
          .append(" and stays so; delete it, or apply it under another name\n");
  }
  if (reasons.empty()) return {};
  reasons.pop_back();
  return Error{Code::invalid, std::move(reasons)};
}

// The credentials that its connectors refer to, as they are kept now.
Result<void> Connectors::fill_credentials(ConnectorsDocument& document) {
  std::map<std::string, Secret> values;
  std::erase_if(document.credential_of, [&document](const auto& each) { return named(document, each.first) == nullptr; });
  for (ConnectorConfig& connector : document.connectors) {
    const auto referred = document.credential_of.find(connector.name);
    if (referred == document.credential_of.end()) continue;
    const std::string& name = referred->second;
    if (!values.contains(name)) {
      Result<Secret> value = store_.credential(name);
      if (!value && value.error().code() == Code::absent)
        return Error{Code::invalid, "connector '" + connector.name + "': credential '" + name +
                                        "' is not kept any more; set it with `tidegate-processor credential set`"};
      if (!value) return std::move(value).error();
      values.emplace(name, *std::move(value));
    }
    connector.bearer_token = values.at(name);
  }
  document.credentials.clear();
  for (const auto& [name, value] : values) document.credentials.push_back({name, value});
  return {};
}

Result<Connectors::Plan> Connectors::planned(const std::string& sensor, const Base& base, ConnectorsDocument next) {
  next.revision = base.newest + 1;
  if (next.connectors.size() > connectors_max)
    return Error{Code::invalid, std::to_string(next.connectors.size()) + " connectors on one sensor; keep at most " +
                                    std::to_string(connectors_max)};
  if (Result<void> filled = fill_credentials(next); !filled) return std::move(filled).error();
  Plan plan;
  plan.sensor = sensor;
  plan.changes = changes_between(base.document, next);
  plan.text = Secret{to_yaml(next, SecretsAs::plain)};
  plan.needed = !plan.changes.empty() || base.revision != base.newest || (base.newest != 0 && !runs(base.newest_state));
  if (plan.text.size() > limits_.document_bytes_max)
    return Error{Code::invalid,
                 "the sensor's connectors are larger than " + std::to_string(limits_.document_bytes_max >> 10) + " KiB together"};
  return plan;
}

asio::awaitable<Result<ConnectorsOutcome>> Connectors::pushed(Plan plan, Terms terms) {
  ConnectorsOutcome outcome;
  outcome.sensor = plan.sensor;
  outcome.changes = std::move(plan.changes);
  if (!plan.needed || terms.dry_run) co_return outcome;
  Result<PushOutcome> push = co_await desk_.push(plan.sensor, std::move(plan.text), terms.author, terms.wait);
  const Result<Base> now = base_of(plan.sensor);
  if (!push) co_return std::move(push).error();
  if (!now) co_return now.error();
  outcome.push = *std::move(push);
  co_return outcome;
}

// The sensor's connectors with these among them.   requires: load() was ok
asio::awaitable<Result<ConnectorsOutcome>> Connectors::changed(std::string sensor, ConnectorsDocument wanted, Terms terms) {
  Result<Base> base = base_of(sensor);
  if (!base) co_return std::move(base).error();
  if (Result<void> fits = check_merge(sensor, base->document, wanted); !fits) co_return std::move(fits).error();
  ConnectorsDocument next = base->document;
  for (ConnectorConfig& each : wanted.connectors) {
    const auto before = std::ranges::find(next.connectors, each.name, &ConnectorConfig::name);
    next.credential_of.erase(each.name);
    if (const std::string credential = credential_in(wanted, each.name); !credential.empty())
      next.credential_of.emplace(each.name, credential);
    if (before != next.connectors.end()) *before = std::move(each);
    else next.connectors.push_back(std::move(each));
  }
  Result<Plan> plan = planned(sensor, *base, std::move(next));
  if (!plan) co_return std::move(plan).error();
  if (!terms.dry_run)
    for (const ConnectorChange& change : plan->changes) held_[sensor].connectors.insert(change.connector);
  co_return co_await pushed(*std::move(plan), std::move(terms));
}

//   requires: load() was ok
asio::awaitable<Result<ConnectorsOutcome>> Connectors::removed(std::string sensor, std::string name) {
  Result<Base> base = base_of(sensor);
  if (!base) co_return std::move(base).error();
  ConnectorsDocument next = base->document;
  if (std::erase_if(next.connectors, [&name](const ConnectorConfig& each) { return each.name == name; }) == 0)
    co_return Error{Code::absent, "sensor " + sensor + " has no connector '" + name + "' any more"};
  Result<Plan> plan = planned(sensor, *base, std::move(next));
  if (!plan) co_return std::move(plan).error();
  co_return co_await pushed(*std::move(plan), usual_terms());
}

}  // namespace tidegate
