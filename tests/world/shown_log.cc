#include "tests/world/shown_log.h"

#include <algorithm>

namespace tidegate {
namespace {

void hide_number_after(std::string& text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + name.size())) {
    const std::size_t from = at + name.size();
    const std::size_t to = std::min(text.find_first_not_of("0123456789", from), text.size());
    text.replace(from, to - from, "-");
  }
}

}  // namespace

std::string shown(std::string_view text, const std::filesystem::path& directory) {
  const std::string place = directory.string();
  std::string shown{text};
  for (std::size_t at = shown.find(place); at != std::string::npos; at = shown.find(place, at))
    shown.replace(at, place.size(), ".");
  hide_number_after(shown, "stored = ");
  hide_number_after(shown, "computed = ");
  return shown;
}

}  // namespace tidegate
