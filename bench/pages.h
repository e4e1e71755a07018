// The pages of a backlog, read from the simulator by a client without an agent: over TLS, on one kept connection, one page after
// the other, from the link of each to the next.
#pragma once

#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "tests/support/rig.h"

namespace tidegate {

// Takes the body of one answer, and where it came from.
using PageSink = std::function<Result<void>(const std::string& url, const Bytes& page)>;

// The techniques of the last eight hours. Ends with the first error, the sink's too.
//   requires: the simulator runs
Result<void> walk_pages(const Rig& rig, const Clock& clock, const PageSink& sink);

}  // namespace tidegate
