// `tidegate-processor action …`: asked of the running daemon; how a run is followed, and how all of the history is read.
//
// Exit codes of what runs: 0 it succeeded, or was shown by a dry run; 1 it failed, in part or as a whole, was refused, or nobody
// knows; 2 wrong usage or an order that is not valid; 3 nobody answers, or it is still under way.
#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <memory>
#include <set>

#include "base/clock.h"
#include "base/id128.h"
#include "processor/cli_fleet.h"
#include "processor/edges/sqlite_archive.h"
#include "processor/edges/stores.h"
#include "processor/joined.h"
#include "processor/record.h"
#include "respond/foreign_json.h"
#include "respond/record_json.h"
#include "respond/run.h"
#include "respond/template.h"
#include "transport/http_client.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds action_follow_deadline{40};  // the daemon answers within 20 s
constexpr std::chrono::minutes action_follow_max{10};
constexpr std::chrono::seconds page_deadline{120};
constexpr std::size_t answer_depth_max = 64;

struct ActionArguments : FleetArguments {
  std::string id;
  bool detach = false;
};

struct RunArguments : ActionArguments {
  std::string responder;
  std::string action;
  std::string record;
  std::vector<std::string> values;
  std::string body_file;
  std::string path;
  std::string tenant;
  std::string lasts;
  bool dry_run = false;
};

struct HistoryArguments : FleetArguments {
  std::string tenant, responder, action, state, record, text, since, until, before;
  std::string limit = "100";
};

int complain_of_action(int code, const std::string& why) {
  std::fprintf(stderr, "tidegate-processor: %s\n", why.c_str());
  return code;
}

// Of the daemon's answer; an empty object where it is none.
boost::json::object answer_object(const Bytes& body) {
  ForeignJsonLimits limits;
  limits.bytes_max = HttpLimits{}.body_bytes_max;
  limits.depth_max = answer_depth_max;
  Result<boost::json::value> parsed = parse_foreign_json(body, limits);
  boost::json::object* const object = parsed ? parsed->if_object() : nullptr;
  return object == nullptr ? boost::json::object{} : std::move(*object);
}

std::string answer_text(const boost::json::object& answer, std::string_view key) { return std::string{text_member(answer, key)}; }

int code_of_run(std::string_view state, bool ended) {
  if (!ended) return processor_exit_unreachable;
  const bool good = state == name(RunState::succeeded) || state == name(RunState::previewed) || state == name(RunState::undone);
  return good ? processor_exit_done : processor_exit_failed;
}

// The record in the index, whether the daemon runs or not. Absent, with the reason on the standard error stream and the exit code
// in `code`.
std::optional<boost::json::object> find_record(const RunArguments& arguments, int& code) {
  const std::string& id = arguments.record;
  const auto failed = [&code](int with, const std::string& why) {
    code = complain_of_action(with, why);
    return std::optional<boost::json::object>{};
  };
  code = processor_exit_usage;
  if (!id_from_hex(id)) return failed(processor_exit_usage, "--record: '" + id + "' is no record_id: it has 32 hexadecimal digits");
  const std::optional<ProcessorConfig> config = read_processor_config(arguments.config_file);
  if (!config) return std::nullopt;
  Result<SqliteArchive> archive = SqliteArchive::open(index_directory(config->processor.state_directory));
  if (!archive) return failed(processor_exit_storage, archive.error().text());
  const Result<std::optional<SearchRange>> extent = archive->extent();
  if (!extent) return failed(processor_exit_storage, extent.error().text());
  const Result<Query> query = parse_query("record_id: " + id);
  if (!query) return failed(processor_exit_usage, query.error().text());
  Bytes found;
  std::set<std::string> tenants;
  const auto hit = [&found, &tenants](ByteView document) {
    if (const Result<RecordView> record = read_record(document)) tenants.emplace(record->tenantid);
    if (found.empty()) found = document;
    return tenants.size() < 2;
  };
  const SearchRange range = extent->value_or(SearchRange{});
  const Result<SearchEnd> end = archive->search({*query, range, arguments.tenant}, hit);
  if (!end) return failed(processor_exit_storage, end.error().text());
  // Any sensor can make up the id of another tenant's record (P10): a person says whose is meant.
  if (tenants.size() > 1)
    return failed(processor_exit_failed, "tenants " + joined(tenants) + " have a record '" + id + "'; name one with --tenant");
  if (found.empty()) return failed(processor_exit_failed, "there is no record '" + id + "' in the index");
  Result<boost::json::object> record = record_json(found);
  if (!record) return failed(processor_exit_failed, "record '" + id + "': " + record.error().text());
  return *std::move(record);
}

