// The fleet's store: what each sensor should run, and credentials. Both lie sealed.
#include <algorithm>

#include "processor/edges/sqlite_fleet.h"
#include "processor/edges/sqlite_rows.h"

namespace tidegate {
namespace {

using fleet_columns::moment_in;
using fleet_columns::of;
using fleet_columns::state_in;
using fleet_columns::time_in;

constexpr std::string_view document_purpose = "connectors document";
constexpr std::string_view credential_purpose = "credential";
constexpr std::string_view revision_columns = "SELECT revision, hash, author, at, state, reasons, reported";

std::string document_name(std::string_view sensor, std::uint64_t revision) {
  return std::string{sensor}.append("/").append(std::to_string(revision));
}

RevisionRecord revision_in(const SqliteStatement& row) {
  RevisionRecord record;
  record.revision = static_cast<std::uint64_t>(row.integer(0));
  record.hash = row.blob(1);
  record.author = row.text(2);
  record.at = time_in(row.integer(3));
  record.state = state_in(row.integer(4));
  record.reasons = row.text(5);
  record.reported = moment_in(row.integer(6));
  return record;
}

}  // namespace

Result<std::uint64_t> SqliteFleet::put_document(const DocumentDraft& draft) {
  const std::size_t longest = std::max({draft.sensor.size(), draft.hash.size(), draft.author.size()});
  if (draft.sensor.empty() || draft.hash.empty() || longest > limits_.text_bytes_max)
    return Error{Code::invalid, "a document of connectors is beyond its bounds"};
  if (draft.text.empty() || draft.text.size() > limits_.document_bytes_max)
    return Error{Code::invalid, "a document of connectors must have 1 to " + std::to_string(limits_.document_bytes_max) + " bytes"};
  return in_transaction(database_, [&] { return append_document(draft); });
}

//   requires: in a transaction
Result<std::uint64_t> SqliteFleet::append_document(const DocumentDraft& draft) {
  const Result<std::int64_t> known = number(database_, "SELECT count(*) FROM sensors WHERE name = ?1", {draft.sensor});
  if (!known) return known.error();
  if (*known == 0) return Error{Code::absent, "there is no sensor of that name"};
  const Result<std::int64_t> newest = number(database_, "SELECT max(revision) FROM documents WHERE sensor = ?1", {draft.sensor});
  if (!newest) return newest.error();
  const std::int64_t revision = *newest + 1;
  const std::string name = document_name(draft.sensor, static_cast<std::uint64_t>(revision));
  const Result<std::string> sealed = seal(key_, {document_purpose, name}, draft.text.reveal(), entropy_);
  if (!sealed) return sealed.error();
  Result<void> put = run(database_, "INSERT INTO documents VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, '', 0)",
                         {draft.sensor, revision, SqliteBlob{draft.hash}, *sealed, draft.author, of(draft.at)});
  if (!put) return std::move(put).error();
  const std::int64_t dropped = revision - static_cast<std::int64_t>(limits_.revisions_kept_max);
  Result<void> freed = run(database_, "DELETE FROM documents WHERE sensor = ?1 AND revision <= ?2", {draft.sensor, dropped});
  if (!freed) return std::move(freed).error();
  return static_cast<std::uint64_t>(revision);
}

Result<StoredDocument> SqliteFleet::document(std::string_view sensor, std::uint64_t revision) {
  std::optional<RevisionRecord> found;
  std::string sealed;
  Result<void> read =
      each_row(database_, std::string{revision_columns} + ", text FROM documents WHERE sensor = ?1 AND revision = ?2",
               {sensor, static_cast<std::int64_t>(revision)}, [&](const SqliteStatement& row) {
                 found = revision_in(row);
                 sealed = row.text(7);
               });
  if (!read) return std::move(read).error();
  if (!found) return Error{Code::absent, "the sensor has no such revision"};
  Result<Secret> text = unseal(key_, {document_purpose, document_name(sensor, revision)}, sealed);
  if (!text) return std::move(text).error().in("connectors of " + document_name(sensor, revision));
  return StoredDocument{*std::move(found), *std::move(text)};
}

Result<std::optional<StoredDocument>> SqliteFleet::newest_document(std::string_view sensor) {
  const Result<std::int64_t> newest = number(database_, "SELECT max(revision) FROM documents WHERE sensor = ?1", {sensor});
  if (!newest) return newest.error();
  if (*newest == 0) return std::optional<StoredDocument>{};
  Result<StoredDocument> found = document(sensor, static_cast<std::uint64_t>(*newest));
  if (!found) return std::move(found).error();
  return std::optional<StoredDocument>{*std::move(found)};
}

Result<std::vector<RevisionRecord>> SqliteFleet::history(std::string_view sensor) {
  std::vector<RevisionRecord> found;
  Result<void> read =
      each_row(database_, std::string{revision_columns} + " FROM documents WHERE sensor = ?1 ORDER BY revision DESC", {sensor},
               [&](const SqliteStatement& row) { found.push_back(revision_in(row)); });
  if (!read) return std::move(read).error();
  return found;
}

Result<void> SqliteFleet::put_credential(std::string_view name, const Secret& value, WallTime at) {
  if (name.empty() || name.size() > limits_.text_bytes_max || value.empty() || value.size() > limits_.credential_bytes_max)
    return Error{Code::invalid, "a credential is beyond its bounds"};
  const Result<std::string> sealed = seal(key_, {credential_purpose, name}, value.reveal(), entropy_);
  if (!sealed) return sealed.error();
  return in_transaction(database_, [&]() -> Result<void> {
    const Result<std::int64_t> others = number(database_, "SELECT count(*) FROM credentials WHERE name <> ?1", {name});
    if (!others) return others.error();
    if (static_cast<std::size_t>(*others) >= limits_.credentials_max)
      return Error{Code::full, "the fleet has as many credentials as it can"};
    return run(database_, "INSERT INTO credentials VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET value = ?2, changed = ?3",
               {name, *sealed, of(at)});
  });
}

Result<Secret> SqliteFleet::credential(std::string_view name) {
  std::optional<std::string> sealed;
  Result<void> read = each_row(database_, "SELECT value FROM credentials WHERE name = ?1", {name},
                               [&](const SqliteStatement& row) { sealed = row.text(0); });
  if (!read) return std::move(read).error();
  if (!sealed) return Error{Code::absent, "there is no credential of that name"};
  Result<Secret> value = unseal(key_, {credential_purpose, name}, *sealed);
  if (!value) return std::move(value).error().in("credential " + std::string{name});
  return value;
}

Result<std::vector<CredentialRecord>> SqliteFleet::credentials() {
  std::vector<CredentialRecord> found;
  Result<void> read =
      each_row(database_, "SELECT name, changed FROM credentials ORDER BY name", {},
               [&](const SqliteStatement& row) { found.push_back({std::string{row.text(0)}, time_in(row.integer(1))}); });
  if (!read) return std::move(read).error();
  return found;
}

Result<void> SqliteFleet::delete_credential(std::string_view name) {
  return in_transaction(database_, [&]() -> Result<void> {
    Result<void> deleted = run(database_, "DELETE FROM credentials WHERE name = ?1", {name});
    if (deleted && database_.changes() == 0) return Error{Code::absent, "there is no credential of that name"};
    return deleted;
  });
}

}  // namespace tidegate
