#include "bench/rule_traffic.h"

#include <cstdio>
#include <optional>

#include "base/check.h"
#include "base/id128.h"
#include "config/query.h"
#include "processor/record.h"
#include "transport/forward_entries.h"

namespace tidegate {
namespace {

constexpr std::size_t drawn_of_chunk_max = 100 * traffic_chunk_records;
constexpr std::size_t id_digits = 32;
constexpr std::size_t pass_digits = 8;

Lane lane_of_chunk(std::size_t number) {
  if (number % 20 == 0) return Lane::alerts;
  return number % 10 == 5 ? Lane::audit_logs : Lane::techniques;
}

Result<RecordView> record_in(const Bytes& entry) {
  EntryReader entries{entry};
  const Result<std::optional<Entry>> read = entries.next();
  if (!read) return read.error();
  if (!*read) return Error{Code::corrupt, "no entry"};
  return read_record((*read)->record);
}

// The key stands in the envelope, before anything of the API's; behind it the head of a text of 32 bytes, which takes two.
Result<void> append_entry_to(TrafficChunk& chunk, const Bytes& entry) {
  constexpr std::string_view key = "record_id";
  const std::size_t place = entry.find(key) + key.size() + 2;
  if (place + id_digits > entry.size() || !id_from_hex(std::string_view{entry}.substr(place, id_digits)))
    return Error{Code::corrupt, "a record without its id"};
  chunk.id_places.push_back(chunk.entries.size() + place);
  chunk.entries.append(entry);
  return {};
}

Result<TrafficChunk> make_chunk(SensorRecords& source, const RuleHits& hits, Lane lane, std::size_t met) {
  TrafficChunk chunk{lane, {}, {}};
  std::size_t left[2] = {traffic_chunk_records - met, met};
  for (std::size_t drawn = 0; drawn < drawn_of_chunk_max; ++drawn) {
    if (left[0] + left[1] == 0) return chunk;
    const Result<Bytes> entry = source.next(lane);
    if (!entry) return entry.error();
    const Result<bool> is_met = hits.met(*entry);
    if (!is_met) return is_met.error();
    std::size_t& more = left[*is_met ? 1 : 0];
    if (more == 0) continue;
    --more;
    if (Result<void> appended = append_entry_to(chunk, *entry); !appended) return std::move(appended).error();
  }
  return Error{Code::absent,
               std::string{name(lane)} + ": too few records " + (left[1] > 0 ? "that a rule meets" : "that no rule meets")};
}

}  // namespace

void TrafficChunk::renumber(std::uint32_t pass) {
  char digits[pass_digits + 1];
  std::snprintf(digits, sizeof digits, "%08x", pass);
  for (const std::size_t place : id_places) entries.replace(place, pass_digits, digits, pass_digits);
}

Result<RuleHits> RuleHits::make(std::vector<Rule> rules) {
  std::vector<Query> queries;
  for (const Rule& rule : rules) {
    Result<Query> query = parse_query(rule.query);
    if (!query) return std::move(query).error().in(rule.name);
    queries.push_back(*std::move(query));
  }
  Result<Matchers> matchers = Matchers::make(queries, DocumentKind::record);
  if (!matchers) return std::move(matchers).error();
  return RuleHits{std::move(rules), *std::move(matchers)};
}

Result<bool> RuleHits::met(const Bytes& entry) const {
  const Result<RecordView> record = record_in(entry);
  if (!record) return record.error();
  const std::vector<bool> matching = matchers_.matching(record->document);
  for (std::size_t i = 0; i < matching.size(); ++i)
    if (matching[i] && rules_[i].may_act_for(record->tenantid)) return true;
  return false;
}

Result<std::vector<TrafficChunk>> make_traffic(SensorRecords& source, const RuleHits& hits, std::size_t chunks,
                                               std::size_t met_of_chunk) {
  TG_ASSERT(met_of_chunk <= traffic_chunk_records, "a chunk has so many records");
  std::vector<TrafficChunk> made;
  for (std::size_t i = 0; i < chunks; ++i) {
    Result<TrafficChunk> chunk = make_chunk(source, hits, lane_of_chunk(i), met_of_chunk);
    if (!chunk) return std::move(chunk).error();
    made.push_back(*std::move(chunk));
  }
  return made;
}

}  // namespace tidegate
