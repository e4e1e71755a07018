// Preloaded (LD_PRELOAD) into a program that is to lose what it has not synced: notes what a power cut would undo, and passes
// every call on. Nothing is removed: what goes is moved aside.
//
// Only files below the folder of the events' file are looked at, and only what goes through the calls below: that is all that
// RocksDB, SQLite and our own code write. A file that a program maps to write to it is not covered; none of them does.
// Thread: any.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>

#include "tests/crash/disk_events.h"

namespace {

namespace events = tidegate::disk_events;

constexpr int descriptors_max = 4096;

template <typename Call>
Call* next(const char* name) {
  return reinterpret_cast<Call*>(::dlsym(RTLD_NEXT, name));
}

class Notebook {
 public:
  Notebook() {
    const char* file = std::getenv(events::file_variable);
    const char* stash = std::getenv(events::stash_variable);
    if (file == nullptr || stash == nullptr) return;
    const std::string_view name{file};
    root_ = name.substr(0, name.rfind('/') + 1);
    stash_ = stash;
    if (const char* die = std::getenv(events::die_variable)) log_syncs_left_ = std::atol(die);
    lies_ = std::getenv(events::lie_variable) != nullptr;
    descriptor_ = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  }

  bool watches(std::string_view path) const {
    return descriptor_ >= 0 && path.starts_with(root_) && !path.starts_with(stash_) && path != root_;
  }

  // Whatever is noted is noted in the order in which it was done.
  std::recursive_mutex& mutex() { return mutex_; }

  void note(std::initializer_list<std::string_view> parts) {
    std::string line;
    for (const std::string_view part : parts) {
      if (!line.empty()) line += events::separator;
      line += part;
    }
    line += '\n';
    [[maybe_unused]] const long written = ::syscall(SYS_write, descriptor_, line.data(), line.size());
  }

  void opened(int descriptor, std::string path) {
    if (descriptor >= 0 && descriptor < descriptors_max) paths_[static_cast<std::size_t>(descriptor)] = std::move(path);
  }
  void closed(int descriptor) {
    if (descriptor >= 0 && descriptor < descriptors_max) paths_[static_cast<std::size_t>(descriptor)].clear();
  }
  const std::string& path(int descriptor) const {
    static const std::string none;
    return descriptor >= 0 && descriptor < descriptors_max ? paths_[static_cast<std::size_t>(descriptor)] : none;
  }
  // A file, or a folder with all that is open in it.
  void moved(const std::string& from, const std::string& to) {
    for (std::string& path : paths_) {
      if (path == from) path = to;
      else if (path.starts_with(from + "/")) path = to + path.substr(from.size());
    }
  }

  // A name in the stash that no other run of the program uses: the process is part of it.
  std::string stash_name() { return stash_ + std::to_string(::getpid()) + "-" + std::to_string(++stashed_); }

  void synced(const std::string& path, off_t bytes) {
    if (!lies_) note({"synced", path, std::to_string(bytes)});
    if (log_syncs_left_ > 0 && path.ends_with(".log") && --log_syncs_left_ == 0) ::kill(::getpid(), SIGKILL);
  }
  void listed(const std::string& directory) {
    if (!lies_) note({"listed", directory});
  }

 private:
  std::recursive_mutex mutex_;
  std::array<std::string, descriptors_max> paths_;
  std::string root_;
  std::string stash_;
  std::uint64_t stashed_ = 0;
  long log_syncs_left_ = 0;
  bool lies_ = false;
  int descriptor_ = -1;
};

Notebook& notebook() {
  static Notebook* const book = new Notebook;  // for ever: files are closed until the very end
  return *book;
}

std::string absolute(int directory, const char* path) {
  if (path[0] == '/') return path;
  if (directory != AT_FDCWD) return notebook().path(directory) + "/" + path;
  std::array<char, 4096> here{};
  return ::getcwd(here.data(), here.size()) == nullptr ? std::string{path} : std::string{here.data()} + "/" + path;
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

off_t size_of(int descriptor) {
  struct stat about{};
  return ::fstat(descriptor, &about) == 0 ? about.st_size : 0;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

// What is about to be written over.
void keep_before_overwrite(int descriptor, std::size_t bytes, off_t offset) {
  const std::string& path = notebook().path(descriptor);
  const off_t size = size_of(descriptor);
  if (path.empty() || offset >= size) return;
  std::string before(std::min(bytes, static_cast<std::size_t>(size - offset)), '\0');
  // The file may be open for writing alone.
  const int reader = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC, 0));
  const long got = ::syscall(SYS_pread64, reader, before.data(), before.size(), offset);
  ::syscall(SYS_close, reader);
  if (got <= 0) return;
  notebook().note({"over", path, std::to_string(offset), hex({before.data(), static_cast<std::size_t>(got)})});
}

int open_noted(int directory, const char* name, int flags, mode_t mode) {
  const std::string path = absolute(directory, name);
  Notebook& book = notebook();
  if (!book.watches(path)) return static_cast<int>(::syscall(SYS_openat, directory, name, flags, mode));
  const std::lock_guard lock{book.mutex()};
  const bool was_there = exists(path);
  if (!was_there && (flags & O_CREAT) != 0) book.note({"made", path});
  if (was_there && (flags & O_TRUNC) != 0) {
    // As a new file in the place of the old.
    const std::string stash = book.stash_name();
    book.note({"removed", path, stash});
    ::syscall(SYS_rename, path.c_str(), stash.c_str());
    book.note({"made", path});
    if ((flags & O_CREAT) == 0) mode = 0600;
    flags |= O_CREAT;
  }
  const int descriptor = static_cast<int>(::syscall(SYS_openat, directory, name, flags, mode));
  book.opened(descriptor, path);
  return descriptor;
}

mode_t mode_of(int flags, va_list arguments) { return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0; }

int sync_noted(int descriptor, long call) {
  Notebook& book = notebook();
  std::string path;
  {
    const std::lock_guard lock{book.mutex()};
    path = book.path(descriptor);
  }
  struct stat about{};
  if (path.empty() || ::fstat(descriptor, &about) != 0) return static_cast<int>(::syscall(call, descriptor));
  // Not the disk of the machine is tested: what counts as durable is what is noted here.
  const std::lock_guard lock{book.mutex()};
  if (S_ISDIR(about.st_mode)) book.listed(path);
  else book.synced(book.path(descriptor), about.st_size);
  return 0;
}

int remove_noted(const std::string& path) {
  Notebook& book = notebook();
  const std::lock_guard lock{book.mutex()};
  if (!exists(path)) {
    errno = ENOENT;
    return -1;
  }
  const std::string stash = book.stash_name();
  book.note({"removed", path, stash});
  return static_cast<int>(::syscall(SYS_rename, path.c_str(), stash.c_str()));
}

bool is_directory(const std::string& path) {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
}

}  // namespace