// KEY=VALUE, as text; a key that comes again makes a list.
std::optional<boost::json::object> given_values(const std::vector<std::string>& values) {
  boost::json::object given;
  for (const std::string& each : values) {
    const std::size_t mark = each.find('=');
    if (mark == std::string::npos || mark == 0) {
      complain_of_action(processor_exit_usage, "--set: '" + each + "' is no KEY=VALUE");
      return std::nullopt;
    }
    const std::string key = each.substr(0, mark);
    boost::json::string value{each.substr(mark + 1)};
    boost::json::value* const before = given.if_contains(key);
    if (before == nullptr) given[key] = std::move(value);
    else if (boost::json::array* const list = before->if_array()) list->emplace_back(std::move(value));
    else *before = boost::json::array{std::move(*before), std::move(value)};
  }
  return given;
}

void tell(const FleetArguments& arguments, const std::string& text) {
  if (arguments.json) return;
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

// With --json nothing is printed but the run as it is at the end.
int follow_run(const FleetArguments& arguments, const std::string& id) {
  const SystemClock clock;
  const SteadyTime until = clock.steady() + action_follow_max;
  std::string seen;
  std::string state;
  bool ended = false;
  const auto waits_for_approval = [&state] { return state == name(RunState::awaiting_approval); };
  while (!ended && !waits_for_approval() && clock.steady() < until) {
    const FleetAnswer now = answer_of_processor(
        arguments, {.path = "/actions/follow", .query = {{"id", id}, {"seen", seen}}, .deadline = action_follow_deadline});
    if (now.status != 200) {
      if (now.status == 0) std::fprintf(stderr, "run %s goes on without being followed\n", id.c_str());
      return print_answer(now);
    }
    const boost::json::object answer = answer_object(now.body);
    const std::string progress = answer_text(answer, "progress");
    if (progress != seen) tell(arguments, answer_text(answer, "line"));
    seen = progress;
    state = answer_text(answer, "state");
    const boost::json::value* const ends = answer.if_contains("ended");
    ended = ends != nullptr && ends->is_bool() && ends->get_bool();
  }
  // Its warnings were told when it was accepted.
  const std::string bare = arguments.json ? "" : "true";
  const int shown = ask_processor(arguments, {.path = "/actions/show", .query = {{"id", id}, {"without_warnings", bare}}});
  if (shown != processor_exit_done) return shown;
  if (waits_for_approval())
    std::fprintf(stderr, "run %s waits until a person says yes: `tidegate-processor action approve %s`\n", id.c_str(), id.c_str());
  else if (!ended)
    std::fprintf(stderr, "run %s is still under way; `tidegate-processor action show %s` tells how far it is\n", id.c_str(),
                 id.c_str());
  return code_of_run(state, ended);
}

void tell_warnings(const boost::json::object& run) {
  const boost::json::value* const warnings = run.if_contains("warnings");
  if (warnings == nullptr || !warnings->is_array()) return;
  for (const boost::json::value& each : warnings->get_array())
    if (const boost::json::string* const text = each.if_string()) std::fprintf(stderr, "WARNING: %s\n", text->c_str());
}

// Asks for a run, and follows what was accepted.
int ask_and_follow(const ActionArguments& arguments, const FleetQuestion& question) {
  if (arguments.detach) return ask_processor(arguments, question);
  FleetArguments as_json = arguments;
  as_json.json = true;  // for the id in it
  const FleetAnswer answer = answer_of_processor(as_json, question);
  if (answer.status != 200) return print_answer(answer);
  const boost::json::object run = answer_object(answer.body);
  if (!arguments.json) tell_warnings(run);
  const std::string id = answer_text(run, "id");
  tell(arguments, "run " + id + " was accepted\n");
  return follow_run(arguments, id);
}

int run_action(const RunArguments& arguments) {
  boost::json::object order;
  order["responder"] = arguments.responder;
  order["by"] = operator_name();
  const auto put = [&order](std::string_view key, const std::string& text) {
    if (!text.empty()) order[key] = text;
  };
  put("action", arguments.action);
  put("tenant", arguments.tenant);
  put("path", arguments.path);
  put("lasts", arguments.lasts);
  if (arguments.dry_run) order["dry_run"] = true;
  std::optional<boost::json::object> given = given_values(arguments.values);
  if (!given) return processor_exit_usage;
  order["given"] = *std::move(given);
  if (!arguments.body_file.empty()) {
    const std::optional<Bytes> body = read_input(arguments.body_file, template_bytes_max);
    if (!body) return processor_exit_usage;
    put("body", *body);
  }
  if (!arguments.record.empty()) {
    int code = processor_exit_done;
    std::optional<boost::json::object> record = find_record(arguments, code);
    if (!record) return code;
    order["record"] = *std::move(record);
  }
  FleetQuestion question{.method = "POST", .path = "/actions/run"};
  question.body = boost::json::serialize(order);
  return arguments.dry_run ? ask_processor(arguments, question) : ask_and_follow(arguments, question);
}

FleetQuestion history_question(const HistoryArguments& arguments, const std::string& before, const std::string& limit) {
  FleetQuestion question{.path = "/actions", .deadline = page_deadline};
  question.query = {{"tenant", arguments.tenant},
                    {"responder", arguments.responder},
                    {"action", arguments.action},
                    {"state", arguments.state},
                    {"record", arguments.record},
                    {"text", arguments.text},
                    {"since", arguments.since},
                    {"until", arguments.until},
                    {"limit", limit},
                    {"before", before}};
  return question;
}

// All that match, page by page, a JSON document a line.
int export_actions(const HistoryArguments& arguments) {
  FleetArguments as_json = arguments;
  as_json.json = true;
  std::string before = arguments.before;
  while (true) {
    const FleetAnswer answer = answer_of_processor(as_json, history_question(arguments, before, "500"));
    if (answer.status != 200) return print_answer(answer);
    const boost::json::object page = answer_object(answer.body);
    const boost::json::value* const runs = page.if_contains("runs");
    if (runs == nullptr || !runs->is_array())
      return complain_of_action(processor_exit_failed, "the processor's answer cannot be read; ask one of the same version");
    for (const boost::json::value& run : runs->get_array()) {
      const std::string line = boost::json::serialize(run) + "\n";
      if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size())
        return complain_of_action(processor_exit_failed, "the output could not be written");
    }
    before = answer_text(page, "next");
    if (before.empty()) break;
  }
  return std::fflush(stdout) == 0 ? processor_exit_done
                                  : complain_of_action(processor_exit_failed, "the output could not be written");
}

