// What the storage tests share: a directory that goes away, and pages to commit.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "storage/rocks_journal.h"
#include "tests/support/temporary_directory.h"

namespace tidegate {

inline WallSeconds at(std::int64_t seconds) { return WallSeconds{std::chrono::seconds{seconds}}; }

inline CursorKey key_of(Lane lane, std::string connector = "acme", std::uint32_t job = 0) {
  return {std::move(connector), lane, job};
}

inline Segment sample_segment(std::size_t payload_bytes = 1000, std::int64_t oldest = 5000) {
  Segment segment;
  segment.tag = "tidegate.sample";
  segment.compression = Compression::zstd;
  segment.records = 10;
  segment.plain_bytes = static_cast<std::uint32_t>(std::min<std::size_t>(payload_bytes * 2, segment_plain_bytes_max));
  segment.oldest = at(oldest);
  segment.newest = at(oldest + 60);
  segment.payload.resize(payload_bytes);
  for (std::size_t i = 0; i < payload_bytes; ++i) segment.payload[i] = static_cast<char>(i * 7 + static_cast<std::size_t>(oldest));
  return segment;
}

// One page of a sweep that reads from `from`: one segment, one id, and the cursor within the window.
inline Commit sample_commit(const CursorKey& key, std::int64_t from, std::size_t payload_bytes = 1000) {
  Commit commit;
  commit.key = key;
  commit.segments.push_back(sample_segment(payload_bytes, from + 10));
  commit.seen = {at(from + 20), {Id128{7, static_cast<std::uint64_t>(from)}}};
  commit.next.settled = at(from);
  commit.next.through = at(from);
  commit.next.window = WindowProgress{.from = at(from), .to = at(from + 300), .next_link = "page-2", .pages = 1};
  return commit;
}

// A journal in a directory of its own, opened and opened again.
class JournalTest : public testing::Test {
 protected:
  std::filesystem::path directory() const { return temporary_.path() / "state" / "journal"; }

  JournalOptions options() const {
    return {.directory = directory(), .budget = 64u << 20, .keep_free = 0, .fresh_epoch = {1, ++epochs_}, .env = environment_};
  }
  Result<std::unique_ptr<RocksJournal>> try_open() { return RocksJournal::open(options(), report_); }
  void open() {
    journal_.reset();
    Result<std::unique_ptr<RocksJournal>> opened = try_open();
    ASSERT_TRUE(opened) << opened.error().text();
    journal_ = *std::move(opened);
  }
  // The one file with this ending; the newest, where there are several.
  std::filesystem::path file(const std::string& ending) const {
    std::filesystem::path found;
    for (const auto& entry : std::filesystem::directory_iterator{directory()}) {
      if (entry.path().string().ends_with(ending) && entry.path() > found) found = entry.path();
    }
    return found;
  }

  TemporaryDirectory temporary_;
  std::shared_ptr<rocksdb::Env> environment_;
  mutable std::uint64_t epochs_ = 0;
  OpenReport report_;
  std::unique_ptr<RocksJournal> journal_;
};

}  // namespace tidegate
