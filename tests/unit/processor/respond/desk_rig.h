// A desk over a store in memory, and a runner over an API that answers as told: for tests of what is asked of actions.
#pragma once

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

#include "config/ascii.h"
#include "processor/respond/action_desk.h"
#include "respond/runner.h"
#include "tests/support/json_samples.h"
#include "tests/support/manual_clock.h"
#include "tests/support/sample_responders.h"
#include "transport/signal.h"

namespace tidegate::test {

inline constexpr WallTime desk_noon{std::chrono::seconds{1'795'521'600}};  // 2026-11-24T12:00:00Z

class MemoryActions final : public ResponderStore, public ActionHistory, public ActionLedger {
 public:
  std::map<std::string, KeptResponder> kept;
  std::vector<ActionRun> all;  // in the order of their making
  bool may = true;
  std::optional<Error> broken;      // of each write
  std::optional<Error> unreadable;  // of each reading of a run

  Result<void> put_responders(const std::vector<KeptResponder>& those) override {
    if (broken) return *broken;
    for (const KeptResponder& one : those) kept.insert_or_assign(one.responder.name, one);
    return {};
  }
  Result<std::vector<KeptResponder>> responders() override {
    std::vector<KeptResponder> out;
    for (const auto& [name, one] : kept) out.push_back(one);
    return out;
  }
  Result<void> delete_responder(std::string_view name) override {
    kept.erase(std::string{name});
    return {};
  }
  Result<void> set_may_send(bool now, std::string_view, WallTime) override {
    if (broken) return *broken;
    may = now;
    return {};
  }
  Result<bool> may_send() override { return may; }

  Result<RunsFound> runs(const ActionQuery& query) override {
    RunsFound out;
    bool begun = query.before.empty();
    for (const ActionRun& run : std::views::reverse(all)) {
      const bool fits = begun && matches(run, query);
      if (fits && out.runs.size() == query.limit) out.more = true;
      else if (fits) out.runs.push_back(run);
      if (run.id == query.before) begun = true;
    }
    if (!begun) return no_run(query.before);
    return out;
  }
  Result<std::uint64_t> count(const ActionQuery& query) override {
    return static_cast<std::uint64_t>(std::ranges::count_if(all, [&query](const ActionRun& run) { return matches(run, query); }));
  }
  Result<ActionRun> run(std::string_view id) override {
    if (unreadable) return *unreadable;
    const auto found = std::ranges::find(all, id, &ActionRun::id);
    if (found == all.end()) return no_run(id);
    return *found;
  }
  Result<std::optional<std::string>> unsettled_run_of(std::string_view responder) override {
    if (unreadable) return *unreadable;
    for (const ActionRun& run : all)
      if (run.responder == responder && !settled(run)) return std::optional{run.id};
    return std::optional<std::string>{};
  }
  Result<void> trim(WallTime) override { return {}; }

  asio::awaitable<Result<void>> put(std::vector<ActionRun> runs) override {
    if (broken) co_return *broken;
    for (ActionRun& each : runs) {
      const auto found = std::ranges::find(all, each.id, &ActionRun::id);
      if (found == all.end()) all.push_back(std::move(each));
      else *found = std::move(each);
    }
    co_return Result<void>{};
  }
  asio::awaitable<Result<ActionRun>> read(std::string id) override { co_return run(id); }
  asio::awaitable<Result<UnsettledRuns>> unsettled() override {
    UnsettledRuns out;
    for (const ActionRun& each : all)
      if (!settled(each)) out.runs.push_back(each);
    co_return out;
  }

 private:
  static Error no_run(std::string_view id) { return Error{Code::absent, "there is no run '" + std::string{id} + "'"}; }
  static bool holds(const ActionRun& run, const std::string& text) {
    std::vector<std::string> searched{run.requested_by};
    for (const TargetRun& target : run.targets)
      searched.insert(searched.end(), {target.target.value, target.target.mail_box, target.task_id, target.reason});
    if (run.webhook) searched.insert(searched.end(), {run.webhook->path_and_query, run.webhook->reason});
    return std::ranges::any_of(searched,
                               [&text](const std::string& each) { return lower_case(each).find(lower_case(text)) != each.npos; });
  }
  static bool matches(const ActionRun& run, const ActionQuery& query) {
    return (query.tenant.empty() || run.tenant == query.tenant) && (query.responder.empty() || run.responder == query.responder) &&
           (query.record_id.empty() || run.record_id == query.record_id) && (!query.action || run.action == query.action) &&
           (!query.state || state_of(run) == *query.state) && (query.text.empty() || holds(run, query.text)) &&
           (!query.since || run.created >= *query.since) && (!query.until || run.created < *query.until);
  }
};

// Each element becomes a task that has succeeded when it is looked at, unless told otherwise.
class ToldActions final : public ActionApi {
 public:
  std::map<std::string, SentElement> answers;  // by object
  ResponseState outcome = ResponseState::succeeded;
  std::vector<std::string> sent;  // "isolate_endpoint VALUE DESCRIPTION"
  bool hangs = false;             // of the next sending: until it is cancelled
  Signal never;

  asio::awaitable<Result<std::vector<SentElement>>> send(ResponseAction action, std::vector<ActionElement> elements) override {
    if (hangs) co_await never.wait();
    std::vector<SentElement> out;
    for (const ActionElement& each : elements) {
      sent.push_back(std::string{name(action)} + " " + each.target.value + " " + each.description);
      SentElement& answer = out.emplace_back();
      if (const auto told = answers.find(each.target.value); told != answers.end()) {
        answer = told->second;
        continue;
      }
      answer.fate = SentElement::Fate::accepted;
      answer.task_id = "task-" + std::to_string(sent.size());
    }
    co_return out;
  }
  asio::awaitable<Result<TaskView>> task(std::string id) override {
    TaskView view;
    view.id = std::move(id);
    view.state = outcome;
    co_return view;
  }
  asio::awaitable<Result<std::vector<TaskView>>> tasks_since(WallTime) override { co_return std::vector<TaskView>{}; }
};

class ToldWebhook final : public WebhookApi {
 public:
  unsigned status = 200;
  std::vector<std::string> sent;

  asio::awaitable<Result<Answer>> send(std::string method, std::string path_and_query, std::string body) override {
    sent.push_back(method + " " + path_and_query + " " + body);
    Answer answer;
    answer.status = status;
    answer.body = "ok";
    co_return answer;
  }
};

// An alert of acme, with these hosts and a file.
inline boost::json::object alert_record(const std::vector<std::string>& guids) {
  boost::json::object record = json_object(
      R"({"record_id": "000102030405060708090a0b0c0d0e0f", "tenantid": "acme", "msg_class": "trendmicro_visionone_alerts"})");
  record["trendmicro_visionone"] =
      json_object(R"({"id": "WB-1", "impactScope": {"entities": []}, "indicators": [{"id": 1, "type": "file_sha1"}]})");
  boost::json::object& alert = record["trendmicro_visionone"].as_object();
  for (const std::string& guid : guids) {
    boost::json::object host = json_object(R"({"entityType": "host", "entityValue": {"name": "WS-7", "ips": ["10.0.0.7"]}})");
    host["entityId"] = guid;
    host["entityValue"].as_object()["guid"] = guid;
    alert["impactScope"].as_object()["entities"].as_array().push_back(std::move(host));
  }
  alert["indicators"].as_array().front().as_object()["value"] = ws7_sha1;
  return record;
}

inline boost::json::object alert_record() { return alert_record({ws7_guid}); }

class DeskRig {
 public:
  DeskRig() {
    desk.set_runner(runner);
    tasks_.spawn("actions", runner.run());
    turn();
  }
  ~DeskRig() {
    tasks_.stop();
    asio::co_spawn(loop, tasks_.join(), [](const std::exception_ptr&) {});
    for (int i = 0; i < 1000 && !tasks_.empty(); ++i) turn();
  }
  DeskRig(const DeskRig&) = delete;
  DeskRig& operator=(const DeskRig&) = delete;

  template <class T>
  T wait(asio::awaitable<T> asked_for) {
    std::optional<T> answer;
    const auto into = [](asio::awaitable<T> what, std::optional<T>& out) -> asio::awaitable<void> {
      out.emplace(co_await std::move(what));
    };
    asio::co_spawn(loop, into(std::move(asked_for), answer), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    for (int i = 0; i < 1000 && !answer; ++i) turn();
    TG_ASSERT(answer.has_value(), "what is asked is answered without waiting");
    return *std::move(answer);
  }

  void turn() {
    loop.restart();
    loop.poll();
  }
  // Goes on until nothing is due within that time.
  void pass(std::chrono::nanoseconds time) {
    const SteadyTime until = clock.steady() + time;
    turn();
    while (true) {
      const std::optional<SteadyTime> next = clock.next_deadline();
      clock.advance(next && *next < until ? *next - clock.steady() : until - clock.steady());
      turn();
      if (clock.steady() >= until) break;
    }
  }

  void keep(Responder responder) {
    std::vector<Responder> one{std::move(responder)};
    const Result<void> applied = desk.apply(std::move(one), "alice");
    TG_ASSERT(applied.has_value(), "a test's responder is good");
  }
  ActionRun now(const std::string& id) { return *store.run(id); }

  asio::io_context loop{1};
  ManualClock clock{desk_noon};
  Random random{Seed{7}};
  std::string logged;
  Log log{clock, LogFormat::text, Level::info, [this](std::string_view line) { logged.append(line); }};
  Metrics metrics;
  MemoryActions store;
  std::shared_ptr<ToldActions> api = std::make_shared<ToldActions>();
  std::shared_ptr<ToldWebhook> webhook = std::make_shared<ToldWebhook>();
  std::map<std::string, std::string> credentials;
  std::vector<std::string> made;  // "NAME SECRET", of each API
  Result<std::string> probed{std::string{"the key may list tasks"}};
  ActionDesk desk{{store, store,
                   [this](std::string_view name) -> Result<Secret> {
                     const auto found = credentials.find(std::string{name});
                     if (found == credentials.end()) return Error{Code::absent, "there is no credential"};
                     return Secret{found->second};
                   },
                   [this](const Responder& responder, Secret secret) -> Result<ResponderApi> {
                     if (responder.ca_file == "/nowhere") return Error{Code::invalid, "CA file /nowhere: cannot be read"};
                     made.push_back(responder.name + " " + std::string{secret.reveal()});
                     ResponderApi out;
                     if (responder.type == ResponderType::webhook) out.webhook = webhook;
                     else out.actions = api;
                     return out;
                   },
                   [this](Responder, Secret) -> asio::awaitable<Result<std::string>> { co_return probed; }},
                  clock,
                  random,
                  log};
  ActionRunner runner{store, desk, loop.get_executor(), clock, random, log, metrics};

 private:
  TaskGroup tasks_{loop.get_executor()};
};

}  // namespace tidegate::test
