// The nearest known name to one that was mistyped. Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace tidegate {

// The candidate with the least edit distance (insertion, deletion, replacement, swap of neighbours), the first of
// equals; absent when none is near: at most a third of the text's characters may differ, and at least one always may.
// Text beyond 128 bytes is near to nothing.
std::optional<std::string_view> nearest(std::string_view text, std::span<const std::string_view> candidates);

}  // namespace tidegate
