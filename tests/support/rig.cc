#include "tests/support/rig.h"

#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support/rig_http.h"
#include "tests/support/verdict_hits.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view whole_index_query = "*";
constexpr auto ready_look_again = 20ms;
constexpr std::chrono::seconds search_silence_max{120};

Result<void> write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << text;
  file.close();
  if (!file) return Error{Code::invalid, path.string() + ": cannot be written"};
  std::error_code failure;
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, failure);
  return {};
}

std::string loopback(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

std::string tls_block(const std::filesystem::path& ca, const Identity& identity) {
  return "{ca_file: \"" + ca.string() + "\", certificate_file: \"" + identity.certificate_file.string() +
         "\", private_key_file: \"" + identity.private_key_file.string() + "\"}";
}

std::string program_name(Part part) {
  switch (part) {
    case Part::simulator: return "tidegate-sim";
    case Part::processor: return "tidegate-processor";
    case Part::agent: return "tidegate-agent";
  }
  return {};
}

}  // namespace

std::string_view name(Part part) {
  switch (part) {
    case Part::simulator: return "simulator";
    case Part::processor: return "processor";
    case Part::agent: return "agent";
  }
  return "part";
}

Rig::Rig(RigOptions options, const Clock& clock, TestPki pki) : options_(std::move(options)), clock_(clock), pki_(std::move(pki)) {}

Result<std::unique_ptr<Rig>> Rig::make(RigOptions options, const Clock& clock) {
  std::error_code failure;
  options.directory = std::filesystem::absolute(options.directory, failure);
  Result<TestPki> pki = TestPki::make(options.directory / "pki");
  if (!pki) return std::move(pki).error();
  std::unique_ptr<Rig> rig{new Rig{std::move(options), clock, std::move(*pki)}};
  if (Result<void> prepared = rig->prepare(); !prepared) return std::move(prepared).error();
  return rig;
}

Result<void> Rig::prepare() {
  for (std::uint16_t* port :
       {&simulator_port_, &data_port_, &metrics_ports_[index_of(Part::processor)], &metrics_ports_[index_of(Part::agent)]}) {
    Result<std::uint16_t> found = free_loopback_port();
    if (!found) return std::move(found).error();
    *port = *found;
  }
  Result<Identity> simulator = pki_.issue("vision-one");
  Result<Identity> processor = pki_.issue("processor-01");
  Result<Identity> sensor = pki_.issue("rig-01");
  for (const Result<Identity>* identity : {&simulator, &processor, &sensor}) {
    if (!*identity) return identity->error();
  }
  simulator_identity_ = *simulator;
  // The shape of a real token: three parts with dots, longer than 500 characters.
  const std::string token = "tidegate-rig." + std::string(500, 't') + ".signature\n";
  if (Result<void> written = write_file(options_.directory / "token", token); !written) return written;
  if (Result<void> written = write_processor_file(*processor); !written) return written;
  return write_agent_file(*sensor);
}

Result<void> Rig::write_processor_file(const Identity& identity) const {
  std::ostringstream text;
  text << "processor: {state_directory: \"" << state_directory(Part::processor).string() << "\"}\n"
       << "listen: {data: \"" << loopback(data_port_) << "\"}\n"
       << "tls: " << tls_block(pki_.ca_file(), identity) << "\n"
       << "metrics: {listen: \"" << loopback(metrics_ports_[index_of(Part::processor)]) << "\"}\n"
       << "log: {level: info, format: text}\n";
  return write_file(config_file(Part::processor), text.str());
}

