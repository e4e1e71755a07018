#include "config/secret_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "config/texts.h"

namespace tidegate {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view white = " \t\r\n";
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

}  // namespace

Result<Secret> read_secret_file(std::string_view what, const std::string& path) {
  const auto refused = [&](std::string_view why) {
    return Error{Code::invalid, std::string{what} + " " + path + ": " + std::string{why}};
  };
  errno = 0;
  std::ifstream file{path, std::ios::binary};
  if (!file) return refused(std::strerror(errno));
  std::string content(secret_file_bytes_max + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (file.bad()) return refused(std::strerror(errno));
  content.resize(static_cast<std::size_t>(file.gcount()));
  const Secret whole{std::move(content)};  // wiped, whatever comes of it
  if (whole.size() > secret_file_bytes_max) return refused("larger than a secret can be");
  const std::string_view secret = trimmed(whole.reveal());
  if (secret.empty()) return refused("empty");
  if (!is_one_line(secret)) return refused("not one line of text");
  return Secret{std::string{secret}};
}

}  // namespace tidegate
