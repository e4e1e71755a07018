// What a daemon asks of the system for itself, at its start. What the system refuses stays as it was.
//
// Thread: the main one, before others are started.
#pragma once

namespace tidegate {

// No core file: it would hold tokens and keys in the clear (P10). The service manager's own collector obeys the limit as well.
void refuse_core_files();

// As many open files as the system lets this process have: each connection is one.
void raise_open_files();

}  // namespace tidegate
