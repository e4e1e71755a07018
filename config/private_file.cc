#include "config/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tidegate {
namespace {

constexpr mode_t group_bits = 0070;
constexpr mode_t other_bits = 0007;

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }
  bool good() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

// What the file is, for errors.
struct Named {
  std::string_view what;
  const std::filesystem::path& file;

  Error error(Code code, std::string_view why) const {
    return Error{code, std::string{what}.append(" ").append(file.string()).append(": ").append(why)};
  }
  // Of the call that has just failed.
  Error failure() const {
    const int reason = errno;
    Code code = Code::unavailable;
    if (reason == ENOENT) code = Code::absent;
    else if (reason == EACCES || reason == EPERM || reason == EROFS) code = Code::denied;
    else if (reason == EEXIST || reason == ELOOP || reason == ENOTDIR || reason == EISDIR) code = Code::invalid;
    else if (reason == ENOSPC || reason == EDQUOT) code = Code::full;
    return error(code, std::strerror(reason));
  }
};

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<void> write_synced(const std::filesystem::path& file, const Named& named, const Secret& content) {
  ::unlink(file.c_str());  // what a crash may have left was never named by anybody
  const Descriptor made{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!made.good() || !write_all(made.get(), content.reveal()) || ::fsync(made.get()) != 0) return named.failure();
  return {};
}

}  // namespace

Result<Secret> read_private_file(std::string_view what, const std::filesystem::path& file, std::size_t bytes_max,
                                 PrivateFileKind kind) {
  const Named named{what, file};
  const Descriptor opened{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};  // a pipe would block for ever
  struct stat status{};
  if (!opened.good() || ::fstat(opened.get(), &status) != 0) return named.failure();
  if (!S_ISREG(status.st_mode)) return named.error(Code::invalid, "not a file");
  const mode_t forbidden = kind == PrivateFileKind::own ? group_bits | other_bits : other_bits;
  if ((status.st_mode & forbidden) != 0) return named.error(Code::denied, "others may use it: set its mode to 0600");
  std::string content(bytes_max + 1, '\0');
  std::size_t length = 0;
  while (length < content.size()) {
    const ssize_t came = ::read(opened.get(), content.data() + length, content.size() - length);
    if (came < 0 && errno == EINTR) continue;
    if (came < 0) return named.failure();
    if (came == 0) break;
    length += static_cast<std::size_t>(came);
  }
  content.resize(length);
  Secret whole{std::move(content)};  // wiped, whatever comes of it
  if (length > bytes_max) return named.error(Code::invalid, "too large");
  return whole;
}

// Written beside it and linked: a link never takes the place of a file that is there.
Result<void> make_private_file(std::string_view what, const std::filesystem::path& file, const Secret& content) {
  const Named named{what, file};
  const std::filesystem::path beside = file.string() + ".new";
  if (Result<void> written = write_synced(beside, named, content); !written) {
    ::unlink(beside.c_str());
    return written;
  }
  Result<void> linked;
  if (::link(beside.c_str(), file.c_str()) != 0) linked = named.failure();
  ::unlink(beside.c_str());
  if (!linked) return linked;
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
  const Descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!opened.good() || ::fsync(opened.get()) != 0) return named.failure();
  return {};
}

}  // namespace tidegate
