#include "storage/rows.h"

#include "storage/row_bytes.h"

namespace tidegate {
namespace {

void put_window(Bytes& row, const WindowProgress& window) {
  TG_ASSERT(window.next_link.size() <= link_bytes_max, "a page link is bounded before it is stored");
  put_seconds(row, window.from);
  put_seconds(row, window.to);
  put_time(row, window.started);
  put_u32_be(row, window.pages);
  put_u32_be(row, window.attempts);
  put_i64_be(row, window.total_count);
  put_u32_be(row, static_cast<std::uint32_t>(window.next_link.size()));
  row.append(window.next_link);
}

Result<WindowProgress> read_window(RowReader& reader) {
  WindowProgress window;
  window.from = reader.seconds();
  window.to = reader.seconds();
  window.started = reader.time();
  window.pages = reader.u32();
  window.attempts = reader.u32();
  window.total_count = reader.i64();
  const std::uint32_t link_bytes = reader.u32();
  if (link_bytes > link_bytes_max) return Error{Code::corrupt, "cursor row: link of " + std::to_string(link_bytes) + " bytes"};
  window.next_link = Bytes{reader.bytes(link_bytes)};
  return window;
}

}  // namespace

Bytes encode(const LaneRow& row) {
  Bytes out;
  for (const std::uint64_t value :
       {row.first, row.last, row.records_ever, row.bytes_ever, row.records_trimmed, row.bytes_trimmed}) {
    put_u64_be(out, value);
  }
  seal(out);
  return out;
}

Bytes encode(const IndexRow& row) {
  Bytes out;
  put_u64_be(out, row.records_ever);
  put_u64_be(out, row.bytes_ever);
  put_time(out, row.oldest);
  put_seconds(out, row.read_from);
  if (row.job != 0 || row.origin) put_u32_be(out, row.job);
  if (row.origin) {
    out.push_back(static_cast<char>(row.origin->lane));
    put_u64_be(out, row.origin->sequence);
  }
  seal(out);
  return out;
}

Bytes encode_note(ByteView value) {
  TG_ASSERT(!value.empty() && value.size() <= note_value_bytes_max, "a note is bounded before it is stored");
  Bytes out{value};
  seal(out);
  return out;
}

Result<Bytes> decode_note(ByteView stored) {
  Result<ByteView> value = unseal(stored);
  if (!value) return std::move(value).error().in("note row");
  if (value->empty() || value->size() > note_value_bytes_max) {
    return Error{Code::corrupt, "note row: value of " + std::to_string(value->size()) + " bytes"};
  }
  return Bytes{*value};
}

Bytes encode(const CursorRow& row) {
  Bytes out;
  put_seconds(out, row.cursor.settled);
  put_seconds(out, row.cursor.through);
  put_seconds(out, row.cursor.position);
  put_seconds(out, row.cursor.pass_to);
  put_u64_be(out, row.commits);
  put_u64_be(out, row.pack_first);
  put_u64_be(out, row.pack_next);
  put_u32_be(out, row.packs);
  out.push_back(row.cursor.window ? 1 : 0);
  if (row.cursor.window) put_window(out, *row.cursor.window);
  seal(out);
  return out;
}

Result<LaneRow> decode_lane_row(ByteView stored) {
  Result<ByteView> bytes = unseal(stored);
  if (!bytes) return std::move(bytes).error().in("lane row");
  RowReader reader{*bytes};
  LaneRow row;
  for (std::uint64_t* value :
       {&row.first, &row.last, &row.records_ever, &row.bytes_ever, &row.records_trimmed, &row.bytes_trimmed}) {
    *value = reader.u64();
  }
  if (Result<void> whole = reader.end("lane row"); !whole) return std::move(whole).error();
  const bool in_order = row.first >= 1 && row.last < UINT64_MAX && row.first <= row.last + 1;
  if (!in_order) return Error{Code::corrupt, "lane row: its head is beyond its tail"};
  if (row.records_trimmed > row.records_ever || row.bytes_trimmed > row.bytes_ever) {
    return Error{Code::corrupt, "lane row: more is trimmed than was committed"};
  }
  return row;
}

Result<IndexRow> decode_index_row(ByteView stored) {
  Result<ByteView> bytes = unseal(stored);
  if (!bytes) return std::move(bytes).error().in("index row");
  RowReader reader{*bytes};
  IndexRow row;
  row.records_ever = reader.u64();
  row.bytes_ever = reader.u64();
  row.oldest = reader.time();
  row.read_from = reader.seconds();
  if (!reader.at_end()) {
    row.job = reader.u32();
    if (row.job == 0 && reader.at_end()) return Error{Code::corrupt, "index row: back-fill 0 does not exist"};
  }
  if (!reader.at_end()) {
    const std::uint8_t lane = reader.u8();
    if (lane >= lane_count) return Error{Code::corrupt, "index row: lane " + std::to_string(lane) + " does not exist"};
    row.origin = SegmentId{static_cast<Lane>(lane), reader.u64()};
  }
  if (Result<void> whole = reader.end("index row"); !whole) return std::move(whole).error();
  return row;
}

Result<CursorRow> decode_cursor_row(ByteView stored) {
  Result<ByteView> bytes = unseal(stored);
  if (!bytes) return std::move(bytes).error().in("cursor row");
  RowReader reader{*bytes};
  CursorRow row;
  row.cursor.settled = reader.seconds();
  row.cursor.through = reader.seconds();
  row.cursor.position = reader.seconds();
  row.cursor.pass_to = reader.seconds();
  row.commits = reader.u64();
  row.pack_first = reader.u64();
  row.pack_next = reader.u64();
  row.packs = reader.u32();
  if (row.pack_first > row.pack_next) return Error{Code::corrupt, "cursor row: its first pack comes after its last"};
  const std::uint8_t sweep = reader.u8();
  if (sweep > 1) return Error{Code::corrupt, "cursor row: sweep flag is " + std::to_string(sweep)};
  if (sweep == 1) {
    Result<WindowProgress> window = read_window(reader);
    if (!window) return std::move(window).error();
    row.cursor.window = *std::move(window);
  }
  if (Result<void> whole = reader.end("cursor row"); !whole) return std::move(whole).error();
  return row;
}

}  // namespace tidegate
