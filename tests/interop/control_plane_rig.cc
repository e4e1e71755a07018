#include "tests/interop/control_plane_rig.h"

#include <algorithm>
#include <fstream>
#include <memory>

#include "tests/support/file_content.h"
#include "tests/support/rig_http.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr auto look_again = 50ms;
constexpr int looks_max = 1200;  // a minute
constexpr int looks_of_commands_max = 100;
constexpr auto command_max = 90s;

Result<void> write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream stream{file, std::ios::binary | std::ios::trunc};
  stream << text;
  if (!stream.flush()) return Error{Code::unavailable, file.string() + " cannot be written"};
  return {};
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

std::string json_text(const std::string& json, const std::string& key) {
  const std::string begin = "\"" + key + "\":\"";
  const std::size_t at = json.find(begin);
  if (at == std::string::npos) return {};
  const std::size_t from = at + begin.size();
  return json.substr(from, json.find('"', from) - from);
}

Result<std::unique_ptr<ControlPlaneRig>> ControlPlaneRig::make(std::filesystem::path directory, std::filesystem::path programs) {
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  std::unique_ptr<ControlPlaneRig> rig{new ControlPlaneRig{std::move(directory), std::move(programs)}};
  for (const std::filesystem::path& folder : {rig->directory_, rig->inputs(), rig->directory_ / "state"})
    std::filesystem::create_directories(folder, ignored);
  for (const char* name : {"simulator", "data", "control", "metrics"})
    if (const Result<std::uint16_t> port = rig->port_for(name); !port) return port.error();
  rig->api_token_ = "tidegate-rig." + std::string(500, 'p') + ".planted";
  const std::string text =
      "processor: {state_directory: \"" + rig->state_of("processor").string() + "\", names: [127.0.0.1]}\nlisten: {data: \"" +
      rig->place("data") + "\", control: \"" + rig->place("control") + "\"}\nmetrics: {listen: \"" + rig->place("metrics") +
      "\"}\ncontrol: {socket: \"" + (rig->directory_ / "processor.sock").string() + "\"}\nlog: {level: debug, format: text}\n";
  if (Result<void> written = write(rig->directory_ / "processor.yaml", text); !written) return std::move(written).error();
  if (Result<void> written = write(rig->inputs() / "api-token", rig->api_token_); !written) return std::move(written).error();
  return rig;
}

Result<std::uint16_t> ControlPlaneRig::port_for(const std::string& name) {
  Result<std::uint16_t> port = free_loopback_port();
  if (port) ports_[name] = *port;
  return port;
}

Result<void> ControlPlaneRig::start(const std::string& part, const std::string& program, Words arguments) {
  ProcessOptions options{.program = programs_ / program, .arguments = std::move(arguments), .output_file = log_of(part)};
  Result<Process> started = Process::start(options);
  if (!started) return std::move(started).error();
  processes_.insert_or_assign(part, *std::move(started));
  return {};
}

Result<void> ControlPlaneRig::await(const std::string& url, const std::string& part) {
  for (int look = 0; look < looks_max; ++look) {
    if (http_get(url)) return {};
    if (!running(part)) break;
    pause_for(look_again);
  }
  return Error{Code::unavailable, part + " does not come up; its log:\n" + content_of(log_of(part))};
}

Result<void> ControlPlaneRig::stop(const std::string& part) {
  const auto found = processes_.find(part);
  if (found == processes_.end()) return {};
  const Result<ProcessEnd> end = found->second.stop(30s);
  processes_.erase(found);
  if (!end) return end.error();
  if (!end->ok()) return Error{Code::unavailable, part + " did not stop well; its log:\n" + content_of(log_of(part))};
  return {};
}

Result<void> ControlPlaneRig::kill(const std::string& part) {
  const Result<ProcessEnd> end = processes_.at(part).kill();
  processes_.erase(part);
  if (!end) return end.error();
  return {};
}

