#include "tests/world/source_name.h"

#include "base/check.h"
#include "base/id128.h"
#include "tests/support/vision_one_options.h"

namespace tidegate {

std::string text_at(const MsgpackView& map, std::string_view key) {
  const std::optional<MsgpackView> value = map.find(key);
  return value ? std::string{value->as_str().value_or("")} : std::string{};
}

MsgpackView payload_of(const MsgpackView& record) {
  const std::optional<MsgpackView> payload = record.find("trendmicro_visionone");
  TG_ASSERT(payload.has_value(), "a record carries the API's own");
  return *payload;
}

SourceName source_name_of(const MsgpackView& record) {
  const MsgpackView payload = payload_of(record);
  SourceName source;
  source.msg_class = text_at(record, "msg_class");
  const bool alert = source.msg_class == msg_class(Feed::alerts);
  source.id = text_at(payload, alert ? "id" : "uuid");
  if (alert) source.version = text_at(payload, "updatedDateTime");
  if (source.id.empty()) source = {source.msg_class, to_hex(hash128({payload.bytes()})), std::string{nameless}};
  return source;
}

}  // namespace tidegate
