#include "processor/record.h"

#include <utility>

#include "match/document.h"
#include "transport/msgpack_view.h"

namespace tidegate {
namespace {

Error broken(std::string_view what) { return Error{Code::corrupt, std::string{what}}; }

Result<void> take_name(const MsgpackView& value, std::string_view key, std::string_view& into) {
  const std::optional<std::string_view> text = value.as_str();
  if (!text) return broken(std::string{key} + " is no text");
  if (!into.empty()) return broken(std::string{key} + " is there twice");
  if (text->size() > record_name_bytes_max) return broken(std::string{key} + " is too long");
  into = *text;
  return {};
}

Result<void> take_timestamp(const MsgpackView& value, std::int64_t& into) {
  if (into >= 0) return broken("timestamp is there twice");
  const std::optional<std::int64_t> ms = value.as_int();
  if (!ms || *ms < 0 || *ms >= timestamp_ms_max) return broken("timestamp is no time in milliseconds since 1970");
  into = *ms;
  return {};
}

Result<void> take_id(const MsgpackView& value, std::optional<Id128>& into) {
  if (into) return broken("record_id is there twice");
  const std::optional<std::string_view> text = value.as_str();
  into = text ? id_from_hex(*text) : std::nullopt;
  if (!into) return broken("record_id is not 32 hexadecimal digits");
  return {};
}

}  // namespace

Result<RecordView> read_record(ByteView document) {
  const std::optional<MsgpackView> map = MsgpackView::open(document);
  if (!map || map->kind() != MsgpackKind::map) return broken("a record is no map");
  if (!keys_are_text(map->bytes())) return broken("a record has a key that is no text");
  RecordView record;
  record.document = map->bytes();
  record.timestamp_ms = -1;
  std::optional<Id128> id;
  bool sensor_seen = false;
  MsgpackItems items = map->items();
  while (auto pair = items.next_pair()) {
    const std::string_view key = pair->first.as_str().value_or(std::string_view{});
    Result<void> taken;
    if (key == "record_id") taken = take_id(pair->second, id);
    else if (key == "timestamp") taken = take_timestamp(pair->second, record.timestamp_ms);
    else if (key == "tenantid") taken = take_name(pair->second, key, record.tenantid);
    else if (key == "msg_class") taken = take_name(pair->second, key, record.msg_class);
    else if (key == "tenant_name") taken = take_name(pair->second, key, record.tenant_name);
    else if (key == "connector") taken = take_name(pair->second, key, record.connector);
    else if (key == "sensor") record.sensor = std::exchange(sensor_seen, true) ? "" : pair->second.as_str().value_or("");
    if (!taken) return std::move(taken).error();
  }
  if (!id) return broken("record_id is missing");
  if (record.timestamp_ms < 0) return broken("timestamp is missing");
  if (record.tenantid.empty()) return broken("tenantid is missing");
  if (record.msg_class.empty()) return broken("msg_class is missing");
  record.record_id = *id;
  return record;
}

}  // namespace tidegate
