// ConfigStore: what the processor offered and what became of it, in a directory of its own beside the journal: a configuration
// survives a journal that was healed, and the backlog any configuration (P8, P11).
//
//   last-good       the configuration that is kept
//   candidate       one that is being tried
//   refusal         the last one that was not kept, and why
//   history-N       each that was kept, by its sequence (20 digits), the last 16, the one in force among them; where it could
//                   not be written (a full disk), the next offer or the next start writes it
//   NAME.new        a file that is being written; without meaning
//   NAME.damaged    what was set aside
//
// It promises: each file is replaced whole or not at all, synced before it can be seen, and its directory before the call
// returns. After ok the change survives any crash; after an error it may have been made or not, and what the store then says is
// what the disk says. The candidate becomes the last good one by one renaming: there is no moment with two of them or none. A
// damaged file is set aside and reported, never begun anew in silence; the last good one then comes from the history. A refusal
// of what is kept already (its keeping failed, and did reach the disk) takes it back: the one before it is in force again.
//
// The bytes are config_format.h's. Files are written through RocksDB's environment, as the rest of this floor does it, so that
// the faulty file system of the tests, with its power cuts at every operation, holds for them as well.
//
// Thread: the journal's; each call may take a few syncs. No two processes: the journal's lock is taken before.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/config_files.h"
#include "storage/config_types.h"

namespace tidegate {

// What open() found. A caller logs it, and counts what was set aside (P11, P12).
struct ConfigStoreReport {
  std::vector<std::string> set_aside;   // paths of damaged files, where they are now
  std::vector<std::string> reasons;     // why, one each
  bool last_good_from_history = false;  // it was damaged or missing
  bool last_good_lost = false;          // and nothing of the history could be read: there is none
  bool last_good_taken_back = false;    // it had been refused while its keeping failed
  std::string history_flaw;             // why the one in force could not be copied there, or an old one removed; empty: all is well
};

class ConfigStore {
 public:
  // Made where it is missing, for its owner alone.   `invalid`: no permission, not a directory, or written by a newer version.
  static Result<std::unique_ptr<ConfigStore>> open(const StorePlace& place, ConfigStoreReport& report);

  const std::optional<ConfigHead>& last_good() const { return last_good_; }
  const std::optional<ConfigHead>& candidate() const { return candidate_; }
  const std::optional<ConfigRefusal>& refusal() const { return refusal_; }

  // Whole, from the disk.   `absent`: there is none.   `corrupt`: damaged since it was written.
  Result<StoredConfig> read_last_good() const;
  Result<StoredConfig> read_candidate() const;

  // Replaces the candidate. Sequence 0 asks for the next one; the head with it is returned.   requires: the bounds of
  // config_types.h
  Result<ConfigHead> put_candidate(StoredConfig config);
  // The candidate is the last good one from now on.   requires: there is one
  Result<void> keep_candidate();
  // Ok also where there is none.
  Result<void> drop_candidate();
  // Remembers it instead of the refusal before. The candidate stays.
  Result<void> refuse(ConfigRefusal refusal);

  Result<StoredConfig> from_history(std::uint64_t sequence) const;

 private:
  explicit ConfigStore(const StorePlace& place) : files_(place) {}

  Result<StoredConfig> read_config(std::string_view file) const;
  Result<ConfigRefusal> read_refusal() const;
  Result<void> set_aside(const std::string& file, const Error& why, ConfigStoreReport& report);

  Result<void> load(ConfigStoreReport& report);
  Result<void> remove_leftovers();
  Result<void> restore_last_good(ConfigStoreReport& report);
  Result<void> take_back_refused(ConfigStoreReport& report);
  Result<std::optional<StoredConfig>> newest_before(std::uint64_t sequence, ConfigStoreReport& report);
  Result<void> write_history();
  Result<std::vector<std::uint64_t>> history_sequences() const;
  Result<std::uint64_t> next_sequence() const;
  // After an error: what the disk says now, as far as it says anything.
  Error as_the_disk_has_it(Error error);

  ConfigFiles files_;
  std::optional<ConfigHead> last_good_;
  std::optional<ConfigHead> candidate_;
  std::optional<ConfigRefusal> refusal_;
};

}  // namespace tidegate