bool ControlPlaneRig::running(const std::string& part) {
  const auto found = processes_.find(part);
  return found != processes_.end() && found->second.running();
}

std::string ControlPlaneRig::api_base_url() const { return "http://" + place("simulator"); }

Result<void> ControlPlaneRig::start_simulator() {
  const Words arguments{"--listen",
                        place("simulator"),
                        "--token-file",
                        (inputs() / "api-token").string(),
                        "--seed",
                        "1",
                        "--techniques",
                        "300",
                        "--techniques-per-second",
                        "20",
                        "--alerts-per-second",
                        "2"};
  if (Result<void> started = start("simulator", "tidegate-sim", arguments); !started) return started;
  for (int look = 0; look < looks_max; ++look) {
    const Result<Bytes> page = http_get(api_base_url() + "/v3.0/workbench/alerts");
    if (page || page.error().text().find("401") != std::string::npos) return {};
    pause_for(look_again);
  }
  return Error{Code::unavailable, "the simulator does not answer"};
}

Result<void> ControlPlaneRig::start_processor() {
  const Words arguments{"run", "--config", (directory_ / "processor.yaml").string()};
  if (Result<void> started = start("processor", "tidegate-processor", arguments); !started) return started;
  return await("http://" + place("metrics") + "/readyz", "processor");
}

Result<void> ControlPlaneRig::start_agent(const std::string& sensor) {
  if (Result<void> started = start(sensor, "tidegate-agent", {"run", "--config", agent_file(sensor).string()}); !started)
    return started;
  return await("http://" + place(sensor) + "/metrics", sensor);
}

Result<ProgramRun> ControlPlaneRig::run(const std::string& program, Words words) {
  const std::filesystem::path errors = directory_ / "command.err";
  std::error_code ignored;
  std::filesystem::remove(errors, ignored);
  ProcessOptions options{.program = programs_ / program, .arguments = std::move(words), .output_file = errors};
  Result<ProgramRun> ran = run_program(std::move(options), command_max);
  if (ran) ran->output += content_of(errors);
  return ran;
}

Result<ProgramRun> ControlPlaneRig::ask(Words words) {
  words.insert(words.end(), {"--config", (directory_ / "processor.yaml").string()});
  return run("tidegate-processor", std::move(words));
}

Result<ProgramRun> ControlPlaneRig::ask_agent(const std::string& sensor, Words words) {
  words.insert(words.end(), {"--config", agent_file(sensor).string()});
  return run("tidegate-agent", std::move(words));
}

Result<std::string> ControlPlaneRig::token(const std::string& tenant, const std::string& uses) {
  const Result<ProgramRun> made = ask({"token", "create", "--tenant", tenant, "--uses", uses, "--json"});
  if (!made) return made.error();
  fingerprint_ = json_text(made->output, "ca_sha256");
  std::string text = json_text(made->output, "token");
  if (!made->end.ok() || text.empty() || fingerprint_.empty()) return Error{Code::unavailable, "no token: " + made->output};
  return text;
}

Result<ProgramRun> ControlPlaneRig::enrol(const std::string& sensor, const std::string& token) {
  if (Result<void> written = write(inputs() / (sensor + ".token"), token); !written) return std::move(written).error();
  Result<ProgramRun> ran =
      ask_agent(sensor, {"enroll", "--processor", place("control"), "--token-file", (inputs() / (sensor + ".token")).string(),
                         "--ca-sha256", fingerprint_, "--name", sensor, "--state-directory", state_of(sensor).string()});
  if (!ran || !ran->end.ok()) return ran;
  if (const Result<std::uint16_t> port = port_for(sensor); !port) return port.error();
  std::string file = content_of(agent_file(sensor));
  replace_all(file, "127.0.0.1:24224", place("data"));
  file += "metrics: {listen: \"" + place(sensor) + "\"}\ncontrol: {socket: \"" + (directory_ / (sensor + ".sock")).string() +
          "\"}\nremote: {api_hosts: [\"" + place("simulator") + "\"]}\nstorage: {keep_free: 64MiB}\nlog: {level: debug}\n";
  if (Result<void> written = write(agent_file(sensor), file); !written) return std::move(written).error();
  return ran;
}

