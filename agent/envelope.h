// The envelope: what every record on the wire is wrapped in beside its own content, the API's records and
// the agent's own alike.
//
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "storage/types.h"

namespace tidegate {

// Where records come from.
struct Origin {
  std::string tenant_id;
  std::string tenant_name;
  std::string connector;
  std::string sensor;
  Lane lane = Lane::alerts;
};

// "trendmicro_visionone_alerts" and its like.
std::string_view msg_class(Lane lane);
// Of the wire: "tidegate.<msg_class>".
std::string tag_of(Lane lane);

// The pairs of the map that are the same in all records of an origin: tenantid, tenant_name, msg_class,
// msg_origin {source, vendor, category}, connector, sensor; in this order, as msgpack.
inline constexpr std::size_t envelope_pairs = 6;
Bytes envelope(const Origin& origin);

// What one entry begins with: [EventTime, map of so many pairs: timestamp (milliseconds), record_id (hexadecimal), …
//   requires: `pairs` counts these two as well
void begin_entry(Bytes& entries, WallTime time, const Id128& record_id, std::size_t pairs);

}  // namespace tidegate
