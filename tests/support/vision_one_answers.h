// The shapes of the API's answers: JSON bodies, error bodies, headers that every answer carries. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/vision_one_sim.h"

namespace tidegate {

SimResponse json_answer(Bytes body, unsigned status = 200);

// {"error":{"code":…,"message":…,"number"?:…}}.
struct ApiError {
  unsigned status = 400;
  std::string_view code = "BadRequest";
  std::string_view message;
  std::int64_t number = 0;  // 0: none
};
SimResponse error_answer(const ApiError& error);
Bytes error_body(const ApiError& error);

// 400 BadRequest with the words of a parameter's check.
SimResponse bad_request(std::string_view message);
// 401: a token that is missing, unknown or expired; the API does not tell which.
SimResponse invalid_credentials();

// "Tue, 24 Nov 2026 13:05:07 GMT".
std::string http_date(WallTime time);

}  // namespace tidegate
