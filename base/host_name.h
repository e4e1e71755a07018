// The name of this machine. Thread: any.
#pragma once

#include <unistd.h>

#include <array>
#include <optional>
#include <string>

namespace tidegate {

// May be empty. Absent where the system does not tell.
inline std::optional<std::string> host_name() {
  std::array<char, 256> room{};
  if (::gethostname(room.data(), room.size() - 1) != 0) return std::nullopt;
  return std::string{room.data()};
}

}  // namespace tidegate
