#include "tests/support/vision_one_lists.h"

#include <algorithm>
#include <array>

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

constexpr auto alerts_default = std::chrono::hours{24};
constexpr auto audit_retention = std::chrono::days{180};
constexpr auto techniques_default = std::chrono::hours{1};
constexpr auto techniques_range_max = std::chrono::days{365};
// A technique is ingested between these times after it was detected (vision_one_schedule.cc).
constexpr auto ingest_delay_least = seconds{20};
constexpr auto ingest_delay_max = std::chrono::hours{12};

struct Interval {
  WallSeconds from{};
  WallSeconds to{};

  bool contains(WallSeconds time) const { return from <= time && time < to; }
};

// The interval that the two parameters name; what is absent comes from `fallback`.
Result<Interval> interval_of(const Target& target, std::string_view from, std::string_view to, Interval fallback) {
  const auto start = time_parameter(target, from);
  if (!start) return start.error();
  const auto end = time_parameter(target, to);
  if (!end) return end.error();
  const Interval interval{start->value_or(fallback.from), end->value_or(fallback.to)};
  if (interval.to < interval.from) return Error{Code::invalid, "Invalid parameter: " + std::string{to} + " (before the start)"};
  return interval;
}

void put(Target& target, std::string_view name, WallSeconds time) { target.parameters.emplace_back(name, to_iso8601(time)); }

// Where `name` is given, it is repeated as it came.
void repeat(Target& to, const Target& from, std::string_view name) {
  if (const auto value = from.find(name)) to.parameters.emplace_back(name, *value);
}

// Sorts by several keys; a descending one is turned round beforehand. Records of equal keys keep their order of arrival.
using Keys = std::array<std::uint32_t, 4>;
template <class KeyOf>
void sort_picked(std::vector<HeldRecord>& picked, const std::vector<OrderTerm>& terms, const KeyOf& key_of) {
  std::vector<std::pair<Keys, HeldRecord>> keyed;
  keyed.reserve(picked.size());
  for (const HeldRecord& held : picked) {
    Keys keys{};
    for (std::size_t i = 0; i < std::min(terms.size(), keys.size()); ++i) {
      const std::uint32_t key = key_of(held.record, terms[i].field);
      keys[i] = terms[i].descending ? ~key : key;
    }
    keyed.emplace_back(keys, held);
  }
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second.record < b.second.record;
  });
  for (std::size_t i = 0; i < keyed.size(); ++i) picked[i] = keyed[i].second;
}

std::uint32_t since_epoch(WallSeconds time) { return static_cast<std::uint32_t>(time.time_since_epoch().count()); }

// Alerts are investigated with their first update; those that were not are in no interval.
std::vector<HeldRecord> first_investigated(const SimArchive& archive, const Interval& interval) {
  const Holdings& holdings = archive.holdings();
  std::vector<HeldRecord> picked;
  for (const HeldRecord& held : holdings.between(Feed::alerts, TimeKey::first, WallSeconds{}, WallSeconds::max())) {
    const AlertFacts facts = archive.schedule().alert(held.record);
    if (facts.current(holdings.now()) >= 1 && interval.contains(facts.versions[1].updated))
      picked.push_back({since_epoch(facts.versions[1].updated), held.record});
  }
  std::sort(picked.begin(), picked.end());
  return picked;
}

}  // namespace

Result<Selection> select_alerts(const SimArchive& archive, const Target& target) {
  const Holdings& holdings = archive.holdings();
  const auto now = std::chrono::floor<seconds>(holdings.now());
  const auto interval = interval_of(target, "startDateTime", "endDateTime", {now - alerts_default, now});
  if (!interval) return interval.error();
  const std::string_view by = target.find("dateTimeTarget").value_or("createdDateTime");
  if (by != "createdDateTime" && by != "updatedDateTime" && by != "firstInvestigatedDateTime")
    return Error{Code::invalid, "Invalid parameter: dateTimeTarget"};
  const auto terms =
      order_parameter(target, "createdDateTime desc", {"createdDateTime", "updatedDateTime", "firstInvestigatedDateTime", "id"});
  if (!terms) return terms.error();

  Selection selection;
  selection.resolved.path = target.path;
  put(selection.resolved, "startDateTime", interval->from);
  put(selection.resolved, "endDateTime", interval->to);
  repeat(selection.resolved, target, "dateTimeTarget");
  repeat(selection.resolved, target, "orderBy");
  if (by == "firstInvestigatedDateTime") selection.picked = first_investigated(archive, *interval);
  else
    selection.records =
        holdings.between(Feed::alerts, by == "createdDateTime" ? TimeKey::first : TimeKey::second, interval->from, interval->to);
  const bool sorted_so = terms->size() == 1 && (*terms)[0].field == by;
  if (!sorted_so && by != "firstInvestigatedDateTime") selection.picked.assign(selection.records.begin(), selection.records.end());
  if (sorted_so) {
    selection.descending = (*terms)[0].descending;
  } else {
    sort_picked(selection.picked, *terms, [&](std::uint32_t record, std::string_view field) {
      const AlertFacts facts = archive.schedule().alert(record);
      const std::size_t current = facts.current(holdings.now());
      if (field == "createdDateTime") return since_epoch(facts.created);
      if (field == "updatedDateTime") return since_epoch(facts.versions[current].updated);
      if (field == "firstInvestigatedDateTime") return current >= 1 ? since_epoch(facts.versions[1].updated) : 0u;
      return record;  // ids rise with the records' numbers
    });
  }
  if (!selection.picked.empty()) selection.records = selection.picked;
  return selection;
}

