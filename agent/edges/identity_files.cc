#include "agent/edges/identity_files.h"

#include <system_error>

#include "base/whole_file.h"
#include "config/private_file.h"
#include "transport/certificate_request.h"

namespace tidegate {
namespace {

namespace fs = std::filesystem;

constexpr const char* key_name = "key.pem";
constexpr const char* certificate_name = "certificate.pem";
constexpr const char* ca_name = "ca.pem";
// A candidate has its name only while it is whole.
constexpr const char* being_written = "candidate.new";
constexpr const char* being_removed = "candidate.old";

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

// Those of a candidate, and nothing else: this is a folder of ours.
Result<void> remove_folder(const fs::path& folder) {
  if (!is_there(folder)) return {};
  std::error_code failed;
  fs::remove_all(folder, failed);
  if (failed) return Error{Code::unavailable, folder.string() + ": " + failed.message()};
  return sync_folder(folder.parent_path());
}

Result<std::string> text_of(std::string_view what, const fs::path& file) {
  Result<Secret> text = read_private_file(what, file, identity_pem_bytes_max);
  if (!text) return std::move(text).error();
  return std::string{text->reveal()};
}

Result<IdentityPems> read_pems(const fs::path& folder) {
  IdentityPems pems;
  Result<std::string> certificate = text_of("certificate", folder / certificate_name);
  if (!certificate) return std::move(certificate).error();
  Result<Secret> key = read_private_file("private key", folder / key_name, identity_pem_bytes_max);
  if (!key) return std::move(key).error();
  Result<std::string> ca = text_of("authorities", folder / ca_name);
  if (!ca) return std::move(ca).error();
  if (Result<void> fits = key_belongs_to(*key, *certificate); !fits) return std::move(fits).error().in(folder.string());
  pems.private_key = *std::move(key);
  pems.certificate = *std::move(certificate);
  pems.ca = *std::move(ca);
  return pems;
}

}  // namespace

IdentityFiles::IdentityFiles(const fs::path& state_directory)
    : folder_(state_directory / "identity"), candidate_(folder_ / "candidate"), kept_(folder_ / "kept") {}

Result<void> IdentityFiles::recover() {
  for (const char* unnamed : {being_written, being_removed})
    if (Result<void> removed = remove_folder(folder_ / unnamed); !removed) return removed;
  return is_there(kept_) ? move_kept() : Result<void>{};
}

Result<IdentityPems> IdentityFiles::load() const { return read_pems(folder_); }

Result<Secret> IdentityFiles::key_to_enrol() {
  Result<Secret> key = read_private_file("private key", private_key_file(), identity_pem_bytes_max);
  if (key || key.error().code() != Code::absent) return key;
  Result<Secret> made = make_private_key();
  if (!made) return made;
  if (Result<void> folder = make_private_folder(folder_); !folder) return std::move(folder).error();
  const FileKind kind{.mode = 0600, .place = Place::empty};
  if (Result<void> written = write_whole_file(private_key_file(), made->reveal(), kind); !written)
    return std::move(written).error().in("private key");
  return made;
}

Result<void> IdentityFiles::put_candidate(const IdentityPems& pems) {
  if (Result<void> fits = key_belongs_to(pems.private_key, pems.certificate); !fits) return fits;
  if (Result<void> done = recover(); !done) return done;
  const fs::path fresh = folder_ / being_written;
  if (Result<void> made = make_private_folder(fresh); !made) return made;
  if (Result<void> written = write_whole_file(fresh / key_name, pems.private_key.reveal()); !written) return written;
  if (Result<void> written = write_whole_file(fresh / certificate_name, pems.certificate); !written) return written;
  if (!pems.ca.empty())
    if (Result<void> written = write_whole_file(fresh / ca_name, pems.ca); !written) return written;
  if (Result<void> dropped = drop_candidate(); !dropped) return dropped;
  return move_file(fresh, candidate_);
}

// The rename decides; what follows it is done again after a crash.
Result<void> IdentityFiles::keep_candidate() {
  if (Result<void> done = recover(); !done) return done;
  if (Result<void> chosen = move_file(candidate_, kept_); !chosen) return chosen;
  return move_kept();
}

Result<void> IdentityFiles::drop_candidate() {
  if (!is_there(candidate_)) return {};
  const fs::path old = folder_ / being_removed;
  if (Result<void> removed = remove_folder(old); !removed) return removed;
  if (Result<void> moved = move_file(candidate_, old); !moved) return moved;
  return remove_folder(old);
}

// Each file goes from there to here by a rename, so one that is missing there has already come.
Result<void> IdentityFiles::move_kept() {
  for (const char* name : {ca_name, key_name, certificate_name}) {
    if (!is_there(kept_ / name)) continue;
    if (Result<void> moved = move_file(kept_ / name, folder_ / name); !moved) return moved;
  }
  return remove_folder(kept_);
}

}  // namespace tidegate
