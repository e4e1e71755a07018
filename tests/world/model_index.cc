#include "tests/world/model_index.h"

#include "agent/envelope.h"
#include "base/check.h"

namespace tidegate {

Result<std::vector<Upserted>> ModelIndex::upsert(std::span<const IndexRecord> records) {
  ++upserts_;
  const bool fails = failures_ > 0;
  if (fails) {
    --failures_;
    records = records.first(records.size() / 2);
  }
  std::vector<Upserted> answers;
  answers.reserve(records.size());
  for (const IndexRecord& record : records) answers.push_back(put(record.record));
  if (fails) return Error{Code::unavailable, "index: it fails when it is told to"};
  return answers;
}

Upserted ModelIndex::put(const RecordView& view) {
  const std::optional<MsgpackView> record = MsgpackView::open(view.document);
  TG_ASSERT(record.has_value(), "a landed record is sound msgpack");
  const bool own_event = view.msg_class == msg_class(Lane::own_events);
  const std::string id = to_hex(view.record_id);
  const Id128 content = hash128({own_event ? view.document : payload_of(*record).bytes()});
  const auto [place, fresh] = contents_.emplace(id, content);
  if (!own_event) {
    records_[{std::string{view.tenantid}, source_name_of(*record)}].insert(id);
  } else if (fresh) {
    own_events_.emplace_back(view.document);
  }
  if (fresh) return Upserted::fresh;
  if (place->second != content) changed_.push_back(id);
  place->second = content;
  return Upserted::again;
}

}  // namespace tidegate