Result<Selection> select_audit_logs(const SimArchive& archive, const Target& target) {
  const auto now = std::chrono::floor<seconds>(archive.holdings().now());
  const auto interval = interval_of(target, "startDateTime", "endDateTime", {now - audit_retention, now});
  if (!interval) return interval.error();
  if (interval->from < now - audit_retention) return Error{Code::invalid, "Invalid parameter: startDateTime (older than 180 days)"};
  const bool ingested_known = archive.schedule().options().audit_ingested;
  const std::string_view by = target.find("dateTimeTarget").value_or("loggedDateTime");
  if (by != "loggedDateTime" && (by != "ingestedDateTime" || !ingested_known))
    return Error{Code::invalid, "Invalid parameter: dateTimeTarget"};
  std::vector<std::string_view> fields{"loggedDateTime", "accessType"};
  if (ingested_known) fields.push_back("ingestedDateTime");
  const auto terms = order_parameter(target, "loggedDateTime desc", fields);
  if (!terms) return terms.error();
  const auto top = top_parameter(target);
  if (!top) return top.error();
  const std::string_view labels = target.find("labels").value_or("matched");
  if (labels != "none" && labels != "matched" && labels != "all") return Error{Code::invalid, "Invalid parameter: labels"};

  Selection selection;
  selection.feed = Feed::audit_logs;
  selection.page_records = *top;
  selection.resolved.path = target.path;
  put(selection.resolved, "startDateTime", interval->from);
  put(selection.resolved, "endDateTime", interval->to);
  for (std::string_view name : {"dateTimeTarget", "orderBy", "top", "labels"}) repeat(selection.resolved, target, name);
  const TimeKey key = by == "loggedDateTime" ? TimeKey::first : TimeKey::second;
  selection.records = archive.holdings().between(Feed::audit_logs, key, interval->from, interval->to);
  if (terms->size() == 1 && (*terms)[0].field == by) {
    selection.descending = (*terms)[0].descending;
    return selection;
  }
  selection.picked.assign(selection.records.begin(), selection.records.end());
  sort_picked(selection.picked, *terms, [&archive](std::uint32_t record, std::string_view field) {
    if (field == "accessType") return archive.audit_logs().access_rank(record);
    const EventFacts facts = archive.schedule().event(Feed::audit_logs, record);
    return since_epoch(field == "loggedDateTime" ? facts.happened : facts.ingested);
  });
  selection.records = selection.picked;
  return selection;
}

Result<Selection> select_techniques(const SimArchive& archive, const Target& target) {
  const Holdings& holdings = archive.holdings();
  const auto now = std::chrono::floor<seconds>(holdings.now());
  const auto detected = interval_of(target, "detectedStartDateTime", "detectedEndDateTime", {now - techniques_default, now});
  if (!detected) return detected.error();
  const auto ingested = interval_of(target, "ingestedStartDateTime", "ingestedEndDateTime", {WallSeconds{}, now});
  if (!ingested) return ingested.error();
  const auto top = top_parameter(target);
  if (!top) return top.error();
  if (detected->to > now) return Error{Code::invalid, "Invalid parameter: detectedEndDateTime (in the future)"};
  if (ingested->to > now) return Error{Code::invalid, "Invalid parameter: ingestedEndDateTime (in the future)"};
  if (detected->to - detected->from > techniques_range_max)
    return Error{Code::invalid, "Invalid parameter: detectedStartDateTime (a range of more than 365 days)"};

  Selection selection;
  selection.feed = Feed::techniques;
  selection.page_records = *top;
  selection.descending = true;
  selection.resolved.path = target.path;
  put(selection.resolved, "detectedStartDateTime", detected->from);
  put(selection.resolved, "detectedEndDateTime", detected->to);
  repeat(selection.resolved, target, "top");
  if (!target.find("ingestedStartDateTime") && !target.find("ingestedEndDateTime")) {
    selection.records = holdings.between(Feed::techniques, TimeKey::first, detected->from, detected->to);
    return selection;
  }
  put(selection.resolved, "ingestedStartDateTime", ingested->from);
  put(selection.resolved, "ingestedEndDateTime", ingested->to);
  selection.records = holdings.between(Feed::techniques, TimeKey::second, ingested->from, ingested->to);
  // A wide detected interval, the usual one beside an ingested one, lets everything through: no need to look at each.
  if (detected->from <= ingested->from - ingest_delay_max && detected->to >= ingested->to - ingest_delay_least) return selection;
  for (const HeldRecord& held : selection.records)
    if (detected->contains(archive.schedule().event(Feed::techniques, held.record).happened)) selection.picked.push_back(held);
  selection.records = selection.picked;
  return selection;
}

}  // namespace tidegate
