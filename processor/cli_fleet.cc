#include "processor/cli_fleet.h"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "config/parse.h"
#include "transport/http_client.h"
#include "transport/query_string.h"

namespace tidegate {
namespace {

constexpr std::size_t read_at_once = 64u << 10;

asio::awaitable<void> ask_into(std::string socket, UnixRequest request, std::chrono::seconds deadline,
                               std::optional<Result<HttpResponse>>& answer) {
  answer = co_await unix_send(std::move(socket), std::move(request), deadline);
}

std::string target_of(const FleetQuestion& question, bool json) {
  std::string target = question.path + (json ? ".json" : "");
  char between = '?';
  for (const auto& [name, value] : question.query) {
    if (value.empty()) continue;
    target.append(1, between).append(name).append("=").append(percent_encoded(value));
    between = '&';
  }
  return target;
}

struct TokenArguments : FleetArguments {
  std::vector<std::string> tenants;
  std::string uses = "1";
  std::string expires = "14d";
  bool replace = false;
  std::string note;
  std::string id;
};

struct SensorArguments : FleetArguments {
  std::string name;
};

int create_token(const TokenArguments& arguments) {
  FleetQuestion question{.method = "POST", .path = "/tokens/create"};
  question.query = {{"uses", arguments.uses},
                    {"expires", arguments.expires},
                    {"replace", arguments.replace ? "true" : ""},
                    {"note", arguments.note}};
  for (const std::string& tenant : arguments.tenants) question.body.append(tenant).append("\n");
  return ask_processor(arguments, question);
}

}  // namespace

CLI::App* add_fleet_command(CLI::App& parent, const std::string& name, const std::string& description, FleetArguments& arguments) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->set_version_flag("--version", std::string{"tidegate-processor "} + TIDEGATE_VERSION);
  command->add_option("--config", arguments.config_file, "The configuration file")->type_name("FILE")->capture_default_str();
  command->add_flag("--json", arguments.json, "One JSON document and nothing else");
  command->footer(
      "Exit codes: 0 done, 1 it failed or is not there, 2 wrong usage, 3 the processor or the sensor does not answer, 4 storage.");
  return command;
}

std::optional<ProcessorConfig> read_processor_config(const std::string& file) {
  ParsedProcessor parsed = parse_processor_file(file);
  if (!parsed.config) std::fputs(to_text(parsed.errors).c_str(), stderr);
  return std::move(parsed.config);
}

int exit_code_of(unsigned status) {
  switch (status) {
    case 200: return processor_exit_done;
    case 400: return processor_exit_usage;
    case 202:
    case 503:
    case 504: return processor_exit_unreachable;
    case 507: return processor_exit_storage;
    default: return processor_exit_failed;
  }
}

FleetAnswer answer_of_processor(const FleetArguments& arguments, const FleetQuestion& question) {
  FleetAnswer told;
  told.code = processor_exit_usage;
  const std::optional<ProcessorConfig> config = read_processor_config(arguments.config_file);
  if (!config) return told;
  if (!config->has_control()) {
    std::fprintf(stderr, "%s: listen.control is not given: this processor has no fleet\n", arguments.config_file.c_str());
    return told;
  }
  asio::io_context loop{1};
  std::optional<Result<HttpResponse>> answer;
  UnixRequest request{.method = question.method, .target = target_of(question, arguments.json), .body = question.body};
  asio::co_spawn(loop, ask_into(config->control_socket, std::move(request), question.deadline, answer),
                 [](const std::exception_ptr&) {});
  loop.run();
  if (!answer || !*answer) {
    std::fprintf(stderr, "no running processor answers on %s: %s\n", config->control_socket.c_str(),
                 answer ? answer->error().text().c_str() : "the question could not be asked");
    told.code = processor_exit_unreachable;
    return told;
  }
  told.status = (*answer)->status;
  told.code = exit_code_of(told.status);
  told.body = std::move((*answer)->body);
  return told;
}

int print_answer(const FleetAnswer& answer) {
  if (answer.status == 0) return answer.code;
  // 409 tells how it failed, which is an answer; all else is a refusal.
  const bool told = answer.status == 200 || answer.status == 202 || answer.status == 409;
  std::FILE* out = told ? stdout : stderr;
  const bool written = std::fwrite(answer.body.data(), 1, answer.body.size(), out) == answer.body.size();
  return std::fflush(out) == 0 && written ? answer.code : processor_exit_failed;
}

