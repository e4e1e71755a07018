// The embedded landing: chunks in RocksDB, as they came, until they are indexed; their ids for a month longer.
//
// Promises P4 (land() is one synced write) and its half of P2 (a chunk id seen before is dropped). What is indexed gives
// its disk space back: payloads lie in blob files, and whole files go once all in them is done.
// Memory: at most two write buffers of 64 MiB for payloads, 16 MiB for the rest, a block cache of 32 MiB, one batch.
//
// Threads: as in ports.h. Source of the format: landing_format.h.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/log.h"
#include "processor/ports.h"

namespace rocksdb {
class Env;
}

namespace tidegate {

struct LandingLimits {
  std::chrono::seconds id_age_max = std::chrono::hours{30 * 24};
  std::uint64_t ids_max = 10'000'000;                // the oldest are dropped
  std::uint64_t backlog_bytes_max = 64ull << 30;     // landed and not yet indexed; beyond it land() answers `full`
  std::uint64_t compact_after_bytes = 256ull << 20;  // of payloads done
};

struct LandingOptions {
  LandingLimits limits{};
  std::shared_ptr<rocksdb::Env> env{};  // the store's world, for tests that take its power; absent: the system's
};

struct LandingReport {
  bool damaged = false;   // the store was not as it was left: acknowledged chunks may be missing
  std::string reason;     // why; empty when not damaged
  std::string set_aside;  // where the unreadable store was moved to; empty when it could be opened
};

struct LandingStore;  // landing_store.h

class RocksLanding final : public Landing {
 public:
  // Opens the store in `directory`, or makes it. A store that is damaged is opened with what can be read of it; one that
  // cannot be opened at all is moved to `<directory>.damaged-<n>` and begun anew. Either is in `report`.
  // `unavailable`: another process has it; `invalid`: the directory cannot be used, or a newer version wrote it.
  static Result<std::unique_ptr<RocksLanding>> open(const std::filesystem::path& directory, LandingReport& report,
                                                    const LandingOptions& options = {});
  ~RocksLanding() override;

  Result<std::vector<Landed>> land(std::span<const Chunk> chunks) override;
  Result<LandedChunk> read(std::uint64_t sequence) override;
  Result<void> done(LandingPlace place) override;
  LandingUsage usage() const override;

  // Chunk ids remembered, at most.
  std::uint64_t ids() const;

 private:
  explicit RocksLanding(std::unique_ptr<LandingStore> store);

  std::unique_ptr<LandingStore> store_;
};

}  // namespace tidegate
