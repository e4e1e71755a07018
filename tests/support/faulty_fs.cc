#include "tests/support/faulty_fs.h"

#include <rocksdb/system_clock.h>

#include <algorithm>
#include <fstream>

#include "base/check.h"

namespace tidegate {
namespace {

constexpr std::uint64_t free_space_without_limit = 1ull << 40;  // what the machine has is no part of a test

std::string parent_of(const std::string& path) { return std::filesystem::path{path}.parent_path().string(); }

rocksdb::IOStatus off() { return rocksdb::IOStatus::IOError("the power is off"); }

rocksdb::IOStatus status_of(DiskFault fault, const std::string& path) {
  if (fault == DiskFault::no_space) return rocksdb::IOStatus::NoSpace("no space left on device", path);
  return rocksdb::IOStatus::IOError("input/output error", path);
}

// After a failure the library's background lets a second pass.
class ClockWithoutSleep final : public rocksdb::SystemClockWrapper {
 public:
  using SystemClockWrapper::SystemClockWrapper;
  const char* Name() const override { return "ClockWithoutSleep"; }
  void SleepForMicroseconds(int) override {}
};

// The background is the file system's.
class SettledEnv final : public rocksdb::EnvWrapper {
 public:
  explicit SettledEnv(std::shared_ptr<FaultyFs> files)
      : EnvWrapper(std::shared_ptr<rocksdb::Env>{rocksdb::NewCompositeEnv(files)}), files_(std::move(files)) {
    system_clock_ = std::make_shared<ClockWithoutSleep>(system_clock_);
  }

  void Schedule(void (*function)(void*), void* argument, Priority, void* tag, void (*revoked)(void*)) override {
    OneWorker::Job job{.work = [=] { function(argument); }, .revoked = {}, .tag = tag};
    if (revoked != nullptr) job.revoked = [=] { revoked(argument); };
    files_->background().run(std::move(job));
  }
  int UnSchedule(void* tag, Priority) override { return static_cast<int>(files_->background().revoke(tag)); }
  unsigned int GetThreadPoolQueueLen(Priority) const override { return static_cast<unsigned int>(files_->background().waiting()); }

