// Records as they are on the wire: one msgpack map with its envelope.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/id128.h"
#include "transport/msgpack_write.h"

namespace tidegate::test {

inline constexpr std::int64_t noon_ms = 1'795'521'600'000;  // 2026-11-24T12:00:00Z

struct Sample {
  std::uint64_t number = 1;  // makes the record_id
  std::int64_t timestamp_ms = noon_ms;
  std::string tenant = "acme";
  std::string msg_class = "trendmicro_visionone_alerts";
  // Appends the value of `trendmicro_visionone`; absent: {"id": "WB-<number>", "severity": "high"}.
  std::function<void(Bytes&)> payload{};
};

inline void put_pair(Bytes& out, std::string_view key, std::string_view value) {
  put_str(out, key);
  put_str(out, value);
}

inline Id128 record_id(std::uint64_t number) { return hash128(std::to_string(number)); }

inline Bytes record(const Sample& sample) {
  Bytes out;
  put_map(out, 9);
  put_str(out, "timestamp");
  put_int(out, sample.timestamp_ms);
  put_pair(out, "record_id", to_hex(record_id(sample.number)));
  put_pair(out, "tenantid", sample.tenant);
  put_pair(out, "tenant_name", "ACME Corp");
  put_pair(out, "msg_class", sample.msg_class);
  put_str(out, "msg_origin");
  put_map(out, 1);
  put_pair(out, "vendor", "trendmicro");
  put_pair(out, "connector", "acme-visionone");
  put_pair(out, "sensor", "zurich-01");
  put_str(out, "trendmicro_visionone");
  if (sample.payload) {
    sample.payload(out);
  } else {
    put_map(out, 2);
    put_pair(out, "id", "WB-" + std::to_string(sample.number));
    put_pair(out, "severity", "high");
  }
  return out;
}

}  // namespace tidegate::test
