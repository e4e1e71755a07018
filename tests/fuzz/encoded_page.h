// What the fuzzers of pages have in common: whatever was parsed can be encoded, and read back by the receiver's half.
#pragma once

#include <numeric>
#include <optional>
#include <vector>

#include "agent/pipeline/encoder.h"
#include "base/check.h"
#include "transport/forward_entries.h"
#include "transport/msgpack_json.h"

namespace tidegate {

inline void check_encodes(const Page& page, Lane lane) {
  std::vector<std::uint32_t> chosen(page.records.size());
  std::iota(chosen.begin(), chosen.end(), 0);
  std::vector<Id128> ids;
  for (const Record& record : page.records) ids.push_back(record.source_id);
  Encoder encoder{{.tenant_id = "t", .tenant_name = "T", .connector = "c", .sensor = "s", .lane = lane}};
  const Result<std::vector<Segment>> segments = encoder.encode(page, chosen, ids);
  TG_ASSERT(segments.has_value(), "what was parsed can be encoded");
  std::size_t records = 0;
  for (const Segment& segment : *segments) {
    EntryReader reader{segment.payload};
    for (;;) {
      const Result<std::optional<Entry>> entry = reader.next();
      TG_ASSERT(entry.has_value(), "what was encoded can be read");
      if (!*entry) break;
      ++records;
      TG_ASSERT(to_json((*entry)->record).has_value(), "what was encoded is JSON again");
    }
  }
  TG_ASSERT(records == page.records.size(), "every record of a page is encoded");
}

}  // namespace tidegate
