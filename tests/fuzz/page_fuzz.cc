// A page of the Vision One API, whatever its bytes: parsed, encoded, and read back by the receiver's half.
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "agent/edges/vision_one_error.h"
#include "agent/edges/vision_one_page.h"
#include "agent/pipeline/encoder.h"
#include "base/check.h"
#include "transport/forward_entries.h"
#include "transport/msgpack_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidegate;
  if (size == 0) return 0;
  const Lane lane = all_lanes[data[0] % 3];
  const Bytes body{reinterpret_cast<const char*>(data + 1), size - 1};

  HttpResponse refused;
  refused.status = 400;
  refused.body = body;
  (void)error_of(refused, PageKind::first, "trace");

  VisionOnePageParser parser{lane};
  const Result<Page> page = parser.parse(body, WallTime{std::chrono::seconds{1'700'000'000}});
  if (!page) return 0;
  std::vector<std::uint32_t> chosen(page->records.size());
  std::iota(chosen.begin(), chosen.end(), 0);
  Encoder encoder{{.tenant_id = "t", .tenant_name = "T", .connector = "c", .sensor = "s", .lane = lane}, Compression::none};
  std::vector<Id128> ids;
  for (const Record& record : page->records) ids.push_back(record.source_id);
  const Result<std::vector<Segment>> segments = encoder.encode(*page, chosen, ids);
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
  TG_ASSERT(records == page->records.size(), "every record of a page is encoded");
  return 0;
}
