// The embedded index, read: day files, the newest first. Works beside a running daemon (each reader sees whole
// transactions) and without one. A day that cannot be read is named in the answer, never passed over in silence.
//
// Thread: one at a time.
#pragma once

#include <filesystem>
#include <vector>

#include "processor/ports.h"

namespace tidegate {

class SqliteArchive final : public Archive {
 public:
  // `absent`: there is no such directory. `invalid`: it cannot be read.
  static Result<SqliteArchive> open(const std::filesystem::path& directory);

  Result<std::optional<SearchRange>> extent() override;
  Result<SearchFields> fields(const SearchRange& range) override;
  Result<SearchEnd> search(const Search& search, const std::function<bool(ByteView document)>& hit) override;

 private:
  explicit SqliteArchive(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // The days on disk that the range touches, the newest first.
  Result<std::vector<std::chrono::sys_days>> days(const SearchRange& range) const;

  std::filesystem::path directory_;
};

}  // namespace tidegate
