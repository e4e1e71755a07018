#include "base/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/descriptor.h"

namespace tidegate {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path{"."}; }

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Root alone may give files away; whoever else writes here owns the folder already, or shares it.
bool give_to_owner_of(const fs::path& folder, const fs::path& made) {
  struct stat owner{};
  if (::geteuid() != 0) return true;
  return ::stat(folder.c_str(), &owner) == 0 && ::lchown(made.c_str(), owner.st_uid, owner.st_gid) == 0;
}

Result<void> write_beside(const fs::path& beside, std::string_view content, mode_t mode) {
  ::unlink(beside.c_str());  // what a crash left was never named by anybody
  const Descriptor made{::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!made.good() || !give_to_owner_of(folder_of(beside), beside) || ::fchmod(made.get(), mode) != 0 ||
      !write_all(made.get(), content) || ::fsync(made.get()) != 0)
    return file_failure(beside);
  return {};
}

}  // namespace

Error file_failure(const fs::path& file) {
  const int reason = errno;
  Code code = Code::unavailable;
  if (reason == ENOENT) code = Code::absent;
  else if (reason == EACCES || reason == EPERM || reason == EROFS) code = Code::denied;
  else if (reason == EEXIST || reason == ELOOP || reason == ENOTDIR || reason == EISDIR) code = Code::invalid;
  else if (reason == ENOSPC || reason == EDQUOT) code = Code::full;
  return Error{code, file.string() + ": " + std::strerror(reason)};
}

Result<void> write_whole_file(const fs::path& file, std::string_view content, FileKind kind) {
  const fs::path beside = file.string() + ".new";
  Result<void> done = write_beside(beside, content, kind.mode);
  // A link never takes the place of a file that is there.
  if (done && kind.place == Place::empty && ::link(beside.c_str(), file.c_str()) != 0) done = file_failure(file);
  if (done && kind.place == Place::replace && ::rename(beside.c_str(), file.c_str()) != 0) done = file_failure(file);
  if (!done || kind.place == Place::empty) ::unlink(beside.c_str());
  if (!done) return done;
  return sync_folder(folder_of(file));
}

Result<void> make_private_folder(const fs::path& folder) {
  struct stat there{};
  if (::stat(folder.c_str(), &there) == 0) {
    if (S_ISDIR(there.st_mode)) return {};
    errno = ENOTDIR;
    return file_failure(folder);
  }
  if (errno != ENOENT) return file_failure(folder);
  const fs::path above = folder_of(folder);
  if (Result<void> made = make_private_folder(above); !made) return made;
  if (::mkdir(folder.c_str(), 0700) != 0 || !give_to_owner_of(above, folder)) return file_failure(folder);
  return sync_folder(above);
}

Result<void> move_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return file_failure(from);
  if (Result<void> synced = sync_folder(folder_of(to)); !synced) return synced;
  return folder_of(from) == folder_of(to) ? Result<void>{} : sync_folder(folder_of(from));
}

Result<void> sync_folder(const fs::path& folder) {
  const Descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!opened.good() || ::fsync(opened.get()) != 0) return file_failure(folder);
  return {};
}

}  // namespace tidegate
