#include "tests/interop/mockup_server.h"

#include <boost/json/parse.hpp>
#include <cstdlib>

#include "tests/support/rig_http.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t journal_entries_max = 10'000;

std::string environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

std::filesystem::path mockup_folder() {
  return environment("TIDEGATE_MOCKUP", std::string{TIDEGATE_TREE} + "/../shared/visionone-mockup");
}

std::string wiremock_jar() { return environment("TIDEGATE_WIREMOCK", std::string{TIDEGATE_TREE} + "/build/wiremock/wiremock.jar"); }

}  // namespace

std::string MockupServer::missing() {
  if (!std::filesystem::is_directory(mockup_folder() / "mappings")) return "the mock-up is not at " + mockup_folder().string();
  if (!std::filesystem::exists(wiremock_jar())) return "WireMock is not at " + wiremock_jar() + ": run ./dev setup --check";
  const Result<ProgramRun> java = run_program({.program = "java", .arguments = {"-version"}}, 60s);
  return java && java->end.ok() ? std::string{} : "no Java runtime: run ./dev setup --check";
}

Result<std::unique_ptr<MockupServer>> MockupServer::start(const std::filesystem::path& directory, const std::string& ready) {
  std::filesystem::remove_all(directory);
  // A copy, because WireMock makes folders of its own beside the mappings.
  std::filesystem::create_directories(directory);
  std::filesystem::copy(mockup_folder(), directory / "mockup", std::filesystem::copy_options::recursive);
  const Result<std::uint16_t> port = free_loopback_port();
  if (!port) return port.error();
  const std::string url = "http://127.0.0.1:" + std::to_string(*port);
  const std::filesystem::path log = directory / "wiremock.log";
  Result<Process> started =
      Process::start({.program = "java",
                      .arguments = {"-Xmx256m", "-jar", wiremock_jar(), "--port", std::to_string(*port), "--bind-address",
                                    "127.0.0.1", "--root-dir", (directory / "mockup").string(), "--max-request-journal-entries",
                                    std::to_string(journal_entries_max)},
                      .output_file = log});
  if (!started) return std::move(started).error();
  std::unique_ptr<MockupServer> server{new MockupServer{std::move(*started), url}};
  for (int tries = 0; tries < 600; ++tries) {
    if (http_get(url + ready)) return server;
    if (!server->process_.running()) return Error{Code::unavailable, "WireMock has ended; see " + log.string()};
    pause_for(100ms);
  }
  return Error{Code::timeout, "WireMock does not answer; see " + log.string()};
}

Result<std::uint64_t> MockupServer::posts() const {
  const Result<Bytes> journal = http_get(url_ + "/__admin/requests");
  if (!journal) return Error{journal.error()}.in("WireMock's journal");
  boost::json::error_code failed;
  const boost::json::value all = boost::json::parse(*journal, failed);
  const boost::json::value* const requests = failed ? nullptr : all.find_pointer("/requests", failed);
  if (requests == nullptr || !requests->is_array()) return Error{Code::corrupt, "WireMock's journal has no list of requests"};
  if (requests->get_array().size() >= journal_entries_max) return Error{Code::full, "WireMock's journal has forgotten requests"};
  std::uint64_t count = 0;
  for (const boost::json::value& one : requests->get_array()) {
    const boost::json::value* const method = one.find_pointer("/request/method", failed);
    if (method == nullptr || !method->is_string()) return Error{Code::corrupt, "WireMock's journal has a request without a method"};
    if (method->get_string() == "POST") ++count;
  }
  return count;
}

}  // namespace tidegate
