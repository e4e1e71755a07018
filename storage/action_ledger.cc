#include "storage/action_ledger.h"

#include <algorithm>

#include "base/check.h"
#include "storage/action_ledger_format.h"
#include "storage/action_ledger_names.h"

namespace tidegate {
namespace {

constexpr std::uint64_t changes_ahead = 1'000;            // that are taken by one writing of the file `ledger`
constexpr std::size_t ledger_file_bytes_max = 32u << 20;  // longer than any of ours
constexpr std::size_t trimmed_for_each_row_put = 2;

}  // namespace

Result<Bytes> ActionLedgerFiles::read_file(std::string_view file) const { return files_.read(file, ledger_file_bytes_max); }

Result<LedgerRow> ActionLedgerFiles::read_row(const std::string& key) const {
  const std::string file = ledger_names::of_row(key);
  const Result<Bytes> bytes = read_file(file);
  if (!bytes) return bytes.error();
  Result<LedgerRow> row = ledger_row_in(*bytes, key);
  if (!row) return std::move(row).error().in(files_.path_of(file));
  return row;
}

void ActionLedgerFiles::know(const std::string& key, std::uint64_t change, bool settled) {
  forget(key);
  rows_[key] = {change, settled};
  by_change_.emplace(change, key);
  if (!settled) ++unsettled_;
  last_change_ = std::max(last_change_, change);
}

void ActionLedgerFiles::forget(const std::string& key) {
  const auto known = rows_.find(key);
  if (known == rows_.end()) return;
  if (!known->second.settled) --unsettled_;
  by_change_.erase({known->second.change, key});
  rows_.erase(known);
}

Result<void> ActionLedgerFiles::finish_together() {
  const Result<Bytes> file = read_file(ledger_names::together);
  if (!file) return file.error().code() == Code::absent ? Result<void>{} : file.error();
  Result<std::vector<LedgerRow>> rows = ledger_rows_in(*file);
  if (!rows) return std::move(rows).error().in(files_.path_of(ledger_names::together));
  for (const LedgerRow& row : *rows) {
    // One that is there in full may be newer; one that is damaged is here as it should be.
    const Result<LedgerRow> there = read_row(row.key);
    if (there && there->change >= row.change) continue;
    if (!there && there.error().code() != Code::absent && there.error().code() != Code::corrupt) return there.error();
    if (Result<void> written = files_.replace(ledger_names::of_row(row.key), ledger_row_file(row)); !written) return written;
  }
  return files_.remove(ledger_names::together);
}

// After an error: what can be seen is brought to stable storage before it is told to anybody.
Result<void> ActionLedgerFiles::make_certain() {
  if (uncertain_.empty()) return {};
  if (Result<void> synced = files_.sync(); !synced) return synced;
  if (Result<void> finished = finish_together(); !finished) return finished;
  for (const std::string& key : uncertain_) {
    const Result<LedgerRow> row = read_row(key);
    if (row) know(key, row->change, row->settled);
    else if (row.error().code() == Code::absent) forget(key);
    else if (row.error().code() != Code::corrupt) return row.error();
  }
  uncertain_.clear();
  return {};
}

Error ActionLedgerFiles::lost(const std::string& key) const {
  return Error{Code::corrupt, "row " + key + " was damaged and is set aside as " +
                                  files_.path_of(ledger_names::of_row(key).append(ledger_names::damaged_suffix))};
}

Result<void> ActionLedgerFiles::check_room(const std::vector<LedgerRow>& rows) const {
  std::set<std::string_view> keys;
  std::size_t bytes = 0;
  std::size_t unsettled = unsettled_;
  for (const LedgerRow& row : rows) {
    TG_ASSERT(id_from_hex(row.key) && keys.insert(row.key).second, "rows of one call have keys of their own");
    if (lost_.contains(row.key)) return lost(row.key);
    if (row.body.size() > limits_.row_bytes_max)
      return Error{Code::invalid, "row " + row.key + " has " + std::to_string(row.body.size()) + " bytes, more than the " +
                                      std::to_string(limits_.row_bytes_max) + " of a row"};
    bytes += row.body.size();
    if (!row.settled) ++unsettled;
    if (const auto known = rows_.find(row.key); known != rows_.end() && !known->second.settled) --unsettled;
  }
  if (bytes > limits_.together_bytes_max)
    return Error{Code::invalid, "rows of " + std::to_string(bytes) + " bytes are more than the " +
                                    std::to_string(limits_.together_bytes_max) + " of one writing"};
  // What is there may always go on, also where the bound was higher once.
  if (unsettled > limits_.unsettled_max && unsettled > unsettled_)
    return Error{Code::full, std::to_string(unsettled_) + " rows are not settled, and no more than " +
                                 std::to_string(limits_.unsettled_max) + " are kept: wait until some are"};
  return {};
}

Result<void> ActionLedgerFiles::give_changes(std::vector<LedgerRow>& rows) {
  if (last_change_ + rows.size() > changes_most_) {
    const std::optional<Id128> id = id_from_hex(id_);
    TG_ASSERT(id.has_value(), "a ledger that is open has an id");
    const LedgerHead head{*id, last_change_ + rows.size() + changes_ahead};
    if (Result<void> written = files_.replace(ledger_names::head, ledger_head_file(head)); !written) return written;
    changes_most_ = head.changes_most;
  }
  for (LedgerRow& row : rows) row.change = ++last_change_;
  return {};
}

// Several are in from the moment on in which the file with all of them is; that is gone before anything else is done.
Result<void> ActionLedgerFiles::write(const std::vector<LedgerRow>& rows) {
  if (rows.size() > 1) {
    if (Result<void> written = files_.replace(ledger_names::together, ledger_rows_file(rows)); !written) return written;
  }
  for (const LedgerRow& row : rows) {
    if (Result<void> written = files_.replace(ledger_names::of_row(row.key), ledger_row_file(row)); !written) return written;
  }
  return rows.size() > 1 ? files_.remove(ledger_names::together) : Result<void>{};
}

Result<void> ActionLedgerFiles::put(std::vector<LedgerRow> rows) {
  if (rows.empty()) return {};
  if (Result<void> certain = make_certain(); !certain) return certain;
  if (Result<void> fit = check_room(rows); !fit) return fit;
  if (Result<void> given = give_changes(rows); !given) return given;
  for (const LedgerRow& row : rows) uncertain_.insert(row.key);
  if (Result<void> written = write(rows); !written) return written;
  uncertain_.clear();
  for (const LedgerRow& row : rows) know(row.key, row.change, row.settled);
  trim(trimmed_for_each_row_put * rows.size());
  return {};
}

// What was put is in, whatever becomes of this: what cannot be removed goes with a later call.
void ActionLedgerFiles::trim(std::size_t most) {
  const std::size_t settled = rows_.size() - unsettled_;
  std::vector<std::string> going;
  for (const auto& [change, key] : by_change_) {
    if (settled - going.size() <= limits_.settled_max || going.size() == most) break;
    if (rows_[key].settled) going.push_back(key);
  }
  for (const std::string& key : going) {
    if (!files_.remove(ledger_names::of_row(key))) {
      uncertain_.insert(key);
      return;
    }
    forget(key);
  }
}

Result<LedgerRow> ActionLedgerFiles::read(const std::string& key) {
  if (Result<void> certain = make_certain(); !certain) return std::move(certain).error();
  if (lost_.contains(key)) return lost(key);
  if (!rows_.contains(key)) return Error{Code::absent, "the ledger of actions has no row of that key"};
  return read_row(key);
}

Result<std::vector<std::string>> ActionLedgerFiles::unsettled() {
  if (Result<void> certain = make_certain(); !certain) return std::move(certain).error();
  std::vector<std::string> keys;
  for (const auto& [change, key] : by_change_)
    if (!rows_[key].settled) keys.push_back(key);
  return keys;
}

Result<std::vector<LedgerChange>> ActionLedgerFiles::changed_after(std::uint64_t change, std::size_t most) {
  if (Result<void> certain = make_certain(); !certain) return std::move(certain).error();
  std::vector<LedgerChange> changes;
  if (change >= last_change_) return changes;
  for (auto row = by_change_.lower_bound({change + 1, {}}); row != by_change_.end() && changes.size() < most; ++row)
    changes.push_back({row->first, row->second});
  return changes;
}

Result<void> ActionLedgerFiles::put_value(ByteView value) {
  if (value.size() > limits_.value_bytes_max)
    return Error{Code::invalid, "a value of " + std::to_string(value.size()) + " bytes is beyond the " +
                                    std::to_string(limits_.value_bytes_max) + " that are kept"};
  return files_.replace(ledger_names::value, ledger_value_file(value));
}

Result<Bytes> ActionLedgerFiles::value() const {
  const Result<Bytes> file = read_file(ledger_names::value);
  if (!file) return file.error();
  Result<Bytes> value = ledger_value_in(*file);
  if (!value) return std::move(value).error().in(files_.path_of(ledger_names::value));
  return value;
}

}  // namespace tidegate
