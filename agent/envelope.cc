#include "agent/envelope.h"

#include "transport/msgpack_write.h"

namespace tidegate {

std::string_view msg_class(Lane lane) {
  switch (lane) {
    case Lane::alerts: return "trendmicro_visionone_alerts";
    case Lane::audit_logs: return "trendmicro_visionone_audit_logs";
    case Lane::techniques: return "trendmicro_visionone_observedattacktechniques";
    case Lane::own_events: return "tidegate_own_events";
  }
  return "tidegate_own_events";
}

std::string tag_of(Lane lane) { return std::string{"tidegate."}.append(msg_class(lane)); }

Bytes envelope(const Origin& origin) {
  Bytes out;
  const auto pair = [&out](std::string_view key, std::string_view value) {
    put_str(out, key);
    put_str(out, value);
  };
  pair("tenantid", origin.tenant_id);
  pair("tenant_name", origin.tenant_name);
  pair("msg_class", msg_class(origin.lane));
  put_str(out, "msg_origin");
  put_map(out, 3);
  pair("source", "trendmicro_visionone");
  pair("vendor", "trendmicro");
  pair("category", "endpoint");
  pair("connector", origin.connector);
  pair("sensor", origin.sensor);
  return out;
}

void begin_entry(Bytes& entries, WallTime time, const Id128& record_id, std::size_t pairs) {
  put_array(entries, 2);
  put_event_time(entries, time);
  put_map(entries, pairs);
  put_str(entries, "timestamp");
  put_int(entries, std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count());
  put_str(entries, "record_id");
  put_str(entries, to_hex(record_id));
}

}  // namespace tidegate
