#include "storage/config_files.h"

#include <rocksdb/env.h>

#include <algorithm>

#include "storage/store_files.h"

namespace tidegate {
namespace {

rocksdb::EnvOptions plainly() {
  rocksdb::EnvOptions options;
  options.use_mmap_reads = false;
  options.use_mmap_writes = false;
  return options;
}

Result<void> sync_directory(rocksdb::Env& env, const std::filesystem::path& path) {
  std::unique_ptr<rocksdb::Directory> directory;
  rocksdb::Status status = env.NewDirectory(path.string(), &directory);
  if (status.ok()) status = directory->Fsync();
  if (!status.ok()) return error_from(status, "syncing " + path.string());
  return {};
}

}  // namespace

Result<void> ConfigFiles::make() const {
  if (Result<void> made = make_directory(place_); !made) return made;
  return sync_directory(*place_.environment(), place_.directory.parent_path());
}

Result<std::vector<std::string>> ConfigFiles::names() const {
  std::vector<std::string> names;
  const rocksdb::Status status = place_.environment()->GetChildren(place_.directory.string(), &names);
  if (!status.ok()) return error_from(status, "listing " + place_.directory.string());
  std::erase_if(names, [](const std::string& name) { return name == "." || name == ".."; });
  std::ranges::sort(names);
  return names;
}

Result<Bytes> ConfigFiles::read(std::string_view file, std::size_t bytes_max) const {
  const std::string path = path_of(file);
  std::unique_ptr<rocksdb::SequentialFile> in;
  rocksdb::Status status = place_.environment()->NewSequentialFile(path, &in, plainly());
  if (is_missing(status)) return Error{Code::absent, path + " is not there"};
  Bytes bytes;
  Bytes scratch(std::size_t{64} << 10, '\0');
  rocksdb::Slice part;
  while (status.ok() && bytes.size() <= bytes_max) {
    status = in->Read(scratch.size(), &part, scratch.data());
    if (part.empty() || !status.ok()) break;
    bytes.append(part.data(), part.size());
  }
  if (!status.ok()) return error_from(status, "reading " + path);
  if (bytes.size() > bytes_max) return Error{Code::corrupt, path + " is longer than it can be"};
  return bytes;
}

Result<void> ConfigFiles::replace(std::string_view file, ByteView bytes) const {
  const std::string path = path_of(file);
  const std::string beginning = path + ".new";
  std::unique_ptr<rocksdb::WritableFile> out;
  rocksdb::Status status = place_.environment()->NewWritableFile(beginning, &out, plainly());
  if (status.ok()) status = out->Append(slice(bytes));
  if (status.ok()) status = out->Sync();
  if (out) {
    const rocksdb::Status closed = out->Close();
    if (status.ok()) status = closed;
  }
  if (status.ok()) status = place_.environment()->RenameFile(beginning, path);
  if (!status.ok()) return error_from(status, "writing " + path);
  return sync_directory(*place_.environment(), place_.directory);
}

Result<void> ConfigFiles::rename(std::string_view from, std::string_view to) const {
  const rocksdb::Status status = place_.environment()->RenameFile(path_of(from), path_of(to));
  if (!status.ok()) return error_from(status, "renaming " + path_of(from));
  return sync_directory(*place_.environment(), place_.directory);
}

Result<void> ConfigFiles::rename_all(const std::vector<std::string>& files, std::string_view suffix) const {
  for (const std::string& file : files) {
    const std::string path = path_of(file);
    const rocksdb::Status status = place_.environment()->RenameFile(path, path + std::string{suffix});
    if (!status.ok()) return error_from(status, "renaming " + path);
  }
  return sync();
}

Result<void> ConfigFiles::sync() const { return sync_directory(*place_.environment(), place_.directory); }

Result<void> ConfigFiles::remove(std::string_view file) const {
  const std::string path = path_of(file);
  if (is_missing(place_.environment()->FileExists(path))) return {};
  const rocksdb::Status status = place_.environment()->DeleteFile(path);
  if (!status.ok()) return error_from(status, "removing " + path);
  return sync_directory(*place_.environment(), place_.directory);
}

}  // namespace tidegate
