// The names of the ledger's files (storage/action_ledger.h).
//
// Inside storage/. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/id128.h"

namespace tidegate::ledger_names {

inline constexpr std::string_view head = "ledger";
inline constexpr std::string_view together = "rows";
inline constexpr std::string_view value = "value";
inline constexpr std::string_view row_prefix = "run-";

inline std::string of_row(std::string_view key) { return std::string{row_prefix}.append(key); }

inline constexpr std::string_view damaged_suffix = ".damaged";

// Empty: it is no row's.
inline std::string_view key_in(std::string_view file) {
  if (!file.starts_with(row_prefix)) return {};
  file.remove_prefix(row_prefix.size());
  return id_from_hex(file) ? file : std::string_view{};
}

inline bool is_ours(std::string_view file) { return file == head || file == together || file == value || !key_in(file).empty(); }

}  // namespace tidegate::ledger_names
