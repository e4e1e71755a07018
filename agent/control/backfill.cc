#include "agent/control/backfill.h"

#include <algorithm>

#include "storage/row_bytes.h"

namespace tidegate {
namespace {

constexpr std::uint8_t backfill_note_version = 1;
constexpr std::size_t number_digits = 10;

Error corrupt(const Note& note, std::string_view what) {
  return Error{Code::corrupt, std::string{"note "}.append(note.name).append(": ").append(what)};
}

// Ten digits and nothing else.
std::optional<std::uint32_t> number_in(std::string_view name) {
  if (!name.starts_with(backfill_notes_prefix) || name.size() != backfill_notes_prefix.size() + number_digits) return std::nullopt;
  std::uint64_t number = 0;
  for (const char digit : name.substr(backfill_notes_prefix.size())) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  if (number == 0 || number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

}  // namespace

std::string_view name(BackfillState state) {
  switch (state) {
    case BackfillState::running: return "running";
    case BackfillState::paused: return "paused";
    case BackfillState::done: return "done";
    case BackfillState::cancelled: return "cancelled";
  }
  return "unknown";
}

Note note_of(const Backfill& backfill) {
  TG_ASSERT(backfill.number > 0, "back-fill 0 does not exist");
  TG_ASSERT(backfill.connector.size() <= backfill_connector_bytes_max, "a connector's name fits into a note");
  std::string digits = std::to_string(backfill.number);
  digits.insert(0, number_digits - digits.size(), '0');
  Note note{std::string{backfill_notes_prefix}.append(digits), {}};
  Bytes& value = note.value;
  value.push_back(static_cast<char>(backfill_note_version));
  value.push_back(static_cast<char>(backfill.state));
  value.push_back(static_cast<char>(backfill.lane));
  put_seconds(value, backfill.from);
  put_seconds(value, backfill.to);
  put_time(value, backfill.created);
  value.push_back(static_cast<char>(backfill.connector.size()));
  value.append(backfill.connector);
  return note;
}

Result<Backfill> backfill_from(const Note& note) {
  const std::optional<std::uint32_t> number = number_in(note.name);
  if (!number) return corrupt(note, "not the name of a back-fill's note");
  RowReader reader{note.value};
  if (const std::uint8_t version = reader.u8(); version != backfill_note_version) {
    return corrupt(note, "version " + std::to_string(version) + ", this one knows 1");
  }
  Backfill backfill;
  backfill.number = *number;
  const std::uint8_t state = reader.u8();
  const std::uint8_t lane = reader.u8();
  backfill.from = reader.seconds();
  backfill.to = reader.seconds();
  backfill.created = reader.time();
  backfill.connector = std::string{reader.bytes(reader.u8())};
  if (Result<void> whole = reader.end(note.name); !whole) return std::move(whole).error();
  if (state > static_cast<std::uint8_t>(BackfillState::cancelled)) return corrupt(note, "state " + std::to_string(state));
  if (lane >= lane_count) return corrupt(note, "lane " + std::to_string(lane));
  if (backfill.from < WallSeconds{} || backfill.from >= backfill.to || backfill.to > backfill_time_max) {
    return corrupt(note, "no interval between 1970 and 2106");
  }
  backfill.state = static_cast<BackfillState>(state);
  backfill.lane = static_cast<Lane>(lane);
  return backfill;
}

Cursor cursor_of(const Backfill& backfill) {
  return {.settled = backfill.from, .through = backfill.from, .position = backfill.from, .pass_to = backfill.to, .window = {}};
}

double progress(const Backfill& backfill, const std::optional<Cursor>& cursor) {
  if (backfill.state == BackfillState::done) return 1;
  if (!cursor) return 0;
  const std::chrono::duration<double> read = cursor->position - backfill.from;
  return std::clamp(read / std::chrono::duration<double>{backfill.to - backfill.from}, 0.0, 1.0);
}

}  // namespace tidegate
