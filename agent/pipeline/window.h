// Which interval a collector reads next: pure decisions over a cursor, a time and limits.
//
// A window is half-open, [from, to), in whole seconds, as the API's parameters are. Three times rule it:
//   settle    the youngest seconds are not read yet: the API may still be filling them
//   overlap   a record may become visible as late as this after its own time, so what was read younger than that is
//             read once more, and the ids seen keep it from showing twice (P2)
//   settled   of the cursor: everything before it was read after the overlap had passed, so it is never read again
// While a backlog is read, windows end before the overlap begins: they are closed, nothing arrives in them any more.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "storage/types.h"

namespace tidegate {

struct WindowLimits {
  std::chrono::seconds overlap{600};
  std::chrono::seconds settle{120};
  std::chrono::seconds longest{24 * 3600};
  std::int64_t records_max = 20'000;   // by the API's own count; a window with more is cut before it is read
  std::chrono::seconds sweep_max{90};  // a window that would take longer is cut, so that its page links do not expire under way
};

// How full a window is: 1 is as much as one sweep should hold, in records or in the time that reading them takes.
//   requires: records >= 0
double load_of(std::int64_t records, std::chrono::nanoseconds duration, const WindowLimits& limits);

// A cursor for a content type that was never read.
Cursor first_cursor(WallTime now, std::chrono::seconds first_read);
// A cursor that begins at a time, with nothing under way.
Cursor cursor_at(WallSeconds start);
// The cursor with nothing to read before `start`; never moved back.
Cursor skipped(const Cursor& cursor, WallSeconds start);

enum class Pass : unsigned char {
  none,       // nothing new can be read yet
  under_way,  // begun earlier, with something left to read
  backlog,    // begun now, over closed windows only: another pass follows it at once
  newest,     // begun now, up to the youngest second that may be read
};

// Begins a pass where none is under way and there is something new to read.
Pass begin_pass(Cursor& cursor, WallTime now, const WindowLimits& limits);

// The pass's next window, of at most `span`; the sweep that was under way, as it stood, if there is one.
//   requires: begin_pass() did not say none
WindowProgress next_window(const Cursor& cursor, WallTime now, std::chrono::seconds span, const WindowLimits& limits);

// The cursor after the window's last page.
//   requires: cursor.window
Cursor completed(const Cursor& cursor, const WindowLimits& limits);

// The window anew from its first page after its sweep failed; halved from the second failure on, so that a sweep always
// makes progress. Never shorter than a second.
WindowProgress begun_again(const WindowProgress& window, WallTime now);

// The span, shorter or longer, at which a window would be about as full as it should be.
std::chrono::seconds fitting_span(std::chrono::seconds span, double load, const WindowLimits& limits);

// The last second, as yet, that a window may reach to.
WallSeconds newest_end(WallTime now, const WindowLimits& limits);
// Before it nothing arrives any more.
WallSeconds closed_end(WallTime now, const WindowLimits& limits);

}  // namespace tidegate
