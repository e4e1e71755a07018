// All that the processor asks of the world: a place where chunks are durable, an index of their records, and a way to
// search it. edges/ answers with RocksDB and SQLite. The way of a chunk: receive, land, ack, index.
//
// Threads: the loop receives and acknowledges; the landing thread calls land(); the index thread calls everything else of
// Landing and all of Index. Landing::usage() may be called from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/query.h"
#include "processor/identity.h"
#include "processor/record.h"
#include "transport/forward_reader.h"

namespace tidegate {

struct TlsPeer;

// Who sends: what the handshake has proven.
struct DataPeer {
  std::string sensor;                      // as it is logged and landed
  std::optional<SensorIdentity> identity;  // absent: the certificate bears a common name alone, and may speak for any tenant
};

// Decides who may speak on the data port. Without one, whoever has a verified certificate with a common name may.
class SensorGate {
 public:
  virtual ~SensorGate() = default;

  // `denied`: revoked. `invalid`: the certificate names a sensor, and cannot be understood. The text is for the log.
  virtual Result<DataPeer> admit(const TlsPeer& peer) = 0;

  // False once the peer's access was revoked: it is to be cut off.
  virtual bool still_admitted(const DataPeer& peer) const = 0;
  // Grows whenever still_admitted() may have changed for somebody.
  virtual std::uint64_t version() const = 0;
};

// A chunk as it came, checked by receive.h: its entries decode.
struct Chunk {
  std::string sensor;             // the common name of the certificate that it came with
  std::string tag;                // of the wire
  std::optional<std::string> id;  // opaque text, the sender's; absent: no acknowledgement was asked for
  WallTime received{};
  std::uint32_t records = 0;
  WireCompression compression = WireCompression::none;
  Bytes entries;  // still compressed
};

// A place in the landing: sequences start at 1 and have no holes. `bytes` is the sum of all entries landed up to and
// including this chunk, ever, so that the difference of two places is what lies between them.
struct LandingPlace {
  std::uint64_t sequence = 0;
  std::uint64_t bytes = 0;

  bool operator==(const LandingPlace&) const = default;
};

struct LandedChunk {
  LandingPlace place;
  Chunk chunk;
};

enum class Landed : std::uint8_t {
  fresh,      // stored now
  duplicate,  // its id was stored before, or earlier in the same call: it is durable already, and dropped
};

struct LandingUsage {
  LandingPlace tail;  // the last chunk landed
  LandingPlace head;  // the last chunk that was indexed, and all before it
  WallTime oldest{};  // when the oldest chunk not yet indexed was received; meaningless when there is none

  std::uint64_t chunks() const { return tail.sequence - head.sequence; }
  std::uint64_t bytes() const { return tail.bytes - head.bytes; }
};

class Landing {
 public:
  virtual ~Landing() = default;

  // Lands all of them in one synced write, ids and payloads together; one answer for each, in order. After ok they
  // survive any crash, so they may be acknowledged (P4). `full`: no space; `unavailable`: the store failed. After an
  // error none may be acknowledged; they may or may not be in, which a re-send finds out.
  virtual Result<std::vector<Landed>> land(std::span<const Chunk> chunks) = 0;

  // The chunk at this place. `absent`: none was landed there. `corrupt`: it cannot be read back.
  //   requires: sequence > usage().head.sequence
  virtual Result<LandedChunk> read(std::uint64_t sequence) = 0;

  // The chunks up to and including this place are durable in the index: their payloads are forgotten, their ids kept.
  // Not synced: after a crash some may be read and indexed again, which the index absorbs (P2).
  virtual Result<void> done(LandingPlace place) = 0;

  virtual LandingUsage usage() const = 0;
};

// What the network does with a message: it is checked, then landed. The pipeline's answer to the servers of edges/.
class Intake {
 public:
  // Called once: how the chunk was landed, or why it was not. From the landing thread; it must not block.
  using Answer = std::function<void(const Result<Landed>&)>;

  virtual ~Intake() = default;

  // The message as a chunk that may be landed. An error: no acknowledgement, and the sender is cut off. Of a peer with an identity,
  // `denied`: a record names another sensor; `absent`: a record's tenant is not in its certificate.
  virtual Result<Chunk> receive(ForwardMessage message, const DataPeer& peer) = 0;

  // False: no room at the moment; the chunk is untouched, and `answer` is not called. Ask again after an answer.
  virtual bool land(Chunk& chunk, Answer answer) = 0;
};

// A record to be indexed; the views point into its chunk's entries.
struct IndexRecord {
  RecordView record;
  std::string_view sensor;  // of the chunk
  WallTime received{};      // by the processor
};

enum class Upserted : std::uint8_t {
  fresh,  // the index did not have it
  again,  // it had: the record replaced itself, and is there once (P2)
};

class Index {
 public:
  virtual ~Index() = default;

  // Puts all of them into the index by record_id and makes them durable before it returns; one answer for each, in
  // order. After an error some may be in: call it again with the same records. `full`, `unavailable`: later. A damaged part of the
  // index is set aside, reported and begun anew, which is no error.
  virtual Result<std::vector<Upserted>> upsert(std::span<const IndexRecord> records) = 0;
};

// Told of chunks as soon as they are landed.   Thread: the landing thread.
class LandedWatch {
 public:
  virtual ~LandedWatch() = default;

  // They are durable, and were not before. It must not block.
  virtual void landed(std::vector<Chunk> chunks) = 0;
};

// Told of what came into the index.   Thread: the index thread.
class RecordWatch {
 public:
  virtual ~RecordWatch() = default;

  // Whether the chunk's records were looked at before, so that they are not told of again. Asked once, when it is durable in the
  // index: who watches may forget it then. Its entries may be gone.
  virtual bool take_seen(const Chunk& chunk) = 0;
  // They are durable in the index. Some may come twice, or be told of twice after a crash. After an error they are told of again.
  virtual Result<void> seen(std::span<const IndexRecord> records) = 0;
};

// What is searched for. The range is half-open, and is of the records' own times.
struct SearchRange {
  WallTime from{};
  WallTime to{};
};

struct Search {
  const Query& query;
  SearchRange range;
  std::string tenant;                       // id; empty: all tenants
  const std::atomic<bool>* stop = nullptr;  // once it is true the search ends soon, with `cancelled`
};

struct SearchFields {
  std::set<std::string, std::less<>> paths;
  bool complete = true;  // false: there are more than could be kept, so an unknown one may exist after all
};

struct SearchEnd {
  std::uint64_t total = 0;              // records that match, whether they were asked for or only counted
  std::vector<std::string> unreadable;  // parts of the index that could not be read, each with the reason
};

// The index from the reader's side, in any process, whether the daemon runs or not.
// Thread: one at a time.
class Archive {
 public:
  virtual ~Archive() = default;

  // From the first day that the index holds to the end of the last; absent when it holds none.
  virtual Result<std::optional<SearchRange>> extent() = 0;

  // The fields of the records of the days that the range touches.
  virtual Result<SearchFields> fields(const SearchRange& range) = 0;

  // Gives each record that matches to `hit`, the newest first, as msgpack valid during the call, until `hit` returns
  // false; then the rest is only counted. `invalid`: the query cannot be asked. `cancelled`: it was stopped. One day file in
  // memory at a time.
  virtual Result<SearchEnd> search(const Search& search, const std::function<bool(ByteView document)>& hit) = 0;
};

}  // namespace tidegate
