// Encoder: the new records of a page become segments of msgpack entries. They are compressed once, on their way into the journal
// (edges/segment_packer.h), and then are byte for byte what the journal keeps and what goes on the wire.
//
// An entry is the Forward protocol's [EventTime, map]. The map's keys, in this order:
//   timestamp             int, milliseconds since the epoch, of the record's own time
//   record_id             str, 32 hexadecimal digits: hash of tenant, connector, content type and source id
//   tenantid, tenant_name, msg_class, msg_origin {source, vendor, category}, connector, sensor
//   tidegate              map {understood: false}, only where the record was not understood
//   trendmicro_visionone  the API's record as msgpack
// All but the first two and the last are the same in every record of a lane, and are laid down once.
//
// Thread: the owner's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agent/envelope.h"
#include "agent/record.h"
#include "storage/types.h"

namespace tidegate {

class Encoder {
 public:
  explicit Encoder(Origin origin);

  // The chosen records of the page, by index, in their order; `ids` tells each apart (copies.h). A segment is closed before its
  // entries would exceed segment_plain_bytes_max; only a single record that is larger by itself makes a larger one.
  std::vector<Segment> encode(const Page& page, std::span<const std::uint32_t> chosen, std::span<const Id128> ids) const;

  // What the record is called everywhere after this.
  Id128 record_id(const Id128& id) const;

 private:
  void append_entry(Bytes& entries, const Page& page, const Record& record, const Id128& id) const;

  std::string tag_;
  Bytes id_prefix_;  // what the record id's hash begins with
  Bytes constant_;   // the middle of every entry's map
};

}  // namespace tidegate
