#include "respond/sensor_messages.h"

#include <boost/json/serialize.hpp>
#include <set>

#include "base/id128.h"
#include "respond/responder_store_form.h"
#include "respond/run_store_form.h"
#include "respond/stored_fields.h"

namespace tidegate {
namespace {

constexpr int messages_version = 1;

constexpr std::size_t changes_bytes_max = 256u << 10;  // as an answer of the control link has it

Error too_large(std::string_view what, std::size_t bytes) {
  return Error{Code::invalid, std::string{what} + " have " + std::to_string(bytes) + " bytes, more than the " +
                                  std::to_string(sensor_message_bytes_max) + " that a request to a sensor takes"};
}

Error unusable(std::string_view key) { return Error{Code::corrupt, "what came has no usable '" + std::string{key} + "'"}; }

Result<void> check_version(const StoredFieldsReader& fields, std::string_view what) {
  int version = 0;
  fields.read("v", version);
  if (version > messages_version) return Error{Code::invalid, "a newer version wrote the " + std::string{what}};
  if (version < 1) return unusable("v");
  return {};
}

}  // namespace

// A line of JSON that says how long each is, then the responders as they are stored, secrets and all: no copy of a secret is made
// that nobody wipes.
Result<Secret> sensor_responders_text(const SensorResponders& all) {
  std::vector<Secret> parts;
  boost::json::array lengths;
  std::size_t bytes = 0;
  for (const Responder& each : all.responders) {
    parts.push_back(stored_responder(each));
    lengths.emplace_back(parts.back().size());
    bytes += parts.back().size();
  }
  const boost::json::object head{{"v", messages_version}, {"may_send", all.may_send}, {"lengths", std::move(lengths)}};
  std::string text = boost::json::serialize(head) + "\n";
  if (text.size() + bytes > sensor_message_bytes_max) return too_large("the responders of the sensor", text.size() + bytes);
  text.reserve(text.size() + bytes);
  for (const Secret& part : parts) text.append(part.reveal());
  return Secret{std::move(text)};
}

Result<SensorResponders> sensor_responders_from(const Secret& text) {
  if (text.size() > sensor_message_bytes_max) return too_large("the responders", text.size());
  const std::size_t end = text.reveal().find('\n');
  if (end == std::string_view::npos) return Error{Code::corrupt, "the responders are cut short"};
  const Result<boost::json::object> head = parse_stored(text.reveal().substr(0, end));
  if (!head) return head.error();
  std::string flaw;
  const StoredFieldsReader fields{*head, flaw};
  if (Result<void> version = check_version(fields, "responders"); !version) return std::move(version).error();
  SensorResponders all;
  fields.read("may_send", all.may_send);
  std::string_view rest = text.reveal().substr(end + 1);
  const boost::json::array* lengths = fields.list_at("lengths");
  if (lengths == nullptr || lengths->size() > responders_max) fields.flawed("lengths");
  if (!flaw.empty()) return unusable(flaw);
  std::set<std::string> names;
  for (const boost::json::value& length : *lengths) {
    const std::int64_t* bytes = length.if_int64();
    if (bytes == nullptr || *bytes <= 0 || static_cast<std::size_t>(*bytes) > rest.size()) return unusable("lengths");
    Result<Responder> one = responder_from_stored(Secret{std::string{rest.substr(0, static_cast<std::size_t>(*bytes))}});
    if (!one) return std::move(one).error();
    rest.remove_prefix(static_cast<std::size_t>(*bytes));
    if (!names.insert(one->name).second) return Error{Code::corrupt, "two responders have the name '" + one->name + "'"};
    all.responders.push_back(*std::move(one));
  }
  if (!rest.empty()) return unusable("lengths");
  return all;
}

std::string digest_of(const Secret& sensor_responders_text) { return to_hex(hash128(sensor_responders_text.reveal())); }

std::string stored_changes(const SensorChanges& changes) {
  boost::json::object out;
  StoredFieldsWriter fields{out};
  fields.put("v", messages_version);
  fields.put("ledger", changes.ledger);
  fields.put("responders", changes.responders);
  fields.put("through", changes.through);
  fields.put("more", changes.more);
  // The runs stand in it as they are stored: escaped once more, texts might grow beyond an answer.
  std::string text = boost::json::serialize(out);
  text.pop_back();
  text.append(", \"runs\": [");
  for (std::size_t i = 0; i < changes.runs.size(); ++i) text.append(i == 0 ? "" : ",").append(stored_run(changes.runs[i]));
  return text.append("]}");
}

Result<SensorChanges> changes_from_stored(std::string_view bytes) {
  if (bytes.size() > changes_bytes_max)
    return Error{Code::invalid,
                 "the changes have " + std::to_string(bytes.size()) + " bytes, more than " + std::to_string(changes_bytes_max)};
  const Result<boost::json::object> parsed = parse_stored(bytes);
  if (!parsed) return parsed.error();
  std::string flaw;
  const StoredFieldsReader fields{*parsed, flaw};
  if (Result<void> version = check_version(fields, "changes"); !version) return std::move(version).error();
  SensorChanges changes;
  fields.read("ledger", changes.ledger);
  fields.read("responders", changes.responders);
  fields.read("through", changes.through);
  fields.read("more", changes.more);
  const boost::json::array* runs = fields.list_at("runs");
  if (!id_from_hex(changes.ledger)) fields.flawed("ledger");
  if (runs == nullptr || runs->size() > changes_runs_max) fields.flawed("runs");
  if (!flaw.empty()) return unusable(flaw);
  for (const boost::json::value& each : *runs) {
    Result<ActionRun> run = run_from_stored(boost::json::serialize(each));
    if (run) changes.runs.push_back(*std::move(run));
    else changes.unreadable.push_back(run.error().text());
  }
  return changes;
}

}  // namespace tidegate