void add_run_options(CLI::App& command, RunArguments& arguments) {
  command.add_option("--responder", arguments.responder, "By whom")->required();
  command.add_option(
      "--action", arguments.action,
      "What: add_to_block_list, remove_from_block_list, isolate_endpoint, restore_endpoint, quarantine_email; not with a "
      "custom responder");
  command.add_option("--record", arguments.record, "The record_id of what it is about: its values fill the request");
  command
      .add_option("--set", arguments.values,
                  "A value that the request needs, such as agentGuid=…, as text; a key given again makes a list")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_option("--body", arguments.body_file, "A template in place of the responder's; - is the standard input")
      ->type_name("FILE");
  command.add_option("--path", arguments.path, "Of a custom responder: a path and query in place of its own");
  command.add_option("--tenant", arguments.tenant, "Whose action it is; default: the record's tenant, or the responder's only one");
  command.add_option("--for", arguments.lasts, "Take it back after that time, like 4h; at most 30d");
  command.add_flag("--dry-run", arguments.dry_run, "Show the request, and send nothing");
  command.add_flag("--detach", arguments.detach, "Do not wait for its end");
  command.footer(
      "Exit codes: 0 it succeeded or was shown, 1 it failed or was refused or nobody knows, 2 wrong usage or order, 3 the "
      "processor does not answer or it is still under way, 4 storage.");
}

