#include "processor/pipeline/receive.h"

#include "transport/forward_entries.h"

namespace tidegate {
namespace {

constexpr std::size_t claimed_name_bytes_max = 64;

std::string claimed_name(std::string_view name) {
  return name.empty() ? std::string{"nobody"} : "'" + std::string{name.substr(0, claimed_name_bytes_max)} + "'";
}

// A sensor speaks as itself and for its tenants (P10). Records of one chunk mostly agree, so the tenant that was found last is
// looked at first.
class Claims {
 public:
  explicit Claims(const DataPeer& peer) : peer_(peer) {}

  Result<void> check(const RecordView& record) {
    if (!peer_.identity) return {};
    if (record.sensor != peer_.identity->sensor)
      return Error{Code::denied, "it names " + claimed_name(record.sensor) + " as its sensor"};
    if (record.tenantid == tenant_) return {};
    if (!peer_.identity->speaks_for(record.tenantid))
      return Error{Code::absent, "tenant " + claimed_name(record.tenantid) + " is none of this sensor's"};
    tenant_ = record.tenantid;
    return {};
  }

 private:
  const DataPeer& peer_;
  std::string_view tenant_;  // in the entries; never empty once found
};

Result<std::uint32_t> check_entries(ByteView plain, const DataPeer& peer) {
  Claims claims{peer};
  EntryReader entries{plain};
  std::uint32_t count = 0;
  while (true) {
    Result<std::optional<Entry>> entry = entries.next();
    if (!entry) return std::move(entry).error();
    if (!*entry) return count;
    ++count;
    const Result<RecordView> record = read_record((*entry)->record);
    if (!record) return Error{record.error()}.in("entry " + std::to_string(count));
    if (Result<void> own = claims.check(*record); !own) return std::move(own).error().in("entry " + std::to_string(count));
  }
}

}  // namespace

Result<Chunk> check_message(ForwardMessage message, const DataPeer& peer, WallTime now, const ReceiveLimits& limits) {
  Result<std::uint32_t> records = 0u;
  if (message.compression == WireCompression::none) {
    if (message.entries_bytes > limits.plain_bytes_max) return Error{Code::invalid, "a chunk is larger than its bound"};
    records = check_entries(message.entries(), peer);
  } else {
    const Result<Bytes> plain = decompress_entries(message.entries(), message.compression, limits.plain_bytes_max);
    if (!plain) return plain.error();
    records = check_entries(*plain, peer);
  }
  if (!records) return std::move(records).error();

  Chunk chunk;
  chunk.sensor = peer.sensor;
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
      refused_(metrics.counter("tidegate_chunks_refused_total",
                               "Chunks that did not decode, or spoke for others: they got no acknowledgement.")) {}

Result<Chunk> ChunkIntake::receive(ForwardMessage message, const DataPeer& peer) {
  received_.add();
  Result<Chunk> chunk = check_message(std::move(message), peer, clock_.wall(), limits_);
  if (!chunk) refused_.add();
  return chunk;
}

bool ChunkIntake::land(Chunk& chunk, Answer answer) { return lander_.offer(chunk, std::move(answer)); }

}  // namespace tidegate
