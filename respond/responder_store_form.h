// Responders as a store keeps them: a JSON object in one line, then its secret as it is. From it the responder comes back equal.
// Whoever keeps it seals it (P10).
//
// The keys are those of responder.h; what is empty or equals its default is left out.   Pure; any thread.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "respond/responder.h"

namespace tidegate {

inline constexpr int stored_responder_version = 1;

Secret stored_responder(const Responder& responder);
// `corrupt`: naming the key. `invalid`: a newer version wrote it.
Result<Responder> responder_from_stored(const Secret& stored);

}  // namespace tidegate
