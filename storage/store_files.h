// StoreFiles: what healing does to whole directories: look what is there, make, move aside, remove; and whether another
// process holds the store. Everything goes through the store's environment, so that tests can live in memory and fail.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "storage/rocks_store.h"

namespace tidegate {

// What a store's directory holds, by the names of its files.
struct StoreFiles {
  bool there = false;    // the directory is there
  bool foreign = false;  // and has files, but none of a store
  bool current = false;  // CURRENT, which names the manifest
  bool log = false;      // a write-ahead log: there is always one beside CURRENT
  bool data = false;     // a manifest, log, table or blob file: something may have been acknowledged

  bool begun() const { return current || data; }
};

// A directory that is missing holds nothing.
Result<StoreFiles> look(const StorePlace& place);

// With its parents; the directory itself for its owner alone where it lies on the machine's disk.
Result<void> make_directory(const StorePlace& place);

// Ok when nobody holds the store and it can be written to.
//   `unavailable`: another process holds it.   `invalid`: no permission.
Result<void> check_lock(const StorePlace& place);

// The damaged stores beside this one: the number of the newest, how many, and the oldest.
struct SetAside {
  std::size_t count = 0;
  std::uint64_t newest = 0;
  std::uint64_t oldest = 0;
};
Result<SetAside> find_set_aside(const StorePlace& place);
std::filesystem::path set_aside_path(const StorePlace& place, std::uint64_t number);
// Where a store is begun, before it is moved into its place whole: the directory never holds half a store.
StorePlace beginning_place(const StorePlace& place);

// Moves a directory, and makes the move durable.
Result<void> move_directory(const StorePlace& from, const std::filesystem::path& to);
// The directory and the files in it; ok when it is not there. A store has no directories inside.
Result<void> remove_directory(const StorePlace& place);

}  // namespace tidegate
