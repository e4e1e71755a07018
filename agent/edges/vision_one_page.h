// A page of the Vision One API: JSON in, Page out. The fields that tell a record's id and times are named here; the API's other
// names stand in their own files of edges. Source: Trend Vision One public API v3.0, workbench/alerts, audit/logs, oat/detections.
//
// A record that is odd never costs the page: one without a usable id, that cannot be transcoded, or that is too large for a
// segment, is kept as it came and marked as not understood.
//
// Thread: the owner's; one parser is used again from page to page.
#pragma once

#include <initializer_list>
#include <vector>

#include "agent/edges/json_text.h"
#include "agent/edges/payload_writer.h"
#include "agent/record.h"
#include "base/result.h"
#include "storage/types.h"

namespace tidegate {

struct PageLimits {
  std::size_t records_max = 10'000;  // the API serves at most 200
  std::size_t link_bytes_max = 16u << 10;
  // As msgpack: with its envelope it must fit into a segment (segment_plain_bytes_max).
  std::size_t record_bytes_max = 3u << 20;
  // Of a record that is kept as it came: a larger one becomes several. At least 4, so that a character fits.
  std::size_t piece_bytes_max = 1u << 20;
};

// How records are written: as the lists of the API give them, or as the data pipeline does, flat and with times of other names.
enum class RecordForm : unsigned char { listed, pipeline };

class VisionOnePageParser {
 public:
  explicit VisionOnePageParser(Lane lane, PageLimits limits = {}, RecordForm form = RecordForm::listed);

  // `fallback` is the time of a record that has none that can be read. `corrupt`: not a page at all.
  Result<Page> parse(Bytes body, WallTime fallback);

  // One record by itself, appended to the page whatever it is: as one record, or in pieces.
  //   requires: simdjson::SIMDJSON_PADDING bytes that may be read behind the text
  void append(Page& page, ByteView text, WallTime fallback);

 private:
  struct Wanted;
  struct Captured;

  Result<Page> parse_whole(Bytes& body, WallTime fallback, bool& odd_record);
  Result<void> parse_root(Page& page, std::size_t bytes, WallTime fallback, bool& odd_record);
  Result<Page> parse_piecewise(const Bytes& body, WallTime fallback);
  simdjson::error_code append_items(PayloadWriter& out, std::vector<Record>& records, WallTime fallback);
  simdjson::error_code append_record(PayloadWriter& out, std::vector<Record>& records, WallTime fallback);
  simdjson::error_code append_object(PayloadWriter& out, Captured& captured);
  simdjson::error_code append_field(PayloadWriter& out, Captured& captured, const Wanted& looked_for);
  const Wanted& wanted() const;
  void append_quarantined(Page& page, ByteView text, WallTime fallback);
  void append_in_pieces(Page& page, ByteView text, WallTime fallback);
  void identify(ByteView payload, Record& record, const Captured& captured, WallTime fallback);

  Lane lane_;
  PageLimits limits_;
  RecordForm form_;
  JsonText json_;
  Bytes hashed_;  // what the last id was made of; keeps its memory from record to record
};

}  // namespace tidegate
