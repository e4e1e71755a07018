// A record as it is indexed (msgpack, with its envelope), as a JSON object: what templates and candidates look into.
//
//   msgpack              JSON                        msgpack              JSON
//   integer              the same integer            ext_decimal          a number where one of 64 bits is written just so,
//   real of 64 bits      the same real                                    else its text: nothing is rounded
//   real of 32 bits      its shortest decimal        EventTime            its text, seconds.nanoseconds
//   NaN, infinity, nil   null                        bin, other ext       string, Base64
//   str                  string; bytes that are no UTF-8 become U+FFFD
//
// Of a key that comes twice the last value counts.
//
// Pure; any thread. Bounded: record_json_bytes_max, record_json_values_max, msgpack_depth_max.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"

namespace tidegate {

inline constexpr std::size_t record_json_bytes_max = 4u << 20;
inline constexpr std::size_t record_json_values_max = 65'536;

// `corrupt`: not one whole msgpack map, too deep, a key that is no text, a decimal that is no number; `invalid`: larger than a
// bound.
Result<boost::json::object> record_json(ByteView msgpack);

}  // namespace tidegate
