// The body of POST /v1/enroll: "sensor=NAME&token=tge_…&csr=PEM", percent-encoded. Source: WHATWG URL,
// "application/x-www-form-urlencoded". A plus sign is itself, because PEM has it and our client encodes spaces as %20. Pure; any
// thread.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace tidegate {

inline constexpr std::size_t enrol_form_bytes_max = 32u << 10;

struct EnrolForm {
  std::string sensor;
  Secret token;
  std::string request_pem;
};

// `invalid`: too large, a name that is missing, unknown or comes twice, or a percent sign without two hexadecimal digits behind it.
// The text holds nothing of the values.
Result<EnrolForm> read_enrol_form(ByteView body);

}  // namespace tidegate
