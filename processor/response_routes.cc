#include "processor/response_routes.h"

#include <boost/asio/this_coro.hpp>

#include "base/json_writer.h"
#include "processor/action_asked.h"
#include "processor/control_texts.h"
#include "processor/response_texts.h"
#include "respond/responders_document.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds follow_wait_max{20};

Sending sending_of(const ActionDesk& desk) { return desk.may_send() ? Sending::goes_on : Sending::stopped; }

}  // namespace

const std::vector<SocketRoute<ResponseRoutes>>& ResponseRoutes::routes() {
  static const std::vector<SocketRoute<ResponseRoutes>> all{
      {{"GET", "/responders", {}, {}}, &ResponseRoutes::responders},
      {{"GET", "/responders/show", {"name"}, {}}, &ResponseRoutes::responder},
      {{"POST", "/responders/apply", {}, {"file", "by"}}, &ResponseRoutes::apply},
      {{"POST", "/responders/delete", {"name"}, {"by"}}, &ResponseRoutes::delete_responder},
      {{"POST", "/responders/test", {"name"}, {}}, &ResponseRoutes::test},
      {{"POST", "/actions/run", {}, {}}, &ResponseRoutes::run},
      {{"GET", "/actions", {}, {"tenant", "responder", "action", "state", "record", "text", "since", "until", "limit", "before"}},
       &ResponseRoutes::runs},
      {{"GET", "/actions/show", {"id"}, {"without_warnings"}}, &ResponseRoutes::show},
      {{"GET", "/actions/follow", {"id"}, {"seen"}}, &ResponseRoutes::follow},
      {{"POST", "/actions/retry", {"id"}, {"by"}}, &ResponseRoutes::retry},
      {{"POST", "/actions/undo", {"id"}, {"by"}}, &ResponseRoutes::undo},
      {{"POST", "/actions/approve", {"id"}, {"by"}}, &ResponseRoutes::approve},
      {{"POST", "/actions/deny", {"id"}, {"by"}}, &ResponseRoutes::deny},
      {{"POST", "/actions/stop", {}, {"by"}}, &ResponseRoutes::stop},
      {{"POST", "/actions/resume", {}, {"by"}}, &ResponseRoutes::resume}};
  return all;
}

bool ResponseRoutes::serves(std::string_view target) { return is_served(routes(), target); }

asio::awaitable<HttpReply> ResponseRoutes::answer(HttpRequestView request) { return answer_by(routes(), *this, request); }

asio::awaitable<HttpReply> ResponseRoutes::responders(const SocketAsked& asked) {
  co_return asked.json ? json_reply(responders_json(desk_.responders(), sending_of(desk_)))
                       : text_reply(responders_text(desk_.responders(), sending_of(desk_)));
}

asio::awaitable<HttpReply> ResponseRoutes::responder(const SocketAsked& asked) {
  const std::string name = asked.value("name");
  const Result<const Responder*> found = desk_.responder_named(name);
  if (!found) co_return refused_reply(found.error());
  const KeptResponder& kept = desk_.responders().at(name);
  co_return asked.json ? json_reply(responder_json(kept)) : text_reply(responder_text(kept));
}

asio::awaitable<HttpReply> ResponseRoutes::apply(const SocketAsked& asked) {
  const Result<std::string> by = asker_of(asked);
  if (!by) co_return refused_reply(by.error());
  ParsedResponders parsed = parse_responders(asked.body);
  if (!parsed.responders) co_return errors_reply(asked, std::move(parsed.errors), responders_document_name);
  std::vector<std::string> names;
  std::vector<std::string> warnings;
  for (const Responder& each : *parsed.responders) {
    names.push_back(each.name);
    for (std::string& warning : ActionDesk::warnings_of(each)) warnings.push_back(std::move(warning));
  }
  const Result<void> applied = desk_.apply(*std::move(parsed.responders), *by);
  if (!applied) co_return refused_reply(applied.error());
  std::string out;
  if (asked.json) {
    {
      ObjectWriter object{out};
      write_list(object.key("applied"), names);
      write_list(object.key("warnings"), warnings);
    }
    co_return json_reply(out + "\n");
  }
  out = warnings_text(warnings);
  for (const std::string& name : names) out.append("responder ").append(name).append(" is in force\n");
  co_return text_reply(std::move(out));
}

asio::awaitable<HttpReply> ResponseRoutes::delete_responder(const SocketAsked& asked) {
  const Result<std::string> by = asker_of(asked);
  if (!by) co_return refused_reply(by.error());
  const std::string name = asked.value("name");
  const Result<void> deleted = desk_.remove(name, *by);
  if (!deleted) co_return refused_reply(deleted.error());
  co_return asked.json ? json_reply("{\"deleted\":true}\n") : text_reply("responder " + name + " is not there any more\n");
}

asio::awaitable<HttpReply> ResponseRoutes::test(const SocketAsked& asked) {
  const std::string name = asked.value("name");
  const Result<const Responder*> found = desk_.responder_named(name);
  if (!found) co_return refused_reply(found.error());
  const std::vector<std::string> warnings = ActionDesk::warnings_of(**found);
  const Result<std::string> tested = co_await desk_.test(name);
  const std::string words = without_controls(tested ? *tested : tested.error().text());
  const unsigned status = tested ? 200 : 409;
  std::string out;
  if (!asked.json) co_return text_reply(warnings_text(warnings) + (tested ? "PASSED: " : "FAILED: ") + words + "\n", status);
  {
    ObjectWriter object{out};
    object.text("responder", name);
    object.text("outcome", tested ? "passed" : "failed");
    object.text("reason", words);
    write_list(object.key("warnings"), warnings);
  }
  co_return json_reply(out + "\n", status);
}

