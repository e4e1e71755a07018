// `tidegate-agent enroll --processor HOST:PORT --token TOKEN`: makes a key on the sensor, obtains its certificate, and writes the
// bootstrap configuration. No running agent is asked.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "agent/bootstrap.h"
#include "agent/cli_commands.h"
#include "agent/daemon.h"
#include "agent/edges/enrolment.h"
#include "agent/edges/identity_files.h"
#include "base/host_name.h"
#include "base/json_writer.h"
#include "base/whole_file.h"
#include "config/parse.h"
#include "config/secret_file.h"
#include "config/url.h"

namespace tidegate {
namespace {

constexpr const char* token_variable = "TIDEGATE_TOKEN";

struct EnrollArguments {
  std::string processor;
  std::string token;
  std::string token_file;
  std::string ca_file;
  std::string ca_sha256;
  std::string name;
  std::string state_directory;
  bool force = false;
  bool json = false;
};

// What is to be done, once the arguments are understood.
struct Order {
  EnrolmentPlan plan;
  Bootstrap bootstrap;
  std::string config_file;
  bool config_is_there = false;
};

struct Ended {
  int code = exit_done;
  std::string words;  // of a failure
};

Ended wrong(std::string words) { return {exit_invalid, std::move(words)}; }

// "dp1.example.net", "dp1.example.net:4320", "[2001:db8::7]:4320".
std::optional<HostPort> place_of(const std::string& text) {
  const std::optional<UrlParts> parts = split_url("https://" + text);
  if (!parts || !parts->user_info.empty() || !parts->path.empty() || !parts->rest.empty()) return std::nullopt;
  return HostPort{parts->host, parts->port.value_or(control_port)};
}

Result<Secret> token_of(const EnrollArguments& arguments) {
  if (!arguments.token.empty() && !arguments.token_file.empty())
    return Error{Code::invalid, "--token and --token-file: give one of them"};
  if (!arguments.token_file.empty()) return read_secret_file("--token-file", arguments.token_file);
  if (!arguments.token.empty()) return Secret{arguments.token};
  const char* given = std::getenv(token_variable);
  if (given == nullptr || *given == '\0')
    return Error{Code::invalid, std::string{"the token is missing: give --token-file, the environment variable "} + token_variable +
                                    ", or --token; `tidegate-processor token create` makes one"};
  return Secret{std::string{given}};
}

Ended read_trust(const EnrollArguments& arguments, EnrolmentPlan& plan) {
  if (!arguments.ca_file.empty() && !arguments.ca_sha256.empty()) return wrong("--ca-file and --ca-sha256: give one of them");
  plan.ca_file = arguments.ca_file;
  if (arguments.ca_sha256.empty()) return {};
  Result<std::string> fingerprint = parse_fingerprint(arguments.ca_sha256);
  if (!fingerprint) return wrong("--ca-sha256 '" + arguments.ca_sha256 + "': " + fingerprint.error().text());
  plan.ca_sha256 = *std::move(fingerprint);
  return {};
}

// What the file says already holds where the arguments say nothing.
Ended read_order(const std::string& file, const EnrollArguments& arguments, Order& order) {
  const std::optional<HostPort> processor = place_of(arguments.processor);
  if (!processor) return wrong("--processor '" + arguments.processor + "': write it as HOST or HOST:PORT, without https://");
  if (Ended trust = read_trust(arguments, order.plan); trust.code != exit_done) return trust;
  Result<Secret> token = token_of(arguments);
  if (!token) return wrong(token.error().text());
  order.config_file = file;
  order.config_is_there = ::access(file.c_str(), F_OK) == 0;
  const ParsedAgent there = order.config_is_there ? parse_agent_file(file) : ParsedAgent{};
  const SensorConfig known = there.config ? there.config->sensor : SensorConfig{};

  Bootstrap& bootstrap = order.bootstrap;
  bootstrap.sensor = !arguments.name.empty() ? arguments.name : !known.name.empty() ? known.name : host_name().value_or("");
  bootstrap.state_directory = arguments.state_directory.empty() ? known.state_directory : arguments.state_directory;
  bootstrap.control = *processor;
  const IdentityFiles files{bootstrap.state_directory};
  bootstrap.tls = {
      .ca_file = files.ca_file(), .certificate_file = files.certificate_file(), .private_key_file = files.private_key_file()};
  const ParsedAgent parsed = parse_agent(bootstrap_file(bootstrap), "the configuration to write");
  if (!parsed.config) return wrong(to_text(parsed.errors) + "correct --processor, --name or --state-directory");

  order.plan.host = processor->host;
  order.plan.port = processor->port;
  order.plan.sensor = bootstrap.sensor;
  order.plan.token = *std::move(token);
  return {};
}

asio::awaitable<void> enrol_into(EnrolmentPlan plan, Secret key, const Clock& clock, std::optional<Result<Enrolled>>& result) {
  result.emplace(co_await enrol(std::move(plan), std::move(key), clock));
}

Result<Enrolled> enrol_now(EnrolmentPlan plan, Secret key) {
  const SystemClock clock;
  asio::io_context loop{1};
  std::optional<Result<Enrolled>> result;
  asio::co_spawn(loop, enrol_into(std::move(plan), std::move(key), clock, result),
                 [&loop](const std::exception_ptr&) { loop.stop(); });
  loop.run();
  if (!result) return Error{Code::unavailable, "enrolment could not be tried"};
  return *std::move(result);
}

int exit_code_of(const Error& error) {
  switch (error.code()) {
    case Code::unavailable:
    case Code::timeout:
    case Code::throttled: return exit_unreachable;
    case Code::invalid: return exit_invalid;
    default: return exit_failed;
  }
}

Ended not_stored(const Error& error) {
  return {exit_storage, error.text() + "; run it as the user of the agent or as root, and see that the disk has room"};
}

// Where the file is there and --force was not given it stays, and what it must say is printed instead.
Ended write_config(const Order& order, bool force, bool& written) {
  if (order.config_is_there && !force) return {};
  const std::filesystem::path file{order.config_file};
  if (file.has_parent_path() && ::access(file.parent_path().c_str(), F_OK) != 0)
    return {exit_storage, file.string() + ": its folder is missing; make it, or give --config"};
  const FileKind kind{.mode = 0644, .place = force ? Place::replace : Place::empty};
  const Result<void> done = write_whole_file(file, bootstrap_file(order.bootstrap), kind);
  if (!done) return not_stored(done.error());
  written = true;
  return {};
}

std::string report_json(const Order& order, const Enrolled& enrolled, bool written) {
  std::string out;
  {
    ObjectWriter json{out};
    json.text("sensor", order.bootstrap.sensor);
    json.text("serial", enrolled.certificate.serial);
    json.text("fingerprint", enrolled.certificate.fingerprint);
    json.time("not_before", enrolled.certificate.not_before);
    json.time("not_after", enrolled.certificate.not_after);
    json.text("ca_file", order.bootstrap.tls.ca_file);
    json.text("certificate_file", order.bootstrap.tls.certificate_file);
    json.text("private_key_file", order.bootstrap.tls.private_key_file);
    json.text("config_file", order.config_file);
    json.key("config_written").append(written ? "true" : "false");
    json.text("config", bootstrap_file(order.bootstrap));
  }
  return out;
}

std::string report_text(const Order& order, const Enrolled& enrolled, bool written) {
  std::string out = "enrolled as " + order.bootstrap.sensor + ": certificate " + enrolled.certificate.serial + " until " +
                    to_iso8601(enrolled.certificate.not_after) + "\nkey, certificate and authorities are in " +
                    std::filesystem::path{order.bootstrap.tls.ca_file}.parent_path().string() + "\n";
  if (written) return out + "wrote " + order.config_file + "\n";
  const ParsedAgent there = parse_agent_file(order.config_file);
  if (there.config && says_the_same(*there.config, order.bootstrap)) return out + order.config_file + " says all that is needed\n";
  return out + order.config_file + " is there already and was left as it is; let it say:\n\n" + bootstrap_file(order.bootstrap);
}

Ended enroll(const std::string& file, const EnrollArguments& arguments) {
  Order order;
  if (Ended read = read_order(file, arguments, order); read.code != exit_done) return read;
  IdentityFiles files{order.bootstrap.state_directory};
  if (const Result<void> recovered = files.recover(); !recovered) return not_stored(recovered.error());
  Result<Secret> key = files.key_to_enrol();
  if (!key) return not_stored(key.error());
  const Result<Enrolled> enrolled = enrol_now(order.plan, *key);
  if (!enrolled) return {exit_code_of(enrolled.error()), enrolled.error().text()};
  const IdentityPems pems{*std::move(key), enrolled->certificate_pem, enrolled->ca_pem};
  if (const Result<void> put = files.put_candidate(pems); !put) return not_stored(put.error());
  if (const Result<void> kept = files.keep_candidate(); !kept) return not_stored(kept.error());
  bool written = false;
  if (Ended wrote = write_config(order, arguments.force, written); wrote.code != exit_done) return wrote;
  if (arguments.json) std::cout << report_json(order, *enrolled, written) << "\n";
  else std::cout << report_text(order, *enrolled, written);
  return {};
}

int run_enroll(const std::string& file, const EnrollArguments& arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  const Ended ended = enroll(file, arguments);
  if (ended.code == exit_done) return ended.code;
  if (!arguments.json) {
    std::cerr << ended.words << "\n";
    return ended.code;
  }
  std::string out;
  {
    ObjectWriter json{out};
    json.text("error", ended.words);
  }
  std::cout << out << "\n";
  return ended.code;
}

}  // namespace

CliCommand enroll_command(CLI::App& parent, const std::string& file) {
  CLI::App* const app = parent.add_subcommand(
      "enroll", "Become a sensor of a processor: make a key here, obtain its certificate, write the bootstrap configuration");
  // Shared with the function that runs, because the parser writes to it in between.
  const auto arguments = std::make_shared<EnrollArguments>();
  app->add_option("--processor", arguments->processor, "HOST:PORT of the processor's control port; 4320 where PORT is left out")
      ->required();
  app->add_option(
      "--token", arguments->token,
      "The enrolment token. Other users of this machine see a command line: rather use --token-file, or the environment "
      "variable TIDEGATE_TOKEN");
  app->add_option("--token-file", arguments->token_file, "A file that holds the token and nothing else")->type_name("FILE");
  app->add_option("--ca-file", arguments->ca_file, "Authorities to trust for this request (PEM); without it the system's")
      ->type_name("FILE");
  app->add_option("--ca-sha256", arguments->ca_sha256,
                  "The SHA-256 fingerprint of the processor's authority, which is then the only one trusted for this request");
  app->add_option("--name", arguments->name, "The sensor's name; without it that of the configuration, or of this machine");
  app->add_option("--state-directory", arguments->state_directory, "Where key and certificate go, below identity/")
      ->type_name("DIRECTORY");
  app->add_flag("--force", arguments->force, "Write the configuration anew where there is one");
  app->add_flag("--json", arguments->json, "One JSON document and nothing else");
  return {app, [&file, arguments] { return run_enroll(file, *arguments); }};
}

}  // namespace tidegate
