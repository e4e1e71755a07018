#include "agent/gaps.h"

#include <algorithm>
#include <iterator>

#include "config/utf8.h"
#include "storage/row_bytes.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

constexpr std::uint8_t gap_note_version = 1;
constexpr std::size_t connector_bytes_max = 255;
constexpr std::size_t time_digits = 10;

// A reason comes from errors, and those may quote what an API has sent: text that ends where it is text no more, or too long.
std::string text_of(std::string_view reason) {
  std::size_t bytes = not_text_at(reason).value_or(reason.size());
  if (bytes > gap_reason_bytes_max) {
    bytes = gap_reason_bytes_max;
    while (bytes > 0 && (static_cast<unsigned char>(reason[bytes]) & 0xC0) == 0x80) --bytes;
  }
  return std::string{reason.substr(0, bytes)};
}

bool in_bounds(WallTime time) { return time >= WallTime{} && time <= gap_time_max; }
bool in_bounds(WallSeconds time) { return time >= WallSeconds{} && time <= gap_time_max; }

Result<void> check(const Gap& gap) {
  if (!in_bounds(gap.from) || !in_bounds(gap.to) || gap.from >= gap.to) {
    return Error{Code::invalid, "a gap from " + std::to_string(gap.from.time_since_epoch().count()) + " to " +
                                    std::to_string(gap.to.time_since_epoch().count()) + " is no interval between 1970 and 2106"};
  }
  if (!in_bounds(gap.noted)) return Error{Code::invalid, "a gap was noted before 1970 or after 2106"};
  if (gap.connector.size() > connector_bytes_max) return Error{Code::invalid, "a gap's connector has a name longer than 255 bytes"};
  if (gap.reason.size() > gap_reason_bytes_max) return Error{Code::invalid, "a gap's reason is too long"};
  return {};
}

std::string digits(WallSeconds time) {
  std::string text = std::to_string(time.time_since_epoch().count());
  return text.insert(0, time_digits - text.size(), '0');
}

std::string note_name(const Gap& gap) {
  return gap_notes_prefix_of(gap.connector, gap.lane)
      .append(digits(gap.from))
      .append("-")
      .append(digits(gap.to))
      .append("-")
      .append(to_hex(hash128(gap.reason)).substr(0, 16));
}

Bytes note_value(const Gap& gap) {
  Bytes value(1, static_cast<char>(gap_note_version));
  put_seconds(value, gap.from);
  put_seconds(value, gap.to);
  put_time(value, gap.noted);
  value.push_back(static_cast<char>(gap.lane));
  value.push_back(static_cast<char>(gap.connector.size()));
  value.append(gap.connector);
  value.push_back(static_cast<char>(gap.reason.size() >> 8));
  value.push_back(static_cast<char>(gap.reason.size() & 0xFF));
  value.append(gap.reason);
  return value;
}

Segment own_event(const Gap& gap, Origin origin) {
  origin.lane = Lane::own_events;
  Bytes from;
  put_seconds(from, gap.from);
  Bytes to;
  put_seconds(to, gap.to);
  const Id128 id = hash128({"gap", origin.tenant_id, origin.sensor, gap.connector, name(gap.lane), from, to, gap.reason});

  Segment segment;
  segment.tag = tag_of(Lane::own_events);
  segment.records = 1;
  segment.oldest = gap.noted;
  segment.newest = gap.noted;
  Bytes& entry = segment.payload;
  begin_entry(entry, gap.noted, id, envelope_pairs + 3);
  entry.append(envelope(origin));
  put_str(entry, "tidegate");
  put_map(entry, 6);
  const auto pair = [&entry](std::string_view key, std::string_view value) {
    put_str(entry, key);
    put_str(entry, value);
  };
  pair("event", "gap");
  pair("content_type", name(gap.lane));
  pair("from", to_iso8601(gap.from));
  pair("to", to_iso8601(gap.to));
  put_str(entry, "seconds");
  put_int(entry, gap.length().count());
  pair("reason", gap.reason);
  segment.plain_bytes = static_cast<std::uint32_t>(entry.size());
  return segment;
}

// The oldest by when they were noted; first of all those that nobody can read.
std::vector<std::string> oldest_names(const std::vector<Note>& notes, std::size_t count) {
  std::vector<std::pair<WallTime, std::string>> all;
  for (const Note& note : notes) {
    Result<Gap> gap = gap_from(note);
    all.emplace_back(gap ? gap->noted : WallTime::min(), note.name);
  }
  std::ranges::sort(all);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(count, all.size()); ++i) names.push_back(std::move(all[i].second));
  return names;
}

}  // namespace

std::string gap_notes_prefix_of(std::string_view connector, Lane lane) {
  return std::string{gap_notes_prefix}.append(to_hex(hash128(connector))).append("/").append(name(lane)).append("/");
}

Result<GapCommit> gap_commit(const Gap& noted, Origin origin, const std::vector<Note>& kept) {
  TG_ASSERT(noted.connector == origin.connector, "a gap is its own connector's");
  Gap gap = noted;
  gap.reason = text_of(gap.reason);
  if (Result<void> good = check(gap); !good) return std::move(good).error();
  GapCommit commit{own_event(gap, std::move(origin)), {{note_name(gap), note_value(gap)}}};

  std::vector<Note> others;
  std::ranges::copy_if(kept, std::back_inserter(others), [&](const Note& note) { return note.name != commit.notes.front().name; });
  const std::size_t room = gap_notes_max - 1;
  const std::size_t beyond = others.size() > room ? std::min(others.size() - room, gap_notes_erased_max) : 0;
  for (std::string& name : oldest_names(others, beyond)) commit.notes.push_back({std::move(name), {}});
  return commit;
}

Result<Gap> gap_from(const Note& note) {
  RowReader reader{note.value};
  if (const std::uint8_t version = reader.u8(); version != gap_note_version) {
    return Error{Code::corrupt, "note " + note.name + ": version " + std::to_string(version) + ", this one knows 1"};
  }
  Gap gap;
  gap.from = reader.seconds();
  gap.to = reader.seconds();
  gap.noted = reader.time();
  const std::uint8_t lane = reader.u8();
  gap.connector = std::string{reader.bytes(reader.u8())};
  const std::size_t reason_high = reader.u8();
  gap.reason = std::string{reader.bytes(reason_high << 8 | reader.u8())};
  if (Result<void> whole = reader.end("note " + note.name); !whole) return std::move(whole).error();
  if (lane >= lane_count) return Error{Code::corrupt, "note " + note.name + ": lane " + std::to_string(lane) + " does not exist"};
  gap.lane = static_cast<Lane>(lane);
  if (Result<void> good = check(gap); !good) return Error{Code::corrupt, "note " + note.name + ": " + good.error().text()};
  return gap;
}

std::vector<Gap> gaps_from(const std::vector<Note>& notes) {
  std::vector<Gap> gaps;
  for (const Note& note : notes) {
    if (Result<Gap> gap = gap_from(note)) gaps.push_back(*std::move(gap));
  }
  std::ranges::sort(gaps, {}, [](const Gap& gap) { return std::pair{gap.from, gap.to}; });
  return gaps;
}

}  // namespace tidegate