int ask_processor(const FleetArguments& arguments, const FleetQuestion& question) {
  return print_answer(answer_of_processor(arguments, question));
}

std::optional<Bytes> read_input(const std::string& file, std::size_t bytes_max) {
  const bool piped = file == "-";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened{piped ? nullptr : std::fopen(file.c_str(), "rb"), &std::fclose};
  std::FILE* in = piped ? stdin : opened.get();
  const std::string what = piped ? std::string{"the standard input"} : file;
  if (in == nullptr) {
    std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
    return std::nullopt;
  }
  Bytes all;
  while (all.size() <= bytes_max) {
    const std::size_t before = all.size();
    all.resize(before + read_at_once);
    const std::size_t got = std::fread(all.data() + before, 1, read_at_once, in);
    all.resize(before + got);
    if (got == 0) break;
  }
  if (std::ferror(in) != 0) std::fprintf(stderr, "%s cannot be read\n", what.c_str());
  else if (all.size() > bytes_max) std::fprintf(stderr, "%s is larger than %zu KiB\n", what.c_str(), bytes_max >> 10);
  else return all;
  return std::nullopt;
}

std::vector<FleetCommand> token_commands(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("token", "Enrolment tokens: who may become a sensor");
  app->require_subcommand(1);
  const auto arguments = std::make_shared<TokenArguments>();  // the parser writes to it before a command runs
  CLI::App* create = add_fleet_command(*app, "create", "Make a token and show it, once", *arguments);
  create->add_option("--tenant", arguments->tenants, "A tenant that the sensor speaks for; may be given several times")->required();
  create->add_option("--uses", arguments->uses, "How many sensors may enrol with it")->capture_default_str();
  create->add_option("--expires", arguments->expires, "How long it is good for, like 24h or 14d")->capture_default_str();
  create->add_flag("--replace", arguments->replace, "It may take over the name of a sensor of these tenants");
  create->add_option("--note", arguments->note, "For the list");
  CLI::App* list = add_fleet_command(*app, "list", "Show all tokens, without their secrets", *arguments);
  CLI::App* uses = add_fleet_command(*app, "uses", "Show who enrolled with a token", *arguments);
  uses->add_option("ID", arguments->id, "The token's id: its first eight characters behind tge_")->required();
  CLI::App* revoke = add_fleet_command(*app, "revoke", "Let nobody enrol with a token any more", *arguments);
  revoke->add_option("ID", arguments->id, "The token's id")->required();
  return {{create, [arguments] { return create_token(*arguments); }},
          {list, [arguments] { return ask_processor(*arguments, {.path = "/tokens"}); }},
          {uses, [arguments] { return ask_processor(*arguments, {.path = "/tokens/uses", .query = {{"id", arguments->id}}}); }},
          {revoke, [arguments] {
             return ask_processor(*arguments, {.method = "POST", .path = "/tokens/revoke", .query = {{"id", arguments->id}}});
           }}};
}

std::vector<FleetCommand> sensor_commands(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("sensor", "The fleet: its sensors and how they fare");
  app->require_subcommand(1);
  const auto arguments = std::make_shared<SensorArguments>();
  CLI::App* list = add_fleet_command(*app, "list", "Show all sensors", *arguments);
  CLI::App* show = add_fleet_command(*app, "show", "Show one sensor in full", *arguments);
  show->add_option("NAME", arguments->name, "The sensor's name")->required();
  CLI::App* revoke = add_fleet_command(*app, "revoke", "End a sensor's access at once", *arguments);
  revoke->add_option("NAME", arguments->name, "The sensor's name")->required();
  return {
      {list, [arguments] { return ask_processor(*arguments, {.path = "/sensors"}); }},
      {show, [arguments] { return ask_processor(*arguments, {.path = "/sensors/show", .query = {{"name", arguments->name}}}); }},
      {revoke, [arguments] {
         return ask_processor(*arguments, {.method = "POST", .path = "/sensors/revoke", .query = {{"name", arguments->name}}});
       }}};
}

}  // namespace tidegate
