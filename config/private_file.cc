#include "config/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/descriptor.h"
#include "base/whole_file.h"

namespace tidegate {
namespace {

constexpr mode_t group_bits = 0070;
constexpr mode_t other_bits = 0007;

}  // namespace

Result<Secret> read_private_file(std::string_view what, const std::filesystem::path& file, std::size_t bytes_max,
                                 PrivateFileKind kind) {
  const auto wrong = [&](Code code, std::string_view why) { return Error{code, file.string().append(": ").append(why)}.in(what); };
  const Descriptor opened{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};  // a pipe would block for ever
  struct stat status{};
  if (!opened.good() || ::fstat(opened.get(), &status) != 0) return file_failure(file).in(what);
  if (!S_ISREG(status.st_mode)) return wrong(Code::invalid, "not a file");
  const mode_t forbidden = kind == PrivateFileKind::own ? group_bits | other_bits : other_bits;
  if ((status.st_mode & forbidden) != 0) return wrong(Code::denied, "others may use it: set its mode to 0600");
  std::string content(bytes_max + 1, '\0');
  std::size_t length = 0;
  while (length < content.size()) {
    const ssize_t came = ::read(opened.get(), content.data() + length, content.size() - length);
    if (came < 0 && errno == EINTR) continue;
    if (came < 0) return file_failure(file).in(what);
    if (came == 0) break;
    length += static_cast<std::size_t>(came);
  }
  content.resize(length);
  Secret whole{std::move(content)};  // wiped, whatever comes of it
  if (length > bytes_max) return wrong(Code::invalid, "too large");
  return whole;
}

Result<void> make_private_file(std::string_view what, const std::filesystem::path& file, const Secret& content) {
  Result<void> made = write_whole_file(file, content.reveal(), {.mode = 0600, .place = Place::empty});
  return made ? made : std::move(made).error().in(what);
}

}  // namespace tidegate