extern "C" {

int open(const char* name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_noted(AT_FDCWD, name, flags, mode);
}
int open64(const char* name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_noted(AT_FDCWD, name, flags, mode);
}
int openat(int directory, const char* name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_noted(directory, name, flags, mode);
}
int openat64(int directory, const char* name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_noted(directory, name, flags, mode);
}

int close(int descriptor) {
  Notebook& book = notebook();
  const std::lock_guard lock{book.mutex()};
  book.closed(descriptor);
  return static_cast<int>(::syscall(SYS_close, descriptor));
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  Notebook& book = notebook();
  {
    const std::lock_guard lock{book.mutex()};
    if (!book.path(descriptor).empty()) {
      const bool appends = (::fcntl(descriptor, F_GETFL) & O_APPEND) != 0;
      if (!appends) keep_before_overwrite(descriptor, count, ::lseek(descriptor, 0, SEEK_CUR));
    }
  }
  return ::syscall(SYS_write, descriptor, bytes, count);
}
ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t offset) {
  {
    const std::lock_guard lock{notebook().mutex()};
    keep_before_overwrite(descriptor, count, offset);
  }
  return ::syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t offset) {
  return pwrite(descriptor, bytes, count, offset);
}

int ftruncate(int descriptor, off_t bytes) {
  Notebook& book = notebook();
  const std::lock_guard lock{book.mutex()};
  if (const std::string& path = book.path(descriptor); !path.empty()) {
    const off_t size = size_of(descriptor);
    if (bytes < size) keep_before_overwrite(descriptor, static_cast<std::size_t>(size - bytes), bytes);
    book.note({"cut", path, std::to_string(bytes)});
  }
  return static_cast<int>(::syscall(SYS_ftruncate, descriptor, bytes));
}
int ftruncate64(int descriptor, off64_t bytes) { return ftruncate(descriptor, bytes); }

int fsync(int descriptor) { return sync_noted(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return sync_noted(descriptor, SYS_fdatasync); }

int rename(const char* from, const char* to) {
  const std::string old_path = absolute(AT_FDCWD, from);
  const std::string new_path = absolute(AT_FDCWD, to);
  Notebook& book = notebook();
  if (!book.watches(old_path)) return static_cast<int>(::syscall(SYS_rename, from, to));
  const std::lock_guard lock{book.mutex()};
  if (is_directory(old_path)) {
    const int done = static_cast<int>(::syscall(SYS_rename, from, to));
    if (done == 0) {
      book.note({"folder", old_path, new_path});
      book.moved(old_path, new_path);
    }
    return done;
  }
  std::string stash = events::nothing;
  if (exists(new_path)) {
    stash = book.stash_name();
    // Both names lead to it: the old one is never missing, as with the call itself.
    ::syscall(SYS_link, new_path.c_str(), stash.c_str());
  }
  book.note({"moved", old_path, new_path, stash});
  const int done = static_cast<int>(::syscall(SYS_rename, from, to));
  if (done == 0) book.moved(old_path, new_path);
  return done;
}

int unlink(const char* name) {
  const std::string path = absolute(AT_FDCWD, name);
  return notebook().watches(path) ? remove_noted(path) : static_cast<int>(::syscall(SYS_unlink, name));
}
int unlinkat(int directory, const char* name, int flags) {
  const std::string path = absolute(directory, name);
  if ((flags & AT_REMOVEDIR) != 0 || !notebook().watches(path))
    return static_cast<int>(::syscall(SYS_unlinkat, directory, name, flags));
  return remove_noted(path);
}
int remove(const char* name) {
  const std::string path = absolute(AT_FDCWD, name);
  if (!notebook().watches(path) || is_directory(path)) return next<int(const char*)>("remove")(name);
  return remove_noted(path);
}

// Space that is reserved would make a file longer than what was written to it.
int fallocate(int, int, off_t, off_t) {
  errno = EOPNOTSUPP;
  return -1;
}
int fallocate64(int, int, off64_t, off64_t) {
  errno = EOPNOTSUPP;
  return -1;
}
int posix_fallocate(int, off_t, off_t) { return EOPNOTSUPP; }
int posix_fallocate64(int, off64_t, off64_t) { return EOPNOTSUPP; }
// Starts writing, and promises nothing.
int sync_file_range(int, off64_t, off64_t, unsigned) { return 0; }
}
