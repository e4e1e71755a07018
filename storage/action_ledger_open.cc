// What stands in the ledger's directory, taken up: ActionLedgerFiles::open().
#include "storage/action_ledger.h"
#include "storage/action_ledger_format.h"
#include "storage/action_ledger_names.h"

namespace tidegate {
namespace {

bool is_ledger_damage(const Error& error) { return error.code() == Code::corrupt; }

}  // namespace

Result<std::unique_ptr<ActionLedgerFiles>> ActionLedgerFiles::open(const StorePlace& place, const Id128& fresh_id,
                                                                   ActionLedgerReport& report, ActionLedgerLimits limits) {
  std::unique_ptr<ActionLedgerFiles> ledger{new ActionLedgerFiles{place, limits}};
  if (Result<void> loaded = ledger->load(fresh_id, report); !loaded) return std::move(loaded).error().in("ledger of actions");
  return ledger;
}

Result<void> ActionLedgerFiles::load(const Id128& fresh_id, ActionLedgerReport& report) {
  if (Result<void> made = files_.make(); !made) return made;
  // A process that was killed leaves what it renamed to be seen, and a cut of the power may take it still.
  if (Result<void> synced = files_.sync(); !synced) return synced;
  if (Result<void> removed = look_around(); !removed) return removed;
  if (Result<void> loaded = load_head(fresh_id, report); !loaded) return loaded;
  if (Result<void> finished = finish_together(); !finished) {
    if (!is_ledger_damage(finished.error())) return finished;
    if (Result<void> aside = set_aside({std::string{ledger_names::together}}, finished.error(), report); !aside) return aside;
  }
  if (Result<void> loaded = load_rows(report); !loaded) return loaded;
  const Result<Bytes> kept = value();
  if (kept || kept.error().code() == Code::absent) return {};
  if (!is_ledger_damage(kept.error())) return kept.error();
  return set_aside({std::string{ledger_names::value}}, kept.error(), report);
}

// What was begun to be written goes; what was set aside is remembered.
Result<void> ActionLedgerFiles::look_around() {
  constexpr std::string_view begun_suffix = ".new";
  const Result<std::vector<std::string>> names = files_.names();
  if (!names) return names.error();
  for (const std::string_view file : *names) {
    const std::string_view stem = file.substr(0, file.rfind('.'));
    if (file.ends_with(begun_suffix) && ledger_names::is_ours(stem)) {
      if (Result<void> removed = files_.remove(file); !removed) return removed;
    }
    if (const std::string_view key = ledger_names::key_in(stem); file.ends_with(ledger_names::damaged_suffix) && !key.empty())
      lost_.emplace(key);
  }
  return {};
}

Result<void> ActionLedgerFiles::load_head(const Id128& fresh_id, ActionLedgerReport& report) {
  const Result<Bytes> file = read_file(ledger_names::head);
  Result<LedgerHead> head = file ? ledger_head_in(*file) : file.error();
  if (head) {
    id_ = to_hex(head->id);
    // Those up to there may have been given and told, though no row has them any more.
    last_change_ = changes_most_ = head->changes_most;
    return {};
  }
  const Error why = std::move(head).error();
  if (!is_ledger_damage(why) && why.code() != Code::absent) return Error{why}.in(files_.path_of(ledger_names::head));
  if (Result<void> aside = set_aside_whole(why, report); !aside) return aside;
  if (Result<void> written = files_.replace(ledger_names::head, ledger_head_file({fresh_id, 0})); !written) return written;
  id_ = to_hex(fresh_id);
  report.begun = true;
  return {};
}

// The damaged id goes last: a crash before that comes here again.
Result<void> ActionLedgerFiles::set_aside_whole(const Error& why, ActionLedgerReport& report) {
  const Result<std::vector<std::string>> names = files_.names();
  if (!names) return names.error();
  std::vector<std::string> files;
  for (const std::string& file : *names)
    if (ledger_names::is_ours(file) && file != ledger_names::head) files.push_back(file);
  const Error lost{why.code(), "the id of its ledger is lost: " + why.text()};
  if (Result<void> aside = set_aside(files, lost, report); !aside) return aside;
  return is_ledger_damage(why) ? set_aside({std::string{ledger_names::head}}, why, report) : Result<void>{};
}

Result<void> ActionLedgerFiles::load_rows(ActionLedgerReport& report) {
  const Result<std::vector<std::string>> names = files_.names();
  if (!names) return names.error();
  for (const std::string& file : *names) {
    const std::string key{ledger_names::key_in(file)};
    if (key.empty()) continue;
    const Result<LedgerRow> row = read_row(key);
    if (row) {
      know(key, row->change, row->settled);
    } else {
      if (!is_ledger_damage(row.error())) return row.error();
      if (Result<void> aside = set_aside({file}, row.error(), report); !aside) return aside;
    }
  }
  return {};
}

Result<void> ActionLedgerFiles::set_aside(const std::vector<std::string>& files, const Error& why, ActionLedgerReport& report) {
  if (files.empty()) return {};
  if (Result<void> moved = files_.rename_all(files, ledger_names::damaged_suffix); !moved) return moved;
  for (const std::string& file : files) {
    report.set_aside.push_back(files_.path_of(file + std::string{ledger_names::damaged_suffix}));
    report.reasons.push_back(why.text());
    if (const std::string_view key = ledger_names::key_in(file); !key.empty()) lost_.emplace(key);
  }
  return {};
}

}  // namespace tidegate