HttpReply ResponseRoutes::outcome(const SocketAsked& asked, const Result<ActionRun>& run) const {
  if (!run) return refused_reply(run.error());
  const std::vector<std::string> warnings = desk_.warnings_for(*run);
  return asked.json ? json_reply(run_json(*run, warnings)) : text_reply(run_text(*run, warnings));
}

asio::awaitable<HttpReply> ResponseRoutes::run(const SocketAsked& asked) {
  Result<ActionOrder> order = read_order(asked.body);
  if (!order) co_return refused_reply(order.error());
  const Result<ActionDraft> taken = co_await desk_.submit(*std::move(order));
  if (!taken) co_return refused_reply(taken.error());
  if (!taken->run.dry_run) co_return outcome(asked, taken->run);
  const std::vector<std::string> warnings = desk_.warnings_for(taken->run);
  co_return asked.json ? json_reply(dry_run_json(*taken, warnings)) : text_reply(dry_run_text(*taken, warnings));
}

asio::awaitable<HttpReply> ResponseRoutes::runs(const SocketAsked& asked) {
  const Result<ActionQuery> query = read_action_query(asked, clock_.wall());
  if (!query) co_return refused_reply(query.error());
  Result<RunsFound> found = history_.runs(*query);
  if (!found) co_return refused_reply(found.error());
  RunsPage page;
  page.runs = std::move(found->runs);
  if (found->more) page.next = page.runs.back().id;
  // Whoever turns pages was told with the first.
  if (query->before.empty()) {
    const Result<std::uint64_t> total = history_.count(*query);
    if (!total) co_return refused_reply(total.error());
    page.total = *total;
  }
  co_return asked.json ? json_reply(runs_json(page)) : text_reply(runs_text(page));
}

asio::awaitable<HttpReply> ResponseRoutes::show(const SocketAsked& asked) {
  const Result<bool> bare = flag_of("without_warnings", asked.value("without_warnings"));
  if (!bare) co_return refused_reply(bare.error());
  const Result<ActionRun> run = history_.run(asked.value("id"));
  if (!run || !*bare) co_return outcome(asked, run);
  co_return asked.json ? json_reply(run_json(*run, {})) : text_reply(run_text(*run, {}));
}

asio::awaitable<HttpReply> ResponseRoutes::follow(const SocketAsked& asked) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  const auto executor = co_await asio::this_coro::executor;
  const std::string id = asked.value("id");
  const std::string seen = asked.value("seen");
  const SteadyTime until = clock_.steady() + follow_wait_max;
  const Alarm alarm = clock_.alarm(executor, until, [this] { changed_.notify(); });
  while (true) {
    const Result<ActionRun> run = history_.run(id);
    if (!run) co_return refused_reply(run.error());
    if (progress_of(*run) != seen || clock_.steady() >= until) co_return json_reply(run_progress_json(*run));
    if (stop.cancelled() != asio::cancellation_type::none)
      co_return refused_reply({Code::cancelled, "nobody follows the action any more"});
    co_await changed_.wait();
  }
}

asio::awaitable<HttpReply> ResponseRoutes::retry(const SocketAsked& asked) {
  const Result<std::string> by = asker_of(asked);
  if (!by) co_return refused_reply(by.error());
  co_return outcome(asked, co_await desk_.retry(asked.value("id"), *by));
}

asio::awaitable<HttpReply> ResponseRoutes::undo(const SocketAsked& asked) {
  const Result<std::string> by = asker_of(asked);
  if (!by) co_return refused_reply(by.error());
  co_return outcome(asked, co_await desk_.undo(asked.value("id"), *by));
}

asio::awaitable<HttpReply> ResponseRoutes::approve(const SocketAsked& asked) {
  const Result<std::string> by = asker_of(asked);
  if (!by) co_return refused_reply(by.error());
  co_return outcome(asked, co_await desk_.decide(asked.value("id"), true, *by));
}

asio::awaitable<HttpReply> ResponseRoutes::deny(const SocketAsked& asked) {
  const Result<std::string> by = asker_of(asked);
  if (!by) co_return refused_reply(by.error());
  co_return outcome(asked, co_await desk_.decide(asked.value("id"), false, *by));
}

HttpReply ResponseRoutes::switched(const SocketAsked& asked, bool may) {
  const Result<std::string> by = asker_of(asked);
  if (!by) return refused_reply(by.error());
  if (const Result<void> set = desk_.set_may_send(may, *by); !set) return refused_reply(set.error());
  if (asked.json) return json_reply(may ? "{\"sending\":true}\n" : "{\"sending\":false}\n");
  return text_reply(may ? "actions are sent again\n"
                        : "nothing new is sent until `tidegate-processor action resume`; what was sent is followed to its end\n");
}

asio::awaitable<HttpReply> ResponseRoutes::stop(const SocketAsked& asked) { co_return switched(asked, false); }

asio::awaitable<HttpReply> ResponseRoutes::resume(const SocketAsked& asked) { co_return switched(asked, true); }

}  // namespace tidegate
