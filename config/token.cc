#include "config/token.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "config/texts.h"

namespace tidegate {
namespace {

Error refused(const std::string& file, std::string_view why) {
  return Error{Code::invalid, "bearer token file " + file + ": " + std::string{why}};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view white = " \t\r\n";
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

}  // namespace

Result<Secret> load_token(const ConnectorConfig& connector) {
  if (!connector.bearer_token.empty()) return connector.bearer_token;
  const std::string& path = connector.bearer_token_file;
  errno = 0;
  std::ifstream file{path, std::ios::binary};
  if (!file) return refused(path, std::strerror(errno));
  std::string content(token_file_bytes_max + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (file.bad()) return refused(path, std::strerror(errno));
  content.resize(static_cast<std::size_t>(file.gcount()));
  const Secret whole{std::move(content)};  // wiped, whatever comes of it
  if (whole.size() > token_file_bytes_max) return refused(path, "larger than a token can be");
  const std::string_view token = trimmed(whole.reveal());
  if (token.empty()) return refused(path, "empty");
  if (!is_token(token)) return refused(path, "not one line of printable characters without spaces");
  return Secret{std::string{token}};
}

}  // namespace tidegate
