// Files that hold secrets: read only where nobody else can read them, made whole or not at all, and never in place of another.
//
// Thread: any. Small local files: calls may block for the time of a sync.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace tidegate {

enum class PrivateFileKind : unsigned char {
  own,         // ours: its mode grants nothing to group and others
  credential,  // the service manager's (systemd, LoadCredential=): its group bits are the mask of an access list
};

// All of it. `absent`: no such file. `denied`: others may read it, or we may not. `invalid`: no regular file, or larger than
// `bytes_max`. `unavailable`: the disk. The text says what it is ("sealing key") and names the file, and never shows its content.
Result<Secret> read_private_file(std::string_view what, const std::filesystem::path& file, std::size_t bytes_max,
                                 PrivateFileKind kind = PrivateFileKind::own);

// Mode 0600, on stable storage when it returns. `invalid`: there is one already, which stays as it is. `full`, `unavailable`: the
// disk.
Result<void> make_private_file(std::string_view what, const std::filesystem::path& file, const Secret& content);

}  // namespace tidegate
