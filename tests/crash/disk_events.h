// What a program did to its disk that a power cut would undo, as the library that is preloaded into it writes it down
// (note_disk.cc) and as power_cut.cc reads it. One event is one write to the end of a file, so a killed program leaves whole events
// behind, but perhaps the last.
//
//   made PATH             a file was, or is about to be, created
//   moved FROM TO STASH   renamed; what was at TO before waits at STASH, "-": nothing was
//   folder FROM TO        a folder renamed: durable at once
//   removed PATH STASH    it waits at STASH
//   synced PATH BYTES     so much of it is durable, and every change inside it so far
//   listed DIRECTORY      what was made, moved and removed in it is durable
//   cut PATH BYTES        the program made it that long
//   over PATH OFFSET HEX  these bytes were there before others were written over them
#pragma once

namespace tidegate::disk_events {

// Environment of the program: where the events go, and where removed files wait; a file there is named by a number.
inline constexpr const char* file_variable = "TIDEGATE_DISK_EVENTS";
inline constexpr const char* stash_variable = "TIDEGATE_DISK_STASH";
// Optional, each with one meaning: kill the program as soon as it has synced so many write-ahead logs ("*.log") ...
inline constexpr const char* die_variable = "TIDEGATE_DISK_DIE_AFTER_LOG_SYNCS";
// ... and: write no "synced" and no "listed", as a disk does that says so and has not.
inline constexpr const char* lie_variable = "TIDEGATE_DISK_LIES";

inline constexpr char separator = '\t';
inline constexpr const char* nothing = "-";

}  // namespace tidegate::disk_events
