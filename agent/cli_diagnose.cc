// `tidegate-agent diagnose --output FILE`: all that somebody who helps from afar asks for, in one text file: sections that begin
// with
// "== name". Secrets are left out where they are made: the configuration is written with ***, the agent's answers hold none, and
// of the state directory only names and sizes are told. It works with a broken configuration and without a running agent, and
// says so.
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "agent/cli_commands.h"
#include "agent/daemon.h"
#include "base/whole_file.h"
#include "config/config_text.h"
#include "config/parse.h"
#include "transport/http_client.h"

namespace tidegate {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds local_answer_max{10};
constexpr std::size_t listed_files_max = 2000;

struct DiagnoseArguments {
  std::string output;
};

void section(std::string& out, std::string_view name) { out.append("\n== ").append(name).append("\n"); }

void append_fact(std::string& out, std::string_view key, std::string_view value) {
  out.append(key).append(": ").append(value).append("\n");
}

using Answer = std::optional<Result<HttpResponse>>;

asio::awaitable<void> ask_socket(std::string socket, UnixRequest request, Answer& answer) {
  answer = co_await unix_send(std::move(socket), std::move(request), local_answer_max);
}

asio::awaitable<void> ask_metrics(std::string url, Answer& answer) {
  HttpClient client{HttpClientOptions{}};
  HttpRequest request;
  request.url = std::move(url);
  answer = co_await client.send(std::move(request), local_answer_max);
}

std::string answer_text(asio::awaitable<void> question, const Answer& answer) {
  asio::io_context loop{1};
  asio::co_spawn(loop, std::move(question), [&loop](const std::exception_ptr&) { loop.stop(); });
  loop.run();
  if (!answer) return "not asked\n";
  if (!*answer) return "no answer: " + answer->error().text() + "\n";
  const HttpResponse& response = **answer;
  std::string text = response.status == 200 ? std::string{} : "HTTP " + std::to_string(response.status) + ": ";
  text.append(response.body);
  if (!text.ends_with('\n')) text.push_back('\n');
  return text;
}

// Where the metrics are listened for on every address, this machine's own will do.
std::string metrics_url(const HostPort& listen) {
  const bool v6 = listen.host.find(':') != std::string::npos;
  std::string host = v6 ? "[" + listen.host + "]" : listen.host;
  if (listen.host == "0.0.0.0") host = "127.0.0.1";
  if (listen.host == "::") host = "[::1]";
  return "http://" + host + ":" + std::to_string(listen.port) + "/metrics";
}

void append_host(std::string& out, const std::string& state_directory) {
  section(out, "host");
  append_fact(out, "time", to_iso8601(SystemClock{}.wall()));
  utsname system{};
  if (::uname(&system) == 0) {
    append_fact(out, "system", std::string{system.sysname}.append(" ").append(system.release).append(" ").append(system.machine));
    append_fact(out, "name", system.nodename);
  }
  append_fact(out, "processors", std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)));
  const auto page = static_cast<unsigned long long>(::sysconf(_SC_PAGESIZE));
  append_fact(out, "memory_bytes", std::to_string(static_cast<unsigned long long>(::sysconf(_SC_PHYS_PAGES)) * page));
  struct statvfs disk{};
  if (::statvfs(state_directory.c_str(), &disk) == 0) {
    append_fact(out, "state_disk_bytes", std::to_string(disk.f_blocks * disk.f_frsize));
    append_fact(out, "state_disk_free_bytes", std::to_string(disk.f_bavail * disk.f_frsize));
  }
}

void append_listing(std::string& out, const std::string& state_directory) {
  section(out, "state directory: bytes and name");
  std::error_code failed;
  std::vector<std::string> lines;
  for (fs::recursive_directory_iterator at{state_directory, failed}, end; !failed && at != end; at.increment(failed)) {
    if (lines.size() == listed_files_max) {
      lines.emplace_back("~ more files, not listed");
      break;
    }
    std::error_code ignored;
    const bool file = fs::is_regular_file(at->symlink_status(ignored));
    const std::uintmax_t bytes = file ? at->file_size(ignored) : 0;
    const std::string name = at->path().lexically_relative(state_directory).string();
    lines.push_back(name + (file ? "" : "/") + "\t" + std::to_string(ignored ? 0 : bytes));
  }
  std::sort(lines.begin(), lines.end());
  append_fact(out, "directory", state_directory);
  for (const std::string& each : lines) out.append(each).append("\n");
  if (failed) append_fact(out, "stopped", failed.message());
}

std::string bundle(const std::string& file) {
  const ParsedAgent parsed = parse_agent_file(file);
  const AgentConfig config = parsed.config.value_or(AgentConfig{});
  std::string out = "Tidegate support bundle; secrets are written as ***\n";
  section(out, "program");
  append_fact(out, "version", std::string{"tidegate-agent "} + TIDEGATE_VERSION);
  append_host(out, config.sensor.state_directory);
  section(out, "validate " + file);
  out.append(parsed.config ? "valid\n" : to_text(parsed.errors));
  if (parsed.config) {
    section(out, "effective configuration");
    out.append(to_yaml(config));
  }
  for (const char* target : {"/status.json", "/queue.json", "/cursor.json", "/backfill.json"}) {
    section(out, std::string{"running agent: "} + target);
    Answer answer;
    UnixRequest request;
    request.target = target;
    out.append(answer_text(ask_socket(config.control_socket, std::move(request), answer), answer));
  }
  section(out, "running agent: metrics");
  Answer answer;
  out.append(answer_text(ask_metrics(metrics_url(config.metrics_listen), answer), answer));
  append_listing(out, config.sensor.state_directory);
  return out;
}

int diagnose(const std::string& file, const DiagnoseArguments& arguments) {
  const std::string text = bundle(file);
  if (const Result<void> written = write_whole_file(arguments.output, text); !written) {
    std::cerr << "--output " << written.error().text() << "\n";
    return exit_failed;
  }
  std::cout << "wrote " << arguments.output << ": " << text.size() << " bytes; read it before you hand it on\n";
  return exit_done;
}

}  // namespace

CliCommand diagnose_command(CLI::App& parent, const std::string& file) {
  CLI::App* const app = parent.add_subcommand("diagnose", "Gather what support asks for into one text file, secrets left out");
  const auto arguments = std::make_shared<DiagnoseArguments>();  // the parser writes to it before the command runs
  app->add_option("--output", arguments->output, "The file to write, mode 0600")->type_name("FILE")->required();
  return {app, [&file, arguments] { return diagnose(file, *arguments); }};
}

}  // namespace tidegate
