// Records as a sensor ships them, for benchmarks of what comes behind it: the simulator's alerts, audit logs and techniques, read
// by the agent's own parser and laid down by its own encoder, envelope included.
//
// Thread: the owner's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/edges/vision_one_page.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "storage/types.h"
#include "tests/support/vision_one_records.h"

namespace tidegate {

class SensorRecords {
 public:
  // Records are made in the name of the sensor, for its tenants in turns, and came to the API before `newest`.
  //   requires: at least one tenant
  SensorRecords(std::string sensor, std::vector<std::string> tenants, WallTime newest, Seed seed);

  // Another record of alerts, audit logs or techniques, as one entry of a chunk. `corrupt`: the agent's parser refuses it.
  Result<Bytes> next(Lane lane);
  // Those of a page of the API, likewise.
  Result<std::vector<Bytes>> entries_of(Lane lane, const std::string& tenant, Bytes page);

 private:
  struct Feeder {
    explicit Feeder(Lane lane) : parser(lane) {}

    VisionOnePageParser parser;
    std::vector<Bytes> made;  // the next one at the back
    std::uint32_t records = 0;
    std::size_t pages = 0;
  };

  Bytes page_of(Lane lane, Feeder& feeder) const;
  Feeder& feeder(Lane lane) { return feeders_[index_of(lane)]; }

  std::string sensor_;
  std::vector<std::string> tenants_;
  WallTime newest_;
  Schedule schedule_;
  Prose prose_;
  AlertRecords alerts_;
  AuditLogRecords audit_logs_;
  TechniqueRecords techniques_;
  std::array<Feeder, 3> feeders_{Feeder{Lane::alerts}, Feeder{Lane::audit_logs}, Feeder{Lane::techniques}};
};

}  // namespace tidegate