 private:
  std::shared_ptr<FaultyFs> files_;
};

}  // namespace

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(FaultyFs& files, std::string path, std::unique_ptr<rocksdb::FSWritableFile> base)
      : FSWritableFileOwnerWrapper(std::move(base)), files_(files), path_(std::move(path)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    files_.background_.give_way();
    const std::lock_guard lock{files_.mutex_};
    const bool was_on = !files_.off_;
    const rocksdb::IOStatus refused = files_.refuse(DiskAction::append, path_);
    const bool half = refused.IsNoSpace() || (was_on && files_.off_);
    if (!refused.ok() && !half) return refused;
    const rocksdb::Slice part{data.data(), half ? data.size() / 2 : data.size()};
    const rocksdb::IOStatus written = target()->Append(part, options, debug);
    if (written.ok()) files_.extents_[path_].written += part.size();
    return half ? refused : written;
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options, const rocksdb::DataVerificationInfo&,
                           rocksdb::IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  rocksdb::IOStatus Truncate(uint64_t size, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    files_.background_.give_way();
    const std::lock_guard lock{files_.mutex_};
    if (files_.off_) return off();
    files_.extents_[path_].written = size;
    return target()->Truncate(size, options, debug);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    files_.background_.give_way();
    const std::lock_guard lock{files_.mutex_};
    const rocksdb::IOStatus refused = files_.refuse(DiskAction::sync, path_);
    if (!refused.ok()) return refused;
    files_.extents_[path_].synced = files_.extents_[path_].written;
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return Sync(options, debug);
  }
  void PrepareWrite(size_t, size_t, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {}  // reserves space: slow
  rocksdb::IOStatus RangeSync(uint64_t, uint64_t, const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::OK();
  }

 private:
  FaultyFs& files_;
  std::string path_;
};

class FaultyDirectory final : public rocksdb::FSDirectory {
 public:
  FaultyDirectory(FaultyFs& files, std::string path) : files_(files), path_(std::move(path)) {}

  rocksdb::IOStatus Fsync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    const std::lock_guard lock{files_.mutex_};
    if (const rocksdb::IOStatus spent = files_.spend(); !spent.ok()) return spent;
    files_.directory_synced(path_);
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Close(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return rocksdb::IOStatus::OK(); }

 private:
  FaultyFs& files_;
  std::string path_;
};

FaultyFs::FaultyFs(std::filesystem::path stash) : FileSystemWrapper(rocksdb::FileSystem::Default()), stash_(std::move(stash)) {
  std::filesystem::create_directories(stash_);
}

void FaultyFs::power_off() {
  const std::lock_guard lock{mutex_};
  off_ = true;
}

void FaultyFs::power_off_after(std::uint64_t operations) {
  const std::lock_guard lock{mutex_};
  operations_left_ = operations;
}

bool FaultyFs::is_off() const {
  const std::lock_guard lock{mutex_};
  return off_;
}

void FaultyFs::power_on(Random& random, TornTail tail) {
  const std::lock_guard lock{mutex_};
  off_ = false;
  operations_left_.reset();
  if (tail == TornTail::kept) return;  // what was not synced is known on: the next cut may take it
  // One number, however many files the library happened to have under way.
  Random torn{Seed{random.next()}};
  for (const auto& [path, extent] : extents_) {
    if (extent.written > extent.synced) tear(path, extent, torn, tail);
  }
  undo_changes();
  extents_.clear();
}

void FaultyFs::tear(const std::string& path, const Extent& extent, Random& random, TornTail tail) {
  std::error_code gone;  // a file that was stashed or removed needs no tearing
  if (!std::filesystem::exists(path, gone)) return;
  // The journal cuts a torn log itself, past this file system.
  const std::uint64_t written = std::min<std::uint64_t>(extent.written, std::filesystem::file_size(path));
  if (written <= extent.synced) return;
  const std::uint64_t unsynced = written - extent.synced;
  const std::uint64_t kept = tail == TornTail::dropped ? 0 : random.below(unsynced + 1);
  std::filesystem::resize_file(path, extent.synced + kept);
  if (tail != TornTail::garbled || kept == 0) return;
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  const std::uint64_t at = random.below(kept);
  const std::uint64_t zeros = std::min<std::uint64_t>(kept - at, 1 + random.below(4096));
  file.seekp(static_cast<std::streamoff>(extent.synced + at));
  file << std::string(zeros, '\0');
}

void FaultyFs::undo_changes() {
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
    std::error_code ignored;  // what a later change undid is undone
    if (change->before.empty()) std::filesystem::remove(change->now, ignored);
    else std::filesystem::rename(change->now, change->before, ignored);
  }
  changes_.clear();
}

void FaultyFs::directory_synced(const std::string& directory) {
  std::erase_if(changes_, [&](const Change& change) {
    if (change.directory != directory) return false;
    std::error_code ignored;
    if (parent_of(change.now) == stash_.string()) std::filesystem::remove(change.now, ignored);
    return true;
  });
}

void FaultyFs::arm(ArmedFault fault) {
  const std::lock_guard lock{mutex_};
  armed_ = std::move(fault);
}

void FaultyFs::clear() {
  const std::lock_guard lock{mutex_};
  armed_.reset();
  operations_left_.reset();
}

std::optional<DiskFault> FaultyFs::armed() const {
  const std::lock_guard lock{mutex_};
  return armed_ ? std::optional{armed_->fault} : std::nullopt;
}

void FaultyFs::set_free_space(std::optional<std::uint64_t> bytes) {
  const std::lock_guard lock{mutex_};
  free_space_ = bytes;
}

// Comes before each operation, which is done only if this is ok.
rocksdb::IOStatus FaultyFs::spend() {
  if (operations_left_) {
    if (*operations_left_ == 0) off_ = true;
    else --*operations_left_;
  }
  return off_ ? off() : rocksdb::IOStatus::OK();
}

rocksdb::IOStatus FaultyFs::refuse(DiskAction action, const std::string& path) {
  if (const rocksdb::IOStatus spent = spend(); !spent.ok()) return spent;
  if (!armed_ || armed_->action != action || !path.ends_with(armed_->suffix)) return rocksdb::IOStatus::OK();
  if (armed_->skip > 0) {
    --armed_->skip;
    return rocksdb::IOStatus::OK();
  }
  return status_of(armed_->fault, path);
}

// Without power nothing is opened again either, and so not mended by a process that is dead.
rocksdb::IOStatus FaultyFs::NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                              std::unique_ptr<rocksdb::FSSequentialFile>* file, rocksdb::IODebugContext* debug) {
  const std::lock_guard lock{mutex_};
  if (off_) return off();
  return target()->NewSequentialFile(path, options, file, debug);
}

