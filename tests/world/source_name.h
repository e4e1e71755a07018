// SourceName: a record at its source, as the simulator's ledger calls it, found in the record that was made of it.
#pragma once

#include <string>
#include <string_view>

#include "transport/msgpack_view.h"

namespace tidegate {

struct SourceName {
  std::string msg_class;
  std::string id;
  std::string version;  // of an alert: updatedDateTime

  auto operator<=>(const SourceName&) const = default;
};

// The version of a record that has no id: its id is the hash of its content, and several may agree.
inline constexpr std::string_view nameless = "nameless";

// The text of that key; empty where there is none.
std::string text_at(const MsgpackView& map, std::string_view key);

// The API's own, in the record.   requires: it is a record of the API's
MsgpackView payload_of(const MsgpackView& record);
SourceName source_name_of(const MsgpackView& record);

}  // namespace tidegate