Result<void> ControlPlaneRig::add_sensor(const std::string& sensor, const std::string& tenant) {
  const Result<std::string> text = token(tenant);
  if (!text) return text.error();
  const Result<ProgramRun> enrolled = enrol(sensor, *text);
  if (!enrolled) return enrolled.error();
  if (!enrolled->end.ok()) return Error{Code::unavailable, "not enrolled: " + enrolled->output};
  if (Result<void> started = start_agent(sensor); !started) return started;
  if (says({"sensor", "show", sensor}, "state: connected")) return {};
  return Error{Code::unavailable, sensor + " does not connect; its log:\n" + content_of(log_of(sensor))};
}

std::filesystem::path ControlPlaneRig::connector_file(const std::string& sensor, const std::string& connector,
                                                      const std::map<std::string, std::string>& changes) const {
  std::map<std::string, std::string> keys{{"name", connector},
                                          {"type", "trendmicro_visionone"},
                                          {"tenant", "{id: acme, name: ACME Corp}"},
                                          {"api_base_url", "\"" + api_base_url() + "\""},
                                          {"bearer_token", "\"" + api_token_ + "\""},
                                          {"interval", "1s"},
                                          {"settle", "0s"},
                                          {"requests_per_minute", "60000"}};
  for (const auto& [key, value] : changes) {
    if (value.empty()) keys.erase(key);
    else keys[key] = value;
  }
  std::string text = "sensor: " + sensor + "\nconnectors:\n";
  const char* indent = "  - ";
  for (const auto& [key, value] : keys) {
    text += indent + key + ": " + value + "\n";
    indent = "    ";
  }
  const std::filesystem::path file = inputs() / (connector + ".yaml");
  static_cast<void>(write(file, text));
  return file;
}

std::uint64_t ControlPlaneRig::indexed(const std::string& connector) {
  const Result<ProgramRun> found = ask({"search", "connector: \"" + connector + "\"", "--limit", "1", "--json"});
  if (!found) return 0;
  const std::string begin = "\"total\":";
  const std::size_t at = found->output.find(begin);
  return at == std::string::npos ? 0 : std::strtoull(found->output.c_str() + at + begin.size(), nullptr, 10);
}

bool ControlPlaneRig::indexed_more(const std::string& connector, std::uint64_t than) {
  for (int look = 0; look < looks_of_commands_max * 2; ++look) {
    if (indexed(connector) > than) return true;
    pause_for(look_again);
  }
  return false;
}

bool ControlPlaneRig::comes_true(const std::function<bool()>& condition) {
  for (int look = 0; look < looks_of_commands_max; ++look) {
    if (condition()) return true;
    pause_for(look_again * 5);
  }
  return false;
}

bool ControlPlaneRig::says(const Words& words, const std::string& text) {
  return comes_true([&] {
    const Result<ProgramRun> said = ask(words);
    return said && said->output.find(text) != std::string::npos;
  });
}

bool ControlPlaneRig::agent_says(const std::string& sensor, const Words& words, const std::string& text) {
  return comes_true([&] {
    const Result<ProgramRun> said = ask_agent(sensor, words);
    return said && said->output.find(text) != std::string::npos;
  });
}

std::vector<std::filesystem::path> ControlPlaneRig::files_with(const std::string& text) const {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{directory_}) {
    if (!entry.is_regular_file() || entry.path().parent_path() == inputs()) continue;
    if (content_of(entry.path()).find(text) != std::string::npos) found.push_back(entry.path());
  }
  return found;
}

}  // namespace tidegate