rocksdb::IOStatus FaultyFs::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                            std::unique_ptr<rocksdb::FSWritableFile>* file, rocksdb::IODebugContext* debug) {
  if (std::filesystem::path{path}.filename().string().starts_with("OPTIONS-")) return rocksdb::IOStatus::NotSupported(path);
  background_.give_way();
  const std::lock_guard lock{mutex_};
  if (const rocksdb::IOStatus spent = spend(); !spent.ok()) return spent;
  if (std::filesystem::exists(path)) {
    if (const rocksdb::IOStatus stashed = stash_away(path); !stashed.ok()) return stashed;
  }
  std::unique_ptr<rocksdb::FSWritableFile> base;
  const rocksdb::IOStatus made = target()->NewWritableFile(path, options, &base, debug);
  if (!made.ok()) return made;
  changes_.push_back({parent_of(path), path, ""});
  extents_[path] = {};
  *file = std::make_unique<FaultyFile>(*this, path, std::move(base));
  return made;
}

rocksdb::IOStatus FaultyFs::NewDirectory(const std::string& path, const rocksdb::IOOptions&,
                                         std::unique_ptr<rocksdb::FSDirectory>* directory, rocksdb::IODebugContext*) {
  const std::lock_guard lock{mutex_};
  if (off_) return off();
  *directory = std::make_unique<FaultyDirectory>(*this, path);
  return rocksdb::IOStatus::OK();
}

rocksdb::IOStatus FaultyFs::stash_away(const std::string& path) {
  const std::string waiting = (stash_ / std::to_string(++stashed_)).string();
  std::error_code wrong;
  std::filesystem::rename(path, waiting, wrong);
  if (wrong == std::errc::no_such_file_or_directory) return rocksdb::IOStatus::PathNotFound(path);
  if (wrong) return rocksdb::IOStatus::IOError(path, wrong.message());
  changes_.push_back({parent_of(path), waiting, path});
  // What is torn in the stash is torn when it comes back.
  if (const auto extent = extents_.extract(path)) extents_[waiting] = extent.mapped();
  return rocksdb::IOStatus::OK();
}

rocksdb::IOStatus FaultyFs::DeleteFile(const std::string& path, const rocksdb::IOOptions&, rocksdb::IODebugContext*) {
  background_.give_way();
  const std::lock_guard lock{mutex_};
  if (const rocksdb::IOStatus spent = spend(); !spent.ok()) return spent;
  return stash_away(path);
}

rocksdb::IOStatus FaultyFs::RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* debug) {
  background_.give_way();
  const std::lock_guard lock{mutex_};
  if (const rocksdb::IOStatus spent = spend(); !spent.ok()) return spent;
  if (std::filesystem::is_directory(from)) {
    const rocksdb::IOStatus renamed = target()->RenameFile(from, to, options, debug);
    if (renamed.ok()) {
      directory_synced(from);
      std::erase_if(extents_, [&](const auto& extent) { return parent_of(extent.first) == from; });
    }
    return renamed;
  }
  if (std::filesystem::exists(to)) {
    if (const rocksdb::IOStatus stashed = stash_away(to); !stashed.ok()) return stashed;
  }
  const rocksdb::IOStatus renamed = target()->RenameFile(from, to, options, debug);
  if (!renamed.ok()) return renamed;
  changes_.push_back({parent_of(to), to, from});
  if (const auto extent = extents_.extract(from)) extents_[to] = extent.mapped();
  return renamed;
}

rocksdb::IOStatus FaultyFs::GetFreeSpace(const std::string&, const rocksdb::IOOptions&, std::uint64_t* bytes,
                                         rocksdb::IODebugContext*) {
  const std::lock_guard lock{mutex_};
  if (off_) return off();
  *bytes = free_space_.value_or(free_space_without_limit);
  return rocksdb::IOStatus::OK();
}

std::shared_ptr<rocksdb::Env> environment_of(const std::shared_ptr<FaultyFs>& files) { return std::make_shared<SettledEnv>(files); }

std::shared_ptr<rocksdb::Env> memory_environment() {
  return std::shared_ptr<rocksdb::Env>{rocksdb::NewMemEnv(rocksdb::Env::Default())};
}

void flip_bit(const std::filesystem::path& file, std::int64_t offset) {
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(file));
  const std::int64_t at = offset < 0 ? bytes + offset : offset;
  TG_ASSERT(at >= 0 && at < bytes, "a bit is flipped inside the file");
  std::fstream stream{file, std::ios::in | std::ios::out | std::ios::binary};
  stream.seekg(at);
  const auto flipped = static_cast<char>(stream.get() ^ 1);
  stream.seekp(at);
  stream.put(flipped);
}

}  // namespace tidegate
