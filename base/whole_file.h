// A file that is there whole or not at all: written beside its place, synced, then renamed or linked into it, and the folder
// synced. Everything made here belongs to whom the folder belongs to, so that what root writes the daemon's own user can read.
//
// Thread: any. Small local files: calls may block for the time of a sync.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace tidegate {

enum class Place : unsigned char {
  replace,  // what is there goes
  empty,    // what is there stays, and is `invalid`
};

struct FileKind {
  mode_t mode = 0600;
  Place place = Place::replace;
};

// What the call that has just failed says of a file: `absent`, `denied`, `full`, `unavailable`, or `invalid` for another kind of
// file than was wanted, or one that is there already.
Error file_failure(const std::filesystem::path& file);

// `denied`, `full`, `unavailable`: the disk says so; the text names the file, never its content.
Result<void> write_whole_file(const std::filesystem::path& file, std::string_view content, FileKind kind = {});

// The folder and those above it that are missing; the last one with mode 0700. It belongs to whom the first folder that was there
// belongs to. One that is there stays as it is.
Result<void> make_private_folder(const std::filesystem::path& folder);

// Both are followed by a sync of the folders that they change. `absent`: there is nothing of that name.
Result<void> move_file(const std::filesystem::path& from, const std::filesystem::path& to);
Result<void> sync_folder(const std::filesystem::path& folder);

}  // namespace tidegate
