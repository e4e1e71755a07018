// The fields of a record on the wire that a query may name: the envelope, which is the same in every
// record of a lane or has a column of its own, and beside it the API's record, verbatim, under a key of its own.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace tidegate {

inline constexpr std::array<std::string_view, 8> envelope_fields{"timestamp", "record_id",  "tenantid",  "tenant_name",
                                                                 "msg_class", "msg_origin", "connector", "sensor"};
inline constexpr std::string_view api_record_field = "trendmicro_visionone";

// True for the fields of the envelope, by their path.
inline bool is_envelope(std::string_view path) {
  return std::find(envelope_fields.begin(), envelope_fields.end(), path.substr(0, path.find('.'))) != envelope_fields.end();
}

}  // namespace tidegate
