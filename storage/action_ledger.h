// ActionLedgerFiles: runs of response actions on a sensor's disk, in a directory of its own beside the journal: they survive a
// journal that was healed (P9, P11). What the rows mean is not this floor's to know: a row has a key, a body, and is settled or
// not.
//
//   ledger          the ledger's id, drawn when it was begun, and the change up to which changes may have been given
//   run-KEY         one row: its change, whether it is settled, its body; KEY is 32 hexadecimal digits
//   rows            rows that are written together, until each has its own file
//   value           one value beside the rows, sealed by the caller
//   NAME.new        a file that is being written; without meaning
//   NAME.damaged    what was set aside
//
// The bytes are action_ledger_format.h's; each file ends in its checksum. Files of other names are left alone. It promises:
// - put() is all or nothing, and on stable storage when it returns; after an error it may be in or not, and what is read then is
// what
//   the disk says, now and after each crash. Until the disk is sure of that, every call fails: who reads acts by what he reads
//   (P9).
// - Each row that is put gets a change of its own, above all before it, in the order of the call; changes never repeat, whatever is
//   damaged, trimmed or restarted, so whoever asks for what changed after N misses nothing but what was trimmed. They may leave
//   gaps.
// - A damaged row is set aside and named; the others stay. For as long as it lies there its key is neither read nor put: nobody
// knows
//   what was done under it, so it is not to be begun anew (P9). A ledger whose id is lost or damaged is set aside
//   whole, and a new one begun under a fresh id: whoever knew the old one can tell (P9).
// - A row that was trimmed, set aside or replaced never comes back, whatever dies when.
//
// Files are written through RocksDB's environment, as the rest of this floor does it, so that the faulty file system of the tests
// holds for them as well.
//
// Thread: the journal's; each call may take a few syncs. No two processes: the journal's lock is taken before.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/id128.h"
#include "base/result.h"
#include "storage/config_files.h"

namespace tidegate {

struct ActionLedgerLimits {
  std::size_t unsettled_max = 1'000;           // rows
  std::size_t settled_max = 10'000;            // beyond it those whose change is the oldest go
  std::size_t row_bytes_max = 1u << 20;        // of one body
  std::size_t together_bytes_max = 16u << 20;  // of the bodies of one call
  std::size_t value_bytes_max = 1u << 20;
};

struct LedgerRow {
  std::string key;
  bool settled = false;
  Bytes body;
  std::uint64_t change = 0;  // given by put()

  bool operator==(const LedgerRow&) const = default;
};

struct LedgerChange {
  std::uint64_t change = 0;
  std::string key;  // of the row that it left

  bool operator==(const LedgerChange&) const = default;
};

// What open() found. A caller logs it, and counts what was set aside (P11, P12).
struct ActionLedgerReport {
  bool begun = false;                  // there was none, or it was set aside whole
  std::vector<std::string> set_aside;  // paths of damaged files, and of those of a ledger without its id, where they are now
  std::vector<std::string> reasons;    // why, one each
};

class ActionLedgerFiles {
 public:
  // Made where it is missing, for its owner alone. `fresh_id` is used only when one is begun.
  //   `invalid`: no permission, not a directory, or written by a newer version.   `unavailable`, `full`: the disk.
  static Result<std::unique_ptr<ActionLedgerFiles>> open(const StorePlace& place, const Id128& fresh_id, ActionLedgerReport& report,
                                                         ActionLedgerLimits limits = {});

  // 32 hexadecimal digits.
  const std::string& id() const { return id_; }

  // Each replaces the row of its key. Some of those beyond settled_max go.
  //   `full`: there would be more than unsettled_max rows that are not settled, or the disk is full.   `invalid`: a body is beyond
  //   row_bytes_max, or all of them are beyond together_bytes_max.   `corrupt`: the row of a key was damaged and is set aside.
  //   requires: keys are 32 hexadecimal digits, each once in a call
  Result<void> put(std::vector<LedgerRow> rows);
  // `absent`.   `corrupt`: damaged since it was written, or set aside for that.
  Result<LedgerRow> read(const std::string& key);
  // Keys of those that are not settled, by their change.
  Result<std::vector<std::string>> unsettled();
  // Of each row its change, where that is above this one, in order; at most `most`.
  Result<std::vector<LedgerChange>> changed_after(std::uint64_t change, std::size_t most);
  // No row has one above it, and whatever is put from now on has. 0: none ever was.
  std::uint64_t last_change() const { return last_change_; }

  // On stable storage when it returns, in place of the one before.   `invalid`: beyond value_bytes_max.
  Result<void> put_value(ByteView value);
  // `absent`: none was put, or it was damaged and set aside.   `corrupt`: damaged since it was written.
  Result<Bytes> value() const;

 private:
  struct Known {
    std::uint64_t change = 0;
    bool settled = false;
  };

  ActionLedgerFiles(const StorePlace& place, ActionLedgerLimits limits) : files_(place), limits_(limits) {}

  // action_ledger_open.cc
  Result<void> load(const Id128& fresh_id, ActionLedgerReport& report);
  Result<void> look_around();
  Result<void> load_head(const Id128& fresh_id, ActionLedgerReport& report);
  Result<void> set_aside_whole(const Error& why, ActionLedgerReport& report);
  Result<void> load_rows(ActionLedgerReport& report);
  Result<void> set_aside(const std::vector<std::string>& files, const Error& why, ActionLedgerReport& report);

  Result<Bytes> read_file(std::string_view file) const;
  Result<LedgerRow> read_row(const std::string& key) const;
  Error lost(const std::string& key) const;
  Result<void> check_room(const std::vector<LedgerRow>& rows) const;
  Result<void> give_changes(std::vector<LedgerRow>& rows);
  Result<void> write(const std::vector<LedgerRow>& rows);
  // Gives each of the rows that were written together its own file, where a call or a crash left that undone.
  Result<void> finish_together();
  Result<void> make_certain();
  void trim(std::size_t most);
  void know(const std::string& key, std::uint64_t change, bool settled);
  void forget(const std::string& key);

  ConfigFiles files_;
  ActionLedgerLimits limits_;
  std::string id_;
  std::map<std::string, Known> rows_;                          // by key
  std::set<std::pair<std::uint64_t, std::string>> by_change_;  // the same rows
  std::set<std::string> lost_;                                 // keys of rows that were set aside
  std::size_t unsettled_ = 0;                                  // of them
  std::set<std::string> uncertain_;                            // keys of rows of which the disk may say something else
  std::uint64_t last_change_ = 0;
  std::uint64_t changes_most_ = 0;  // that may be given before the file `ledger` is written again
};

}  // namespace tidegate
