#include "processor/respond/rule_look.h"

#include <algorithm>
#include <map>
#include <utility>

#include "processor/record.h"

namespace tidegate {
namespace {

WallTime own_time(const RecordView& record) { return WallTime{std::chrono::milliseconds{record.timestamp_ms}}; }

// Gathers what a search finds, the newest record first.
class LookGatherer {
 public:
  LookGatherer(const Rule& rule, const std::optional<WallTime>& at, RuleLookLimits limits, RuleLook& look)
      : rule_(rule), at_(at), limits_(limits), look_(look) {}

  // False: enough.
  bool take(ByteView document) {
    const Result<RecordView> record = read_record(document);
    if (!record || !rule_.may_act_for(record->tenantid)) return true;
    ++look_.matched;
    if (rule_.at_least <= 1) return add_case(*record, entities_in(document, rule_.entity));
    std::vector<std::string> entities = entities_in(document, rule_.entity);
    if (entities.empty()) entities.emplace_back();
    for (std::string& entity : entities) count({std::string{record->tenantid}, std::move(entity)}, *record);
    return true;
  }

  void end() {
    for (auto& [of, group] : groups_)
      if (group.count >= rule_.at_least) add_group(of, group);
    std::ranges::sort(found_, {}, [](const Found& one) { return std::pair{one.time, one.of.record}; });
    look_.documents.reserve(found_.size());  // what the views point into is not moved any more
    for (Found& one : found_) {
      const Bytes& document = look_.documents.emplace_back(std::move(one.document));
      one.of.document = document;
      if (const Result<RecordView> record = read_record(document)) one.of.tenant = record->tenantid;
      look_.cases.push_back(std::move(one.of));
    }
  }

 private:
  // A case, until all are found without its views.
  struct Found {
    WallTime time{};  // the record's own
    Bytes document;
    RuleCase of;
  };
  struct Group {
    std::uint64_t count = 0;
    Bytes newest;
    Id128 record;
    WallTime time{};
  };
  using Of = std::pair<std::string, std::string>;  // a tenant and an entity

  bool has_room(ByteView document) {
    const bool room = found_.size() + groups_.size() < limits_.cases_max && bytes_ + document.size() <= limits_.bytes_max;
    look_.cut = look_.cut || !room;
    return room;
  }

  bool add_case(const RecordView& record, std::vector<std::string> entities) {
    if (!has_room(record.document)) return false;
    bytes_ += record.document.size();
    add(Bytes{record.document}, record.record_id, own_time(record), 1, std::move(entities));
    return true;
  }

  // Entities whose newest record is the same are one case: of a record a rule decides once (P9), and none of them may be passed
  // over.
  void add_group(const Of& of, Group& group) {
    const auto& [tenant, entity] = of;
    const auto [place, is_new] = case_of_.try_emplace({group.record, tenant}, found_.size());
    if (!is_new) {
      RuleCase& one = found_[place->second].of;
      one.count = std::max(one.count, group.count);
      one.entities.push_back(entity);
      return;
    }
    std::vector<std::string> entities;
    if (!entity.empty()) entities.push_back(entity);
    add(std::move(group.newest), group.record, group.time, group.count, std::move(entities));
  }

  void add(Bytes document, Id128 record, WallTime time, std::uint64_t count, std::vector<std::string> entities) {
    Found& one = found_.emplace_back();
    one.time = time;
    one.document = std::move(document);
    one.of.record = record;
    one.of.at = at_.value_or(time);
    one.of.count = count;
    one.of.entities = std::move(entities);
  }

  void count(Of of, const RecordView& record) {
    const auto found = groups_.find(of);
    if (found != groups_.end()) {
      ++found->second.count;
      return;
    }
    if (!has_room(record.document)) return;
    bytes_ += record.document.size();
    groups_.emplace(std::move(of), Group{1, Bytes{record.document}, record.record_id, own_time(record)});
  }

  const Rule& rule_;
  const std::optional<WallTime>& at_;
  RuleLookLimits limits_;
  RuleLook& look_;
  std::size_t bytes_ = 0;
  std::map<Of, Group> groups_;
  std::map<std::pair<Id128, std::string>, std::size_t> case_of_;  // of groups, by record and tenant
  std::vector<Found> found_;
};

}  // namespace

Result<RuleLook> look_into(Archive& archive, const Rule& rule, const SearchRange& range, const std::optional<WallTime>& at,
                           const std::atomic<bool>* stop, RuleLookLimits limits) {
  const Result<Query> query = parse_query(rule.query);
  if (!query) return query.error();
  RuleLook look;
  LookGatherer gatherer{rule, at, limits, look};
  const std::string tenant = rule.tenants.size() == 1 ? rule.tenants.front() : std::string{};
  Result<SearchEnd> end =
      archive.search({*query, range, tenant, stop}, [&gatherer](ByteView document) { return gatherer.take(document); });
  if (!end) return std::move(end).error();
  look.unreadable = std::move(end->unreadable);
  gatherer.end();
  return look;
}

}  // namespace tidegate
