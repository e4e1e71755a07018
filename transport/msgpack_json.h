// msgpack as JSON text, exactly: integers digit by digit, reals in their shortest form that reads back the same and with
// a sign that they are reals (5.0 stays "5.0"), numbers kept as ext_decimal verbatim, key order and repeated keys kept.
//
//   msgpack             JSON                          msgpack             JSON
//   nil                 null                          EventTime           a number, seconds.nanoseconds
//   NaN, infinity       null                          ext_decimal         its text, when that is a JSON number
//   str                 string; bytes that are no     other ext, bin      string, Base64
//                       UTF-8 become U+FFFD           key of a map        string; str or bin only
//
// The reader of single fields is msgpack_view.h.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "transport/msgpack_view.h"

namespace tidegate {

// Appends the first value of `msgpack`, which must be all of it. `corrupt`: not one whole value, deeper than
// msgpack_depth_max, a key that is no text, or an ext_decimal that is no number. On an error `out` holds a part.
Result<void> append_json(std::string& out, ByteView msgpack);

Result<std::string> to_json(ByteView msgpack);

// True when the text is a number as JSON (RFC 8259, section 6) writes it.
bool is_json_number(std::string_view text);

}  // namespace tidegate
