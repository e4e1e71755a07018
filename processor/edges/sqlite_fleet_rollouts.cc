// The fleet's store: roll-outs, with the documents that they push. Those lie sealed.
#include <algorithm>
#include <charconv>

#include "processor/edges/sqlite_fleet.h"
#include "processor/edges/sqlite_rows.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

using fleet_columns::moment_in;
using fleet_columns::of;
using fleet_columns::time_in;

constexpr std::string_view rollout_purpose = "roll-out document";
constexpr std::string_view rollout_columns =
    "SELECT id, created, author, file_name, stages, failures_allowed, settle, state, stage, failures_excused, why, ended FROM "
    "rollouts ";

std::string rollout_document_name(std::string_view id, std::size_t place) {
  return std::string{id}.append("/").append(std::to_string(place));
}

std::string stages_column(const std::vector<std::uint32_t>& stages) {
  std::string column;
  for (const std::uint32_t each : stages) column.append(column.empty() ? "" : ",").append(std::to_string(each));
  return column;
}

std::vector<std::uint32_t> stages_in(std::string_view column) {
  std::vector<std::uint32_t> stages;
  const char* at = column.data();
  const char* const end = at + column.size();
  while (at != end) {
    std::uint32_t each = 0;
    const auto [rest, failure] = std::from_chars(at, end, each);
    if (failure != std::errc{}) break;
    stages.push_back(each);
    at = rest == end ? end : rest + 1;
  }
  return stages;
}

RolloutHead head_in(const SqliteStatement& row) {
  RolloutHead head;
  head.id = row.text(0);
  head.created = time_in(row.integer(1));
  head.author = row.text(2);
  head.file_name = row.text(3);
  head.stages = stages_in(row.text(4));
  head.failures_allowed = static_cast<std::uint64_t>(row.integer(5));
  head.settle = std::chrono::nanoseconds{row.integer(6)};
  head.state = static_cast<RolloutState>(std::clamp<std::int64_t>(row.integer(7), 0, rollout_state_count - 1));
  head.stage = static_cast<std::size_t>(row.integer(8));
  head.failures_excused = static_cast<std::uint64_t>(row.integer(9));
  head.why = row.text(10);
  head.ended = moment_in(row.integer(11));
  return head;
}

RolloutTarget target_in(const SqliteStatement& row) {
  RolloutTarget target;
  target.sensor = row.text(0);
  target.stage = static_cast<std::size_t>(row.integer(1));
  target.state = static_cast<TargetState>(std::clamp<std::int64_t>(row.integer(2), 0, target_state_count - 1));
  target.revision = static_cast<std::uint64_t>(row.integer(3));
  target.before = static_cast<std::uint64_t>(row.integer(4));
  target.reverted_by = static_cast<std::uint64_t>(row.integer(5));
  target.healthy_before = row.integer(6) != 0;
  target.reasons = row.text(7);
  return target;
}

}  // namespace

Result<void> SqliteFleet::put_rollout(const Rollout& rollout, std::span<const Secret> documents) {
  const RolloutHead& head = rollout.head;
  const std::size_t longest = std::max({head.id.size(), head.author.size(), head.file_name.size()});
  if (head.id.empty() || longest > rollout_limits_.text_bytes_max || head.stages.size() > rollout_stages_max)
    return Error{Code::invalid, "a roll-out is beyond its bounds"};
  if (rollout.targets.empty() || rollout.targets.size() > rollout_targets_max || rollout.targets.size() != documents.size())
    return Error{Code::invalid, "a roll-out must have 1 to " + std::to_string(rollout_targets_max) + " sensors"};
  const std::string stages = stages_column(head.stages);
  return in_transaction(database_, [&]() -> Result<void> {
    if (Result<void> room = make_room_for_rollout(); !room) return room;
    Result<void> put =
        run(database_,
            "INSERT INTO rollouts (id, created, author, file_name, stages, failures_allowed, settle, state, stage, "
            "failures_excused, why, ended) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 1, 0, '', 0) ON CONFLICT DO NOTHING",
            {head.id, of(head.created), head.author, head.file_name, stages, static_cast<std::int64_t>(head.failures_allowed),
             std::int64_t{head.settle.count()}});
    if (!put) return put;
    if (database_.changes() == 0) return Error{Code::invalid, "there is a roll-out of that id"};
    if (Result<void> written = put_rollout_targets(rollout, documents); !written) return written;
    return update_rollout_head(head);
  });
}

//   requires: in a transaction
Result<void> SqliteFleet::make_room_for_rollout() {
  const Result<std::int64_t> count = number(database_, "SELECT count(*) FROM rollouts", {});
  if (!count) return count.error();
  if (static_cast<std::size_t>(*count) < rollout_limits_.rollouts_max) return {};
  constexpr std::string_view oldest_over = "SELECT min(number) FROM rollouts WHERE state IN (?1, ?2, ?3)";
  const Result<std::int64_t> oldest =
      number(database_, oldest_over,
             {static_cast<std::int64_t>(RolloutState::done), static_cast<std::int64_t>(RolloutState::cancelled),
              static_cast<std::int64_t>(RolloutState::rolled_back)});
  if (!oldest) return oldest.error();
  if (*oldest == 0)
    return Error{Code::full,
                 std::to_string(*count) + " roll-outs are not over; cancel one with `tidegate-processor rollout cancel`"};
  Result<void> freed =
      run(database_, "DELETE FROM rollout_targets WHERE rollout = (SELECT id FROM rollouts WHERE number = ?1)", {*oldest});
  if (freed) freed = run(database_, "DELETE FROM rollouts WHERE number = ?1", {*oldest});
  return freed;
}

