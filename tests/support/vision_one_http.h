// The simulator as the end of an HTTP client: what a client sends in, what it would be given out. No socket.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "tests/support/vision_one_sim.h"
#include "transport/http_client.h"

namespace tidegate {

// `unavailable`: the answer broke off. `invalid`: it is larger than any client takes.
//   requires: the request's URL is absolute
Result<HttpResponse> answer_of(VisionOneSim& sim, const HttpRequest& request, WallTime now);

}  // namespace tidegate
