// Encoder: the new records of a page become segments: msgpack entries, compressed once. What leaves here is byte for byte
// what the journal keeps and what goes on the wire (design section 2).
//
// An entry is the Forward protocol's [EventTime, map]. The map's keys, in this order (design section 4):
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
#include "base/result.h"
#include "storage/types.h"
#include "transport/compression.h"

namespace tidegate {

class Encoder {
 public:
  Encoder(Origin origin, Compression compression);

  // The chosen records of the page, by index, in their order; `ids` tells each apart (copies.h). A segment is closed before its
  // entries would exceed segment_plain_bytes_max; only a single record that is larger by itself makes a larger one.
  Result<std::vector<Segment>> encode(const Page& page, std::span<const std::uint32_t> chosen, std::span<const Id128> ids);

  // What the record is called everywhere after this.
  Id128 record_id(const Id128& id) const;

 private:
  void append_entry(Bytes& entries, const Page& page, const Record& record, const Id128& id) const;
  Result<Segment> close(const Bytes& entries, Segment segment);

  Origin origin_;
  Compression compression_;
  Compressor compressor_;
  Bytes id_prefix_;  // what the record id's hash begins with
  Bytes constant_;   // the middle of every entry's map
  Bytes plain_;      // entries of the segment being made; keeps its memory from page to page
};

}  // namespace tidegate
