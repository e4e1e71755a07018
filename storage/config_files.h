// ConfigFiles: small files in one directory, each replaced whole or not at all. The way to the disk of the configuration store and
// of the ledger of actions, through RocksDB's environment; what stands in the files is theirs to know.
//
// Thread: the journal's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/rocks_store.h"

namespace tidegate {

class ConfigFiles {
 public:
  explicit ConfigFiles(const StorePlace& place) : place_(place) {}

  // The directory, where it is missing, for its owner alone.
  Result<void> make() const;
  Result<std::vector<std::string>> names() const;

  // `absent`: no such file.   `corrupt`: longer than `bytes_max`.
  Result<Bytes> read(std::string_view file, std::size_t bytes_max) const;

  // They return when the disk has it. After an error it may have been done or not.
  Result<void> replace(std::string_view file, ByteView bytes) const;
  Result<void> rename(std::string_view from, std::string_view to) const;
  Result<void> remove(std::string_view file) const;  // ok where there is none
  // Each to its name with the suffix.
  Result<void> rename_all(const std::vector<std::string>& files, std::string_view suffix) const;
  // What can be seen in the directory is on stable storage from then on: what was replaced, renamed or removed before a process was
  // killed, or with an error, need not be.
  Result<void> sync() const;

  std::string path_of(std::string_view file) const { return (place_.directory / file).string(); }

 private:
  StorePlace place_;
};

}  // namespace tidegate
