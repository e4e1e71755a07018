// The traffic of `bench rules`: chunks of records of which one in so many is met by some rule, no more and no less. Records come
// from the simulator as they are; those that would be too many of either kind are left out.
//
// Thread: the owner's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "bench/sensor_records.h"
#include "match/match.h"
#include "respond/rule.h"

namespace tidegate {

inline constexpr std::size_t traffic_chunk_records = 200;

// Records of one lane, back to back.
struct TrafficChunk {
  Lane lane = Lane::techniques;
  Bytes entries;
  std::vector<std::size_t> id_places;  // of the 32 digits of each record_id

  // Makes records of them that nobody has seen, by their ids alone.   requires: another pass than before
  void renumber(std::uint32_t pass);
};

// Whether a record is met by one of the rules.
class RuleHits {
 public:
  static Result<RuleHits> make(std::vector<Rule> rules);

  //   entry: as in a chunk. `corrupt`: it is no record
  Result<bool> met(const Bytes& entry) const;

 private:
  RuleHits(std::vector<Rule> rules, Matchers matchers) : rules_(std::move(rules)), matchers_(std::move(matchers)) {}

  std::vector<Rule> rules_;
  Matchers matchers_;
};

// Of twenty chunks one is of alerts, two of audit logs, the others of techniques. `absent`: of one kind the records do not come.
//   requires: met_of_chunk <= traffic_chunk_records
Result<std::vector<TrafficChunk>> make_traffic(SensorRecords& source, const RuleHits& hits, std::size_t chunks,
                                               std::size_t met_of_chunk);

}  // namespace tidegate
