// A record and a page, as the pipeline sees them: an id, a time and a payload that nobody looks into.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/id128.h"

namespace tidegate {

// One alert version, audit entry or detection. The payload is the API's record as msgpack: no key dropped, renamed or
// re-typed, numbers exact (encoder.h says how). It lies in the page that owns the record.
struct Record {
  Id128 source_id;           // of what makes it distinct at its source: id, and version where records change
  WallTime time{};           // the record's own time; the window's end where it has none that can be read
  WallTime listed{};         // the latest of its times: it stands no later than there in the source's list
  std::uint32_t offset = 0;  // of the payload in Page::payloads
  std::uint32_t bytes = 0;
  bool named = true;       // false: it has no id; source_id is of its content, and others may agree with it to the byte
  bool understood = true;  // false: no usable id or time; kept and shipped as it came, and counted
};

// One answer of the API.
struct Page {
  std::vector<Record> records;
  Bytes payloads;
  std::string next_link;          // empty: the last page
  std::int64_t total_count = -1;  // of the whole window; -1 where the API gave none

  ByteView payload(const Record& record) const { return ByteView{payloads}.substr(record.offset, record.bytes); }
};

}  // namespace tidegate
