// JSON to msgpack, exactly: no key dropped, renamed or re-typed, their order and their repeats kept, numbers exact.
//
//   JSON                                             msgpack
//   integer within -2^63 .. 2^64-1                   int
//   a real that a double gives back as it was        float 64
//   any other number: bigger, or more digits         ext type 1 (ext_decimal), its decimal text
//   string, true, false, null, array, object         str, bool, nil, array, map
//
// The text is gone through once; the count of a container stands before its elements in msgpack and is filled in behind them, so
// arrays and maps have the 16-bit form, however few they hold, and the 32-bit form above 65,535.
//
// Thread: the owner's.
#pragma once

#include "agent/edges/json_text.h"
#include "agent/edges/payload_writer.h"

namespace tidegate {

// A payload nested deeper than this is not transcoded. Our own reader takes msgpack_depth_max; one of another make may take less.
inline constexpr unsigned payload_depth_max = 28;

// Appends the value that comes next, and takes it. On an error `out` holds a part of it: cut it back.
simdjson::error_code append_msgpack(PayloadWriter& out, JsonText& json, unsigned depth = 0);

// The same of a string, which is also given back: a view of the text, or of JsonText's own.
simdjson::error_code append_string(PayloadWriter& out, JsonText& json, std::string_view& text);

// Appends a number as JSON writes it (RFC 8259 section 6). NUMBER_ERROR when the text is none.
simdjson::error_code append_number(PayloadWriter& out, std::string_view token);

}  // namespace tidegate
