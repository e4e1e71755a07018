// API keys: the list that GET /v3.0/iam/apiKeys answers, and tokens in the shape of Vision One's.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "tests/support/vision_one_sim.h"

namespace tidegate {

// {"items":[{"id","name","status","role","expiredDateTime"?,"lastUsedDateTime"}],"totalCount","count"}.
SimResponse api_keys_answer(const ServeOptions& options, WallTime now);

struct TokenLook {
  std::string id = "00000000-0000-4000-8000-000000000001";  // claim `id`
  std::optional<WallTime> expires;                          // claim `et`
};

// header.payload.signature in Base64 for URLs, as long as the real ones. The signature is of nobody.
std::string token_of_shape(const TokenLook& look);

}  // namespace tidegate