void add_history_options(CLI::App& command, HistoryArguments& arguments) {
  command.add_option("--tenant", arguments.tenant, "Only those of the tenant with this id");
  command.add_option("--responder", arguments.responder, "Only those of the responder of this name");
  command.add_option("--action", arguments.action, "Only those of this action");
  command.add_option("--state", arguments.state, "Only those in this state, such as under_way or failed");
  command.add_option("--record", arguments.record, "Only those about the record with this record_id");
  command.add_option("--text", arguments.text, "Only those with this text in an object, a task, a reason or who asked");
  command.add_option("--since", arguments.since, "Only those made at or after a time: 2026-11-24T13:05:07Z, or back from now: 24h");
  command.add_option("--until", arguments.until, "Only those made before a time, written like --since");
  command.add_option("--before", arguments.before, "Only those that were made before the run with this id");
}

}  // namespace

std::vector<FleetCommand> action_commands(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("action", "Response actions: isolate, restore, block, unblock, quarantine, webhooks");
  app->require_subcommand(1);
  const auto running = std::make_shared<RunArguments>();  // the parser writes to these before a command runs
  const auto listing = std::make_shared<HistoryArguments>();
  CLI::App* run = add_fleet_command(*app, "run", "Ask a responder for an action, and follow it to its end", *running);
  add_run_options(*run, *running);
  CLI::App* list = add_fleet_command(*app, "list", "Show the history, the newest first", *listing);
  list->add_option("--limit", listing->limit, "How many to show at most")->capture_default_str();
  CLI::App* all = add_fleet_command(*app, "export", "Print the whole history, a JSON document a line, the newest first", *listing);
  for (CLI::App* command : {list, all}) add_history_options(*command, *listing);
  CLI::App* show = add_fleet_command(*app, "show", "Show a run, its request, and what has become of each target", *running);
  CLI::App* retry = add_fleet_command(*app, "retry", "Try again what has not succeeded", *running);
  CLI::App* undo = add_fleet_command(*app, "undo", "Take back what has succeeded, by the inverse action", *running);
  CLI::App* approve = add_fleet_command(*app, "approve", "Say yes to a run that waits for it", *running);
  CLI::App* deny = add_fleet_command(*app, "deny", "Say no to it", *running);
  for (CLI::App* command : {show, retry, undo, approve, deny}) command->add_option("ID", running->id, "The run's id")->required();
  for (CLI::App* command : {retry, undo, approve}) command->add_flag("--detach", running->detach, "Do not wait for its end");
  CLI::App* stop = add_fleet_command(*app, "stop", "The kill switch: send nothing new; what was sent is followed", *running);
  CLI::App* resume = add_fleet_command(*app, "resume", "Send again", *running);
  const auto changes = [running](const std::string& what) {
    FleetQuestion question{.method = "POST", .path = "/actions/" + what};
    question.query = {{"id", running->id}, {"by", operator_name()}};
    return question;
  };
  return {{run, [running] { return run_action(*running); }},
          {list, [listing] { return ask_processor(*listing, history_question(*listing, listing->before, listing->limit)); }},
          {all, [listing] { return export_actions(*listing); }},
          {show, [running] { return ask_processor(*running, {.path = "/actions/show", .query = {{"id", running->id}}}); }},
          {retry, [running, changes] { return ask_and_follow(*running, changes("retry")); }},
          {undo, [running, changes] { return ask_and_follow(*running, changes("undo")); }},
          {approve, [running, changes] { return ask_and_follow(*running, changes("approve")); }},
          {deny, [running, changes] { return ask_processor(*running, changes("deny")); }},
          {stop, [running, changes] { return ask_processor(*running, changes("stop")); }},
          {resume, [running, changes] { return ask_processor(*running, changes("resume")); }}};
}

}  // namespace tidegate
