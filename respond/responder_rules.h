// What must hold between the keys of one responder, beyond the form of each.
//
// Inside respond/. Pure; any thread.
#pragma once

#include <string>

#include "config/reader.h"
#include "respond/responder.h"

namespace tidegate {

// Complains to the reader of each rule that is broken, but for those whose fields have errors of their own.
//   requires: `responder` was read from the keys that begin with `prefix`: "responders[3]."
void check_responder(Reader& reader, const std::string& prefix, const Responder& responder);

}  // namespace tidegate
