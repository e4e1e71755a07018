// A record as the processor sees it: the fields that every record has, and the whole of it as msgpack.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/id128.h"
#include "base/result.h"

namespace tidegate {

inline constexpr std::int64_t timestamp_ms_max = std::int64_t{UINT32_MAX} * 1000;  // 2106, where EventTime ends
inline constexpr std::size_t record_name_bytes_max = 1024;                         // of tenantid, msg_class and their like

// The views point into the record's bytes.
struct RecordView {
  Id128 record_id;
  std::int64_t timestamp_ms = 0;  // since the epoch, UTC: the record's own time
  std::string_view tenantid;
  std::string_view msg_class;
  std::string_view tenant_name;  // this and the next are empty where the record has none
  std::string_view connector;
  std::string_view sensor;  // empty also where it is no text, or there twice: what nobody can rely upon
  ByteView document;        // the whole record, one msgpack map

  std::chrono::sys_days day() const {
    return std::chrono::floor<std::chrono::days>(
        std::chrono::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{timestamp_ms}});
  }
};

// `corrupt`, naming the field: no map, a key that is no text at any depth, record_id is not 32 hexadecimal digits,
// timestamp is no integer of milliseconds within [1970, 2106), tenantid or msg_class are missing or no text, a name is
// longer than record_name_bytes_max, or one of these is there twice.
Result<RecordView> read_record(ByteView document);

}  // namespace tidegate
