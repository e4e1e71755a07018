#include "processor/pipeline/receive.h"

#include "transport/forward_entries.h"

namespace tidegate {
namespace {

Result<std::uint32_t> check_entries(ByteView plain) {
  EntryReader entries{plain};
  std::uint32_t count = 0;
  while (true) {
    Result<std::optional<Entry>> entry = entries.next();
    if (!entry) return std::move(entry).error();
    if (!*entry) return count;
    ++count;
    const Result<RecordView> record = read_record((*entry)->record);
    if (!record) return Error{record.error()}.in("entry " + std::to_string(count));
  }
}

}  // namespace

Result<Chunk> check_message(ForwardMessage message, std::string_view sensor, WallTime now, const ReceiveLimits& limits) {
  Result<std::uint32_t> records = 0u;
  if (message.compression == WireCompression::none) {
    if (message.entries_bytes > limits.plain_bytes_max) return Error{Code::invalid, "a chunk is larger than its bound"};
    records = check_entries(message.entries());
  } else {
    const Result<Bytes> plain = decompress_entries(message.entries(), message.compression, limits.plain_bytes_max);
    if (!plain) return plain.error();
    records = check_entries(*plain);
  }
  if (!records) return std::move(records).error();

  Chunk chunk;
  chunk.sensor = sensor;
  chunk.tag = std::move(message.tag);
  chunk.id = std::move(message.chunk);
  chunk.received = now;
  chunk.records = *records;
  chunk.compression = message.compression;
  // The message's own memory, cut to its entries.
  chunk.entries = std::move(message.bytes);
  chunk.entries.resize(message.entries_begin + message.entries_bytes);
  chunk.entries.erase(0, message.entries_begin);
  return chunk;
}

ChunkIntake::ChunkIntake(Lander& lander, const Clock& clock, Metrics& metrics, ReceiveLimits limits)
    : lander_(lander),
      clock_(clock),
      limits_(limits),
      received_(metrics.counter("tidegate_chunks_received_total", "Chunks that came whole over the wire.")),
      refused_(metrics.counter("tidegate_chunks_refused_total", "Chunks that did not decode: they got no acknowledgement.")) {}

Result<Chunk> ChunkIntake::receive(ForwardMessage message, std::string_view sensor) {
  received_.add();
  Result<Chunk> chunk = check_message(std::move(message), sensor, clock_.wall(), limits_);
  if (!chunk) refused_.add();
  return chunk;
}

bool ChunkIntake::land(Chunk& chunk, Answer answer) { return lander_.offer(chunk, std::move(answer)); }

}  // namespace tidegate