Result<void> Rig::write_agent_file(const Identity& identity) const {
  const std::filesystem::path token = owns_simulator() ? options_.directory / "token" : options_.api_token_file;
  const std::filesystem::path ca = owns_simulator() ? pki_.ca_file() : options_.api_ca_file;
  Settings connector{{"name", "rig-visionone"},
                     {"type", "trendmicro_visionone"},
                     {"tenant", "{id: acme, name: ACME Corp}"},
                     {"api_base_url", "\"" + api_base_url() + "\""},
                     {"bearer_token_file", "\"" + token.string() + "\""}};
  if (!ca.empty()) connector["ca_file"] = "\"" + ca.string() + "\"";
  for (const auto& [key, value] : options_.connector) connector[key] = value;

  const std::string trust_alone = "{ca_file: \"" + pki_.ca_file().string() + "\"}";
  std::ostringstream text;
  text << "sensor: {name: rig-01, state_directory: \"" << state_directory(Part::agent).string() << "\"}\n"
       << "processor:\n  data: [\"" << (options_.data_address.empty() ? loopback(data_port_) : options_.data_address) << "\"]\n"
       << "  tls: " << (options_.sensor_certificate ? tls_block(pki_.ca_file(), identity) : trust_alone) << "\n"
       << "metrics: {listen: \"" << loopback(metrics_ports_[index_of(Part::agent)]) << "\"}\n"
       << "control: {socket: \"" << (options_.directory / "agent.sock").string() << "\"}\n";
  text << "storage: {budget: " << options_.budget << ", keep_free: " << options_.keep_free << "}\n"
       << "log: {level: info, format: text}\n";
  if (!options_.ship.empty()) text << "ship:\n";
  for (const auto& [key, value] : options_.ship) text << "  " << key << ": " << value << "\n";
  text << "connectors:\n";
  const std::string first_name = connector["name"];
  for (std::size_t i = 0; i < options_.connectors; ++i) {
    if (i > 0) connector["name"] = first_name + "-" + std::to_string(i + 1);
    const char* indent = "  - ";
    for (const auto& [key, value] : connector) {
      text << indent << key << ": " << value << "\n";
      indent = "    ";
    }
  }
  return write_file(config_file(Part::agent), text.str());
}

std::filesystem::path Rig::state_directory(Part part) const { return options_.directory / std::string{name(part)}; }
std::filesystem::path Rig::log_file(Part part) const { return options_.directory / (std::string{name(part)} + ".log"); }
std::filesystem::path Rig::config_file(Part part) const { return options_.directory / (std::string{name(part)} + ".yaml"); }
std::filesystem::path Rig::program(Part part) const { return options_.programs / program_name(part); }

std::vector<std::string> Rig::arguments(Part part) const {
  if (part != Part::simulator) return {"run", "--config", config_file(part).string()};
  std::vector<std::string> flags{"--listen",      loopback(simulator_port_),
                                 "--token-file",  (options_.directory / "token").string(),
                                 "--certificate", simulator_identity_.certificate_file.string(),
                                 "--private-key", simulator_identity_.private_key_file.string(),
                                 "--ledger",      (options_.directory / "ledger.ndjson").string()};
  flags.insert(flags.end(), options_.simulator_flags.begin(), options_.simulator_flags.end());
  return flags;
}

std::string Rig::command_line(Part part) const {
  std::string line = program(part).string();
  for (const std::string& argument : arguments(part)) line.append(" ").append(argument);
  return line;
}

std::string Rig::api_base_url() const { return owns_simulator() ? "https://" + loopback(simulator_port_) : options_.api_base_url; }

std::string Rig::ready_url(Part part) const {
  if (part == Part::simulator) return "https://" + loopback(simulator_port_) + "/sim/stats";
  return "http://" + loopback(metrics_ports_[index_of(part)]) + "/metrics";
}

