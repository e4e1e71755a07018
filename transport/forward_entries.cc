#include "transport/forward_entries.h"

#include <string>

#include "transport/msgpack_view.h"

namespace tidegate {
namespace {

std::optional<WallTime> time_of(const MsgpackView& value) {
  if (const auto time = value.as_time()) return time;
  const auto seconds = value.as_uint();
  if (!seconds || *seconds > UINT32_MAX) return std::nullopt;
  return WallTime{std::chrono::seconds{*seconds}};
}

}  // namespace

Result<std::optional<Entry>> EntryReader::next() {
  if (rest_.empty()) return std::optional<Entry>{};
  ++number_;
  const auto broken = [this](std::string_view why) {
    return Error{Code::corrupt, "entry " + std::to_string(number_) + ": " + std::string{why}};
  };
  const auto entry = MsgpackView::open(rest_, limits_.depth_max);
  if (!entry) return broken("cut off, not msgpack or nested too deep");
  if (entry->kind() != MsgpackKind::array || entry->size() != 2) return broken("not a pair of time and record");

  MsgpackItems parts = entry->items();
  MsgpackView when = *parts.next();
  const MsgpackView record = *parts.next();
  if (when.kind() == MsgpackKind::array && when.size() == 2) when = *when.items().next();
  const auto time = time_of(when);
  if (!time) return broken("its time is no time");
  if (record.kind() != MsgpackKind::map) return broken("its record is no map");
  rest_.remove_prefix(entry->bytes().size());
  return std::optional<Entry>{Entry{.time = *time, .record = record.bytes()}};
}

}  // namespace tidegate
