#include "agent/edges/stored_actions.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "agent/text_cut.h"
#include "base/id128.h"
#include "respond/run_store_form.h"

namespace tidegate {
namespace {

constexpr std::string_view told_in_part = "too long to be told: the ledger of the sensor has all of it";
constexpr std::size_t told_reason_bytes_max = 300;

// Any other may pass: a disk that does not answer.
bool is_of_the_row(const Error& error) {
  return error.code() == Code::corrupt || error.code() == Code::invalid || error.code() == Code::absent;
}

// Takes what makes a run long from one that fills an answer by itself; states and tasks stay. How many bytes it has then.
std::size_t shorten(ActionRun& run) {
  const std::size_t bytes = stored_run(run).size();
  if (bytes <= sensor_message_bytes_max) return bytes;
  for (TargetRun& target : run.targets) target.reason.clear();
  if (!run.targets.empty()) run.targets.front().reason = told_in_part;
  if (run.webhook) {
    WebhookRun& request = *run.webhook;
    request.body.clear();
    request.answer.clear();
    request.reason = std::string{cut(request.reason, told_reason_bytes_max)};
    request.reason.append(request.reason.empty() ? "" : "; ").append(told_in_part);
  }
  return stored_run(run).size();
}

}  // namespace

Result<std::unique_ptr<SensorLedger>> open_sensor_ledger(const StorePlace& place, const Id128& fresh_id, WorkerThread& thread,
                                                         ConfigSealer& sealer, Log& log, Metrics& metrics) {
  ActionLedgerReport report;
  Result<std::unique_ptr<ActionLedgerFiles>> files = ActionLedgerFiles::open(place, fresh_id, report);
  Metric& damaged = metrics.counter("tidegate_action_rows_set_aside_total", "Damaged files of the sensor's ledger of actions.");
  for (std::size_t i = 0; i < report.set_aside.size(); ++i) {
    damaged.add();
    log.error(
        "a file of the ledger of actions was damaged: it is set aside, and what it was about does not go on; look for it in "
        "Vision One",
        {{"set_aside", report.set_aside[i]}, {"reason", i < report.reasons.size() ? report.reasons[i] : std::string{}}});
  }
  if (!files) return std::move(files).error();
  if (report.begun && !report.set_aside.empty())
    log.error("the ledger of actions was lost: a new one is begun, and actions that were handed to the old one are not taken again",
              {{"ledger", (*files)->id()}});
  return std::unique_ptr<SensorLedger>{std::make_unique<StoredActions>(*std::move(files), thread, sealer, log)};
}

StoredActions::StoredActions(std::unique_ptr<ActionLedgerFiles> files, WorkerThread& thread, ConfigSealer& sealer, Log& log)
    : files_(std::move(files)), id_(files_->id()), thread_(thread), sealer_(sealer), log_(log) {}

Result<ActionRun> StoredActions::run_of(const std::string& id) {
  const Result<LedgerRow> row = files_->read(id);
  if (!row) return row.error();
  Result<ActionRun> run = run_from_stored(row->body);
  if (!run) return std::move(run).error().in("run " + id);
  if (run->id != id) return Error{Code::corrupt, "run " + id + ": what is stored under its id is another one"};
  return run;
}

Result<UnsettledRuns> StoredActions::unsettled_runs() {
  const Result<std::vector<std::string>> ids = files_->unsettled();
  if (!ids) return ids.error();
  UnsettledRuns left;
  for (const std::string& id : *ids) {
    Result<ActionRun> run = run_of(id);
    if (run) left.runs.push_back(*std::move(run));
    else if (is_of_the_row(run.error())) left.unreadable.push_back(run.error().text());
    else return std::move(run).error();
  }
  std::ranges::sort(left.runs, {}, [](const ActionRun& run) { return std::tie(run.created, run.id); });
  return left;
}

Result<SensorChanges> StoredActions::changed_runs(std::uint64_t after) {
  const Result<std::vector<LedgerChange>> changed = files_->changed_after(after, changes_runs_max + 1);
  if (!changed) return changed.error();
  SensorChanges changes;
  changes.ledger = id_;
  changes.through = after;
  std::size_t bytes = 0;
  std::size_t taken = 0;
  for (; taken < changed->size() && taken < changes_runs_max; ++taken) {
    const LedgerChange& change = (*changed)[taken];
    Result<ActionRun> run = run_of(change.key);
    if (!run && !is_of_the_row(run.error())) return std::move(run).error();
    const std::size_t run_bytes = run ? shorten(*run) : 0;
    if (run_bytes > sensor_message_bytes_max) run = Error{Code::invalid, "run " + change.key + " is larger than an answer may be"};
    if (run && bytes + run_bytes > sensor_message_bytes_max) break;
    changes.through = change.change;
    if (run) {
      bytes += run_bytes;
      changes.runs.push_back(*std::move(run));
    } else {
      log_.error("an action cannot be told to the processor: it is left out", {{"reason", run.error().text()}});
    }
  }
  changes.more = taken < changed->size();
  if (!changes.more) changes.through = files_->last_change();
  return changes;
}

// The calls have names, because g++ 12 destroys a capturing lambda twice when it stands inside a co_await expression.
asio::awaitable<Result<void>> StoredActions::put(std::vector<ActionRun> runs) {
  std::vector<LedgerRow> rows;
  std::set<std::string_view> ids;
  for (const ActionRun& run : runs) {
    if (!id_from_hex(run.id)) co_return Error{Code::invalid, "the id of a run is not 32 hexadecimal digits"};
    if (!ids.insert(run.id).second) co_return Error{Code::invalid, "two runs have the id " + run.id};
    LedgerRow& row = rows.emplace_back();
    row.key = run.id;
    row.settled = settled(run);
    row.body = stored_run(run);
  }
  const std::function<Result<void>()> call = [this, &rows] { return files_->put(std::move(rows)); };
  co_return co_await thread_.call(call);
}

asio::awaitable<Result<ActionRun>> StoredActions::read(std::string id) {
  const std::function<Result<ActionRun>()> call = [this, &id] { return run_of(id); };
  co_return co_await thread_.call(call);
}

asio::awaitable<Result<UnsettledRuns>> StoredActions::unsettled() {
  const std::function<Result<UnsettledRuns>()> call = [this] { return unsettled_runs(); };
  co_return co_await thread_.call(call);
}

asio::awaitable<Result<SensorChanges>> StoredActions::changes_after(std::uint64_t change) {
  const std::function<Result<SensorChanges>()> call = [this, change] { return changed_runs(change); };
  co_return co_await thread_.call(call);
}

asio::awaitable<Result<void>> StoredActions::keep_responders(Secret text) {
  const Result<Bytes> sealed = sealer_.seal(text);
  if (!sealed) co_return sealed.error();
  const std::function<Result<void>()> call = [this, &sealed] { return files_->put_value(*sealed); };
  co_return co_await thread_.call(call);
}

asio::awaitable<Result<Secret>> StoredActions::responders() {
  const std::function<Result<Bytes>()> call = [this] { return files_->value(); };
  const Result<Bytes> sealed = co_await thread_.call(call);
  if (!sealed) co_return sealed.error();
  co_return sealer_.open(*sealed);
}

}  // namespace tidegate
