// ModelIndex: an Index in memory that remembers what came under which record_id. It outlives the processors, as an index on a disk
// of its own would; what it has answered it keeps.
//
// Thread: the loop.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/id128.h"
#include "processor/ports.h"
#include "tests/world/source_name.h"

namespace tidegate {

// A record at its source, in a tenant.
struct TenantRecord {
  std::string tenant;
  SourceName source;

  auto operator<=>(const TenantRecord&) const = default;
};

class ModelIndex final : public Index {
 public:
  Result<std::vector<Upserted>> upsert(std::span<const IndexRecord> records) override;

  // The record ids that each record of an API came under; one, if no twin was made. Of records that have no id of their own
  // (SourceName::version is `nameless`) as many as the API has copies.
  const std::map<TenantRecord, std::set<std::string>>& records() const { return records_; }
  // Record ids that came again with other content than before: none, if nothing was corrupted.
  const std::vector<std::string>& changed() const { return changed_; }
  // The agents' own events, as msgpack, each once.
  const std::vector<Bytes>& own_events() const { return own_events_; }
  std::uint64_t upserts() const { return upserts_; }
  // The next `count` calls answer `unavailable`, half of their records being in.
  void fail(int count) { failures_ = count; }

 private:
  Upserted put(const RecordView& view);

  std::map<TenantRecord, std::set<std::string>> records_;
  std::map<std::string, Id128> contents_;  // by record id
  std::vector<std::string> changed_;
  std::vector<Bytes> own_events_;
  std::uint64_t upserts_ = 0;
  int failures_ = 0;
};

}  // namespace tidegate