//   requires: in a transaction
Result<void> SqliteFleet::put_rollout_targets(const Rollout& rollout, std::span<const Secret> documents) {
  Result<SqliteStatement> statement =
      database_.prepare("INSERT INTO rollout_targets VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0, 0, '', ?6)");
  if (!statement) return std::move(statement).error();
  for (std::size_t place = 0; place < documents.size(); ++place) {
    const RolloutTarget& target = rollout.targets[place];
    const Secret& document = documents[place];
    if (target.sensor.empty() || target.sensor.size() > rollout_limits_.text_bytes_max || document.empty() ||
        document.size() > rollout_limits_.document_bytes_max)
      return Error{Code::invalid, "a roll-out's document of sensor " + target.sensor.substr(0, rollout_limits_.text_bytes_max) +
                                      " is beyond its bounds"};
    const Result<std::string> sealed =
        seal(key_, {rollout_purpose, rollout_document_name(rollout.head.id, place)}, document.reveal(), entropy_);
    if (!sealed) return sealed.error();
    bind_all(*statement, {rollout.head.id, static_cast<std::int64_t>(place), target.sensor, static_cast<std::int64_t>(target.stage),
                          static_cast<std::int64_t>(target.state), *sealed});
    if (Result<void> put = statement->run(); !put) return put;
  }
  return {};
}

//   requires: in a transaction
Result<void> SqliteFleet::update_rollout_head(const RolloutHead& head) {
  const std::string why = utf8_within(head.why, rollout_limits_.reasons_bytes_max);
  Result<void> written =
      run(database_, "UPDATE rollouts SET state = ?2, stage = ?3, failures_excused = ?4, why = ?5, ended = ?6 WHERE id = ?1",
          {head.id, static_cast<std::int64_t>(head.state), static_cast<std::int64_t>(head.stage),
           static_cast<std::int64_t>(head.failures_excused), why, of(head.ended)});
  if (written && database_.changes() == 0) return Error{Code::absent, "there is no roll-out '" + head.id + "'"};
  return written;
}

Result<void> SqliteFleet::write_rollout(const Rollout& rollout, std::span<const std::size_t> places) {
  return in_transaction(database_, [&]() -> Result<void> {
    if (Result<void> written = update_rollout_head(rollout.head); !written) return written;
    Result<SqliteStatement> statement = database_.prepare(
        "UPDATE rollout_targets SET state = ?3, revision = ?4, before = ?5, reverted_by = ?6, healthy_before = ?7, reasons = ?8 "
        "WHERE rollout = ?1 AND place = ?2");
    if (!statement) return std::move(statement).error();
    for (const std::size_t place : places) {
      const RolloutTarget& target = rollout.targets.at(place);
      const std::string reasons = utf8_within(target.reasons, rollout_limits_.reasons_bytes_max);
      bind_all(*statement, {rollout.head.id, static_cast<std::int64_t>(place), static_cast<std::int64_t>(target.state),
                            static_cast<std::int64_t>(target.revision), static_cast<std::int64_t>(target.before),
                            static_cast<std::int64_t>(target.reverted_by), std::int64_t{target.healthy_before}, reasons});
      if (Result<void> put = statement->run(); !put) return put;
    }
    return {};
  });
}

Result<std::vector<RolloutSummary>> SqliteFleet::rollouts() {
  std::vector<RolloutSummary> found;
  Result<void> read =
      each_row(database_, std::string{rollout_columns} + "ORDER BY number DESC", {}, [&](const SqliteStatement& row) {
        RolloutSummary summary;
        summary.head = head_in(row);
        found.push_back(std::move(summary));
      });
  for (RolloutSummary& summary : found) {
    if (!read) break;
    read = each_row(database_, "SELECT state, count(*) FROM rollout_targets WHERE rollout = ?1 GROUP BY state", {summary.head.id},
                    [&](const SqliteStatement& row) {
                      const std::int64_t state = std::clamp<std::int64_t>(row.integer(0), 0, target_state_count - 1);
                      summary.counts[static_cast<std::size_t>(state)] += static_cast<std::size_t>(row.integer(1));
                    });
  }
  if (!read) return std::move(read).error();
  return found;
}

Result<Rollout> SqliteFleet::rollout(std::string_view id) {
  std::optional<Rollout> found;
  Result<void> read = each_row(database_, std::string{rollout_columns} + "WHERE id = ?1", {id}, [&](const SqliteStatement& row) {
    found.emplace();
    found->head = head_in(row);
  });
  if (!read) return std::move(read).error();
  if (!found) return Error{Code::absent, "there is no roll-out '" + std::string{id.substr(0, 64)} + "'"};
  read = each_row(database_,
                  "SELECT sensor, stage, state, revision, before, reverted_by, healthy_before, reasons FROM rollout_targets "
                  "WHERE rollout = ?1 ORDER BY place",
                  {id}, [&](const SqliteStatement& row) { found->targets.push_back(target_in(row)); });
  if (!read) return std::move(read).error();
  return *std::move(found);
}

Result<Secret> SqliteFleet::rollout_document(std::string_view id, std::size_t place) {
  std::optional<std::string> sealed;
  Result<void> read = each_row(database_, "SELECT document FROM rollout_targets WHERE rollout = ?1 AND place = ?2",
                               {id, static_cast<std::int64_t>(place)}, [&](const SqliteStatement& row) { sealed = row.text(0); });
  if (!read) return std::move(read).error();
  if (!sealed) return Error{Code::absent, "the roll-out has no such document"};
  Result<Secret> document = unseal(key_, {rollout_purpose, rollout_document_name(id, place)}, *sealed);
  if (!document) return std::move(document).error().in("roll-out document " + rollout_document_name(id, place));
  return document;
}

}  // namespace tidegate
