#include "processor/chunk_records.h"

#include "transport/compression.h"
#include "transport/forward_entries.h"

namespace tidegate {

Result<void> read_chunk(const Chunk& chunk, Bytes& plain, std::vector<IndexRecord>& records) {
  Result<Bytes> decompressed = decompress_entries(chunk.entries, chunk.compression);
  if (!decompressed) return std::move(decompressed).error();
  plain = *std::move(decompressed);
  const std::size_t before = records.size();
  EntryReader entries{plain};
  while (true) {
    Result<std::optional<Entry>> entry = entries.next();
    if (entry && !*entry) return {};
    Result<RecordView> record = entry ? read_record((*entry)->record) : Result<RecordView>{entry.error()};
    if (!record) {
      records.resize(before);
      return std::move(record).error();
    }
    records.push_back({*record, chunk.sensor, chunk.received});
  }
}

}  // namespace tidegate
