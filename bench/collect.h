// `bench collect`: how fast the agent reads a backlog, against curl fetching the same pages: over TLS, one kept connection, one
// page after the other. The agent parses, tells twins apart, stores and syncs what curl throws away; the ratio says what that
// costs. There is no processor: the journal takes it all.
#pragma once

#include "bench/backlog.h"

namespace tidegate {

Result<Report> bench_collect(const BacklogOptions& options, const Clock& clock);

}  // namespace tidegate