std::string Rig::log_tail(Part part) const {
  std::ifstream file{log_file(part), std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  constexpr std::size_t tail_bytes = 2000;
  if (text.size() > tail_bytes) text.erase(0, text.size() - tail_bytes);
  return text;
}

Result<void> Rig::launch(Part part) {
  if (running(part)) return {};
  Result<Process> process = Process::start({.program = program(part),
                                            .arguments = arguments(part),
                                            .output_file = log_file(part),
                                            .environment = environments_[index_of(part)]});
  if (!process) return std::move(process).error().in("start");
  processes_[index_of(part)].emplace(std::move(*process));
  return {};
}

Result<void> Rig::start(Part part) {
  if (Result<void> launched = launch(part); !launched) return launched;
  return wait_until_ready(part);
}

Result<void> Rig::wait_until_ready(Part part) {
  const SteadyTime deadline = clock_.steady() + options_.ready_max;
  for (;;) {
    const Result<Bytes> answer = http_get(ready_url(part), {.ca_file = pki_.ca_file(), .deadline = 5s});
    if (answer) return {};
    const std::string who{name(part)};
    if (!running(part)) return Error{Code::unavailable, who + " has ended while it started: " + log_tail(part)};
    if (clock_.steady() > deadline) {
      return Error{Code::timeout, who + " is not ready: " + answer.error().text() + "\n" + log_tail(part)};
    }
    pause_for(ready_look_again);
  }
}

Result<ProcessEnd> Rig::stop(Part part) {
  if (!running(part)) return Error{Code::absent, std::string{name(part)} + " does not run: " + log_tail(part)};
  Result<ProcessEnd> end = process(part)->stop(std::chrono::milliseconds{options_.stop_max});
  if (end && end->signal != 0) {
    return Error{Code::timeout, std::string{name(part)} + " did not stop when it was told to\n" + log_tail(part)};
  }
  return end;
}

Result<ProcessEnd> Rig::kill(Part part) {
  if (!running(part)) return Error{Code::absent, std::string{name(part)} + " does not run: " + log_tail(part)};
  return process(part)->kill();
}

bool Rig::running(Part part) {
  std::optional<Process>& process = processes_[index_of(part)];
  return process && process->running();
}

Result<MetricsReading> Rig::metrics(Part part) const {
  Result<Bytes> text = http_get(ready_url(part), {.deadline = 5s});
  if (!text) return std::move(text).error();
  return MetricsReading{*text};
}

Result<Bytes> Rig::simulator_stats() const { return http_get(ready_url(Part::simulator), {.ca_file = pki_.ca_file()}); }

Result<Bytes> Rig::ledger() const {
  return http_get("https://" + loopback(simulator_port_) + "/sim/ledger", {.ca_file = pki_.ca_file(), .deadline = 120s});
}

Result<void> Rig::search_all(const std::function<Result<void>(std::string& hit)>& sink) const {
  Result<Process> search =
      Process::start({.program = program(Part::processor),
                      .arguments = {"search", std::string{whole_index_query}, "--config", config_file(Part::processor).string(),
                                    "--from", "1970-01-01T00:00:00Z", "--to", "2100-01-01T00:00:00Z", "--limit", "0", "--json"},
                      .output_file = options_.directory / "search.log",
                      .pipe_output = true});
  if (!search) return std::move(search).error();
  bool found = false;
  HitSplitter splitter{[&](std::string& hit) {
    found = true;
    return sink(hit);
  }};
  std::vector<char> buffer(1u << 20);
  for (;;) {
    pollfd watched{search->output(), POLLIN, 0};
    const auto wait = std::chrono::milliseconds{search_silence_max};
    if (::poll(&watched, 1, static_cast<int>(wait.count())) <= 0) return Error{Code::timeout, "search: no output"};
    const ssize_t count = ::read(search->output(), buffer.data(), buffer.size());
    if (count <= 0) break;
    if (Result<void> fed = splitter.feed({buffer.data(), static_cast<std::size_t>(count)}); !fed) return fed;
  }
  const Result<ProcessEnd> end = search->wait(10s);
  const bool nothing_to_find = !found && end && end->exit_code == 1;
  if (!nothing_to_find && (!end || !end->ok())) return Error{Code::unavailable, "search did not succeed; see search.log"};
  return splitter.finish();
}

Result<std::uint64_t> Rig::count(const std::string& query) const {
  Result<ProgramRun> run =
      run_program({.program = program(Part::processor),
                   .arguments = {"search", query, "--limit", "1", "--json", "--config", config_file(Part::processor).string()},
                   .output_file = options_.directory / "search.log"},
                  search_silence_max);
  if (!run) return std::move(run).error();
  const bool nothing_found = run->end.signal == 0 && run->end.exit_code == 1;
  if (!nothing_found && !run->end.ok()) return Error{Code::unavailable, "search did not succeed; see search.log"};
  constexpr std::string_view key = "\"total\":";
  const std::size_t found = run->output.rfind(key);
  if (found == std::string::npos && nothing_found) return std::uint64_t{0};
  if (found == std::string::npos) return Error{Code::corrupt, "search told no total"};
  return std::strtoull(run->output.c_str() + found + key.size(), nullptr, 10);
}

Result<VerdictFigures> Rig::verdict() const {
  Judge judge;
  Result<Bytes> source = ledger();
  if (!source) return std::move(source).error();
  if (Result<void> added = judge.add_ledger(*source); !added) return std::move(added).error();
  Result<void> searched = search_all([&](std::string& hit) { return judge.add_hit(hit); });
  if (!searched) return std::move(searched).error();
  return judge.figures();
}

Result<VerdictFigures> Rig::verdict_within(std::chrono::seconds at_most) const {
  const SteadyTime deadline = clock_.steady() + at_most;
  for (;;) {
    Result<VerdictFigures> figures = verdict();
    if ((figures && figures->ok()) || clock_.steady() > deadline) return figures;
    pause_for(500ms);
  }
}

}  // namespace tidegate
