// FaultyFs: a file system that forgets what was not synced, and fails when told to. It stands on the real one, in a
// directory of the test's own, and never asks the disk to sync: it only notes what would have been. The library's
// copies of its options, which nothing reads, are not kept: they would be most of what is written.
//
// What a power cut takes: the bytes of a file behind its last sync (or a random part of them, or it garbles them: pages
// reach a disk in any order), and every creation, removal and renaming since its directory's last sync. Removals are undone
// from a stash. Renaming a whole directory takes effect at once, and is durable at once. A kill of the process takes nothing:
// what it wrote is with the system, and at risk until it is synced.
//
// Thread: any; the library calls from its own. With environment_of() it has one for the background, and what is done to the disk is
// done in the same order in every run.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/support/one_worker.h"

namespace tidegate {

enum class DiskFault : std::uint8_t { io_error, no_space };
enum class DiskAction : std::uint8_t { append, sync };

// Fails the action on files whose name ends in `suffix`: the one after `skip` of them, and all that follow until cleared.
// An append that finds no space writes half of its bytes first.
struct ArmedFault {
  DiskFault fault = DiskFault::io_error;
  DiskAction action = DiskAction::append;
  std::string suffix;  // ".log": the write-ahead log; "": any
  std::uint64_t skip = 0;
};

// What becomes of the bytes that were not synced. `kept`: it was a kill, no cut of the power: creations, removals and renamings
// stay too.
enum class TornTail : std::uint8_t { dropped, cut_anywhere, garbled, kept };

class FaultyFs final : public rocksdb::FileSystemWrapper {
 public:
  // `stash`: where removed files wait, on the file system of the test's directory; made here.
  explicit FaultyFs(std::filesystem::path stash);

  static const char* kClassName() { return "FaultyFs"; }
  const char* Name() const override { return kClassName(); }

  // From now on nothing works: end every user of the file system, then power_on().
  void power_off();
  // So many more operations are done: appends, syncs, creations, removals, renamings, syncs of a directory. The one after them
  // finds the power gone and is not done; of an append, half of the bytes are written.
  void power_off_after(std::uint64_t operations);
  bool is_off() const;
  // Applies the loss, and works again. A power_off_after() that was not reached is forgotten.
  void power_on(Random& random, TornTail tail);

  void arm(ArmedFault fault);
  // Also a power_off_after() that was not reached.
  void clear();
  // The fault that is armed, whether it has struck yet or not.
  std::optional<DiskFault> armed() const;
  void set_free_space(std::optional<std::uint64_t> bytes);
  // What the library does in the background, and waits for it: before the directory is looked at from outside.
  OneWorker& background() { return background_; }

  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options, std::uint64_t* bytes,
                                 rocksdb::IODebugContext* debug) override;

 private:
  friend class FaultyFile;
  friend class FaultyDirectory;

  struct Extent {
    std::uint64_t written = 0;
    std::uint64_t synced = 0;
  };
  // One change of a directory that is not synced yet, and how to undo it: `now` becomes `before`, or goes.
  struct Change {
    std::string directory;
    std::string now;
    std::string before;  // empty: the file was created
  };

  rocksdb::IOStatus spend();
  rocksdb::IOStatus refuse(DiskAction action, const std::string& path);
  rocksdb::IOStatus stash_away(const std::string& path);
  void directory_synced(const std::string& directory);
  void undo_changes();
  void tear(const std::string& path, const Extent& extent, Random& random, TornTail tail);

  mutable std::mutex mutex_;
  std::filesystem::path stash_;
  std::uint64_t stashed_ = 0;
  bool off_ = false;
  std::optional<std::uint64_t> operations_left_;  // until it is off
  std::map<std::string, Extent> extents_;
  std::vector<Change> changes_;
  std::optional<ArmedFault> armed_;
  std::optional<std::uint64_t> free_space_;
  OneWorker background_;  // last: its jobs use the above
};

// The environment that a store is given. Shared, because the library's threads use it while a store is open.
std::shared_ptr<rocksdb::Env> environment_of(const std::shared_ptr<FaultyFs>& files);

// A file system in memory, for tests that want none of this: nothing is left behind, nothing touches the disk.
std::shared_ptr<rocksdb::Env> memory_environment();

// Flips one bit of the byte at `offset` (counted from the end where it is negative).   requires: the file is that long
void flip_bit(const std::filesystem::path& file, std::int64_t offset);

}  // namespace tidegate
