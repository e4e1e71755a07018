// tidegate-sim: the Vision One simulator behind a socket. For the demo, the benchmarks and the tests of whole programs.
// Exit codes: 0 done, 1 a file could not be written, 2 wrong usage, 3 the address cannot be listened on.
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/clock.h"
#include "tests/support/vision_one_server.h"
#include "tests/support/vision_one_sim.h"

namespace tidegate {
namespace {

enum Exit : int { exit_done = 0, exit_failed = 1, exit_usage = 2, exit_unreachable = 3 };

constexpr std::size_t token_file_bytes_max = 64u << 10;

struct Arguments {
  SimOptions options;
  std::uint64_t seed = 1;
  std::string listen = "127.0.0.1:0";
  std::string port_file;
  std::string ledger_file;
  std::string token_file;
  std::string origin;
  std::string token_lifetime;
  std::string late_max = "60s";
  std::string link_lifetime = "5min";
  std::string task_queued = "2s";
  std::string task_running = "5s";
  std::string retry_after;
  double backlog_hours = 0;
  double live_seconds = -1;
  std::vector<std::string> faults;
  std::vector<std::string> forbidden;
  bool no_audit_uuid = false;
  bool no_audit_ingested = false;
  bool encoded_links = false;
  VisionOneServerOptions server;
};

// "90s", "5min", "24h", "7d"; a bare number is seconds.
Result<std::chrono::seconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  constexpr std::int64_t count_max = 1'000'000'000;
  std::int64_t scale = 0;
  if (unit.empty() || unit == "s") scale = 1;
  if (unit == "min") scale = 60;
  if (unit == "h") scale = 3600;
  if (unit == "d") scale = 86400;
  if (error != std::errc{} || scale == 0 || count < 0 || count > count_max)
    return Error{Code::invalid, "'" + std::string{text} + "' is not a duration; write for example 30s, 5min, 24h or 7d"};
  return std::chrono::seconds{count * scale};
}

void add_data_options(CLI::App& app, Arguments& arguments) {
  DataOptions& data = arguments.options.data;
  app.add_option("--seed", arguments.seed, "Everything is drawn from this number: the same seed gives the same records.");
  app.add_option("--alerts", data.alerts.backlog, "Alerts created before the start.");
  app.add_option("--audit-logs", data.audit_logs.backlog, "Audit logs ingested before the start.");
  app.add_option("--techniques", data.techniques.backlog, "Observed attack techniques ingested before the start.");
  app.add_option("--backlog-hours", arguments.backlog_hours, "The time before the start that the backlog is spread over (24).");
  app.add_option("--alerts-per-second", data.alerts.per_second, "Alerts created after the start.");
  app.add_option("--audit-logs-per-second", data.audit_logs.per_second, "Audit logs ingested after the start.");
  app.add_option("--techniques-per-second", data.techniques.per_second, "Techniques ingested after the start.");
  app.add_option("--live-seconds", arguments.live_seconds,
                 "How long after the start records arrive and alerts change; without it they never cease.");
  app.add_option("--updates-share", data.updates_share, "Share of alerts that are updated once to three times (0.3).");
  app.add_option("--late-share", data.late_share, "Share of records that are listed later than their time says (0).");
  app.add_option("--late-max", arguments.late_max, "How much later at most (60s).");
  app.add_option("--technique-bytes", data.technique_bytes, "Mean size of a technique, about (1600).");
  app.add_option("--technique-burst", data.technique_burst, "Techniques come in groups of that many within one second (1).");
  app.add_flag("--no-audit-uuid", arguments.no_audit_uuid,
               "Audit logs have no uuid; the ledger then names them by the hash of their bytes.");
  app.add_flag("--no-audit-ingested", arguments.no_audit_ingested,
               "Audit logs have no ingestedDateTime and asking for it answers 400, like a tenant that was not upgraded.");
  app.add_option("--origin", arguments.origin, "The moment taken as the start, as 2026-11-24T13:05:07Z; without it, now.");
}

void add_serve_options(CLI::App& app, Arguments& arguments) {
  ServeOptions& serve = arguments.options.serve;
  app.add_option("--listen", arguments.listen, "ADDRESS:PORT to listen on; port 0 takes a free one (127.0.0.1:0).");
  app.add_option("--port-file", arguments.port_file, "Writes the port to this file once it is listened on.");
  app.add_option("--certificate", arguments.server.certificate_file,
                 "PEM file of the certificate chain; with --private-key: HTTPS.");
  app.add_option("--private-key", arguments.server.private_key_file, "PEM file of its key. Without both: plain HTTP.");
  app.add_option("--ledger", arguments.ledger_file, "Writes the ledger to this file at the end, one JSON object a line.");
  app.add_option("--token", serve.tokens, "A bearer token that is let in; may be given again.")->allow_extra_args(false);
  app.add_option("--token-file", arguments.token_file, "Reads a bearer token from this file.");
  app.add_option("--token-lifetime", arguments.token_lifetime, "Tokens expire so long after the start; without it, never.");
  app.add_option("--link-lifetime", arguments.link_lifetime, "Links to a next page expire after this time (5min).");
  app.add_option("--base-url", serve.base_url, "Links begin so; without it, with the host that the request names.");
  app.add_flag("--beta-links", serve.beta_links, "Links go to /beta/xdr/ instead of /v3.0/.");
  app.add_flag("--encoded-links", arguments.encoded_links,
               "Links to alerts have %20 for spaces; without it the raw spaces of orderBy.");
  app.add_option("--rate-limit", serve.rate_limit, "Requests per endpoint in any 60 seconds, more answer 429; 0 is no limit (0).");
  app.add_option("--retry-after", arguments.retry_after, "A Retry-After of so many seconds goes with every 429.");
  app.add_option("--forbid", arguments.forbidden,
                 "An endpoint that answers 403: alerts, audit_logs, techniques, …; may be given again.")
      ->allow_extra_args(false);
  app.add_option(
         "--fault", arguments.faults,
         "KIND:RATE spoils that share of answers, KIND@N the Nth one, with /ENDPOINT behind it those of one endpoint. Kinds: "
         "too_many_requests, internal_error, bad_gateway, unavailable, gateway_timeout, garbage, truncated, html, "
         "endless_pages, foreign_host, huge_announced, huge_unannounced, cut_off. May be given again.")
      ->allow_extra_args(false);
  app.add_option("--huge-body-bytes", serve.huge_body_bytes, "Size of a huge answer (5 GiB).");
  app.add_option("--task-queued", arguments.task_queued, "Response tasks wait so long (2s).");
  app.add_option("--task-running", arguments.task_running, "And then run so long (5s).");
}

Result<std::string> read_token(const std::string& path) {
  std::ifstream file{path};
  std::string token(token_file_bytes_max, '\0');
  file.read(token.data(), static_cast<std::streamsize>(token.size()));
  if (file.bad() || (!file.eof() && file.fail())) return Error{Code::invalid, "token file " + path + " cannot be read"};
  token.resize(static_cast<std::size_t>(file.gcount()));
  const std::size_t first = token.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return Error{Code::invalid, "token file " + path + " holds no token"};
  return token.substr(first, token.find_last_not_of(" \t\r\n") - first + 1);
}

// Takes over a duration where one is given.
template <class Duration>
Result<void> set_duration(Duration& to, std::string_view option, std::string_view text) {
  if (text.empty()) return {};
  const auto duration = parse_duration(text);
  if (!duration) return Error{duration.error()}.in(option);
  to = *duration;
  return {};
}

// What the command line gave as text becomes options.
Result<void> settle(Arguments& arguments, const Clock& clock) {
  DataOptions& data = arguments.options.data;
  ServeOptions& serve = arguments.options.serve;
  data.origin = clock.wall();
  if (!arguments.origin.empty()) {
    const auto origin = parse_time(arguments.origin);
    if (!origin) return Error{Code::invalid, "--origin: '" + arguments.origin + "' is no time"};
    data.origin = *origin;
  }
  if (arguments.backlog_hours > 0)
    data.backlog_period = std::chrono::seconds{static_cast<std::int64_t>(arguments.backlog_hours * 3600)};
  if (arguments.live_seconds >= 0) data.live = std::chrono::seconds{static_cast<std::int64_t>(arguments.live_seconds)};
  data.audit_uuid = !arguments.no_audit_uuid;
  data.audit_ingested = !arguments.no_audit_ingested;
  serve.spaces_in_alert_links = !arguments.encoded_links;
  std::optional<std::chrono::seconds> token_lifetime;
  if (auto set = set_duration(data.late_max, "--late-max", arguments.late_max); !set) return set;
  if (auto set = set_duration(serve.link_lifetime, "--link-lifetime", arguments.link_lifetime); !set) return set;
  if (auto set = set_duration(serve.task_queued, "--task-queued", arguments.task_queued); !set) return set;
  if (auto set = set_duration(serve.task_running, "--task-running", arguments.task_running); !set) return set;
  if (auto set = set_duration(serve.retry_after, "--retry-after", arguments.retry_after); !set) return set;
  if (auto set = set_duration(token_lifetime, "--token-lifetime", arguments.token_lifetime); !set) return set;
  if (token_lifetime) serve.tokens_expire = data.origin + *token_lifetime;

  if (!arguments.token_file.empty()) {
    auto token = read_token(arguments.token_file);
    if (!token) return token.error();
    serve.tokens.push_back(*token);
  }
  if (serve.tokens.empty()) return Error{Code::invalid, "give a token with --token or --token-file: without one nobody is let in"};
  for (const std::string& text : arguments.faults) {
    const auto fault = parse_fault(text);
    if (!fault) return fault.error();
    serve.faults.push_back(*fault);
  }
  for (const std::string& text : arguments.forbidden) {
    const auto endpoint = endpoint_from_name(text);
    if (!endpoint) return Error{Code::invalid, "--forbid: no endpoint is called '" + text + "'"};
    serve.forbidden.push_back(*endpoint);
  }

  const std::size_t colon = arguments.listen.rfind(':');
  const char* end = arguments.listen.data() + arguments.listen.size();
  if (colon == std::string::npos || std::from_chars(arguments.listen.data() + colon + 1, end, arguments.server.port).ptr != end)
    return Error{Code::invalid, "--listen: '" + arguments.listen + "' is not ADDRESS:PORT"};
  arguments.server.address = arguments.listen.substr(0, colon);
  if (arguments.server.certificate_file.empty() != arguments.server.private_key_file.empty())
    return Error{Code::invalid, "--certificate and --private-key go together"};
  return check(arguments.options);
}

// Whole or not at all: a reader that waits for the file never sees half of it.
bool write_file(const std::string& path, std::string_view text) {
  const std::string draft = path + ".new";
  std::ofstream file{draft, std::ios::binary | std::ios::trunc};
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(draft, path, error);
  if (file && !error) return true;
  std::cerr << "tidegate-sim: " << path << " cannot be written\n";
  return false;
}

int serve(Arguments& arguments, const Clock& clock) {
  VisionOneSim sim{arguments.options, Seed{arguments.seed}};
  (void)sim.stats(clock.wall());  // takes in the backlog, so that the first request need not wait for it
  boost::asio::io_context loop{1};
  VisionOneServer server{loop.get_executor(), sim, clock, arguments.server};
  if (auto started = server.start(); !started) {
    std::cerr << "tidegate-sim: " << started.error().text() << "\n";
    return started.error().code() == Code::unavailable ? exit_unreachable : exit_usage;
  }
  if (!arguments.port_file.empty() && !write_file(arguments.port_file, std::to_string(server.port()) + "\n")) return exit_failed;
  std::cout << "listening on " << server.base_url() << std::endl;

  boost::asio::signal_set signals{loop, SIGTERM, SIGINT};
  signals.async_wait([&server](const boost::system::error_code&, int) { server.stop(); });
  loop.run();
  if (arguments.ledger_file.empty()) return exit_done;
  return write_file(arguments.ledger_file, ledger_ndjson(sim.ledger(clock.wall()))) ? exit_done : exit_failed;
}

}  // namespace

int sim_main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{
      "Serves the Vision One API v3.0 from made-up records: alerts, audit logs, observed attack techniques, response actions."};
  app.set_version_flag("--version", "tidegate-sim " TIDEGATE_VERSION);
  app.footer("Beside the API, without a token: GET /sim/ledger, the ledger as of now, and GET /sim/stats.");
  add_data_options(app, arguments);
  add_serve_options(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_done : exit_usage;
  }
  const SystemClock clock;
  if (const auto settled = settle(arguments, clock); !settled) {
    std::cerr << "tidegate-sim: " << settled.error().text() << "\n";
    return exit_usage;
  }
  return serve(arguments, clock);
}

}  // namespace tidegate

int main(int argc, char** argv) { return tidegate::sim_main(argc, argv); }
