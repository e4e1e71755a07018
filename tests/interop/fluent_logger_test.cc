// An independent receiver of the Forward protocol: the FluentServer of npm's @fluent-org/logger is sent what the real agent
// collects, in every way that it can be secured, with and without compression.
//
// The package is not part of this tree: TIDEGATE_FLUENT_LOGGER names the folder whose node_modules hold it (`./dev setup --check`
// fetches it). Skipped, with the reason, where it or node is missing.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>

#include "base/clock.h"
#include "base/log.h"
#include "tests/support/file_content.h"
#include "tests/support/process.h"
#include "tests/support/rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

const std::string right_key = "a key of the centre's";
const std::string right_password = "a password of the sensor's";

enum class Secured : std::uint8_t { tls, mutual_tls, shared_key, user };

struct Way {
  Secured secured;
  std::string compression;
};

void PrintTo(const Way& way, std::ostream* out) {
  constexpr const char* names[] = {"tls", "mutual_tls", "shared_key", "user"};
  *out << names[static_cast<std::size_t>(way.secured)] << "_" << way.compression;
}

std::string quoted(const std::string& text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

// What the receiver took: how many records, which of them differ, and what the ledger says to them.
struct Taken {
  std::size_t records = 0;
  std::set<std::string> ids;
  VerdictFigures verdict;

  bool all_once() const { return records > 0 && ids.size() == records && verdict.ok(); }
};

class FluentReceiver : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("TIDEGATE_FLUENT_LOGGER");
    package_ = folder != nullptr ? folder : std::string{TIDEGATE_TREE} + "/build/fluent-logger";
    if (!std::filesystem::exists(package_ / "node_modules/@fluent-org/logger/package.json")) {
      GTEST_SKIP() << "@fluent-org/logger is not in " << package_ << ": run ./dev setup --check";
    }
    const Result<ProgramRun> node = run_program({.program = "node", .arguments = {"--version"}}, 60s);
    if (!node || !node->end.ok()) GTEST_SKIP() << "no node: run ./dev setup --check";
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    std::replace(name.begin(), name.end(), '/', '-');
    directory_ = std::filesystem::path{testing::TempDir()} / ("tidegate-fluent-" + name);
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }

  std::filesystem::path key_file() const { return directory_ / "shared-key"; }
  std::filesystem::path password_file() const { return directory_ / "password"; }
  std::filesystem::path entries_file() const { return directory_ / "entries.ndjson"; }
  static void write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream{file, std::ios::binary | std::ios::trunc} << text;
  }

  Settings ship(const Way& way) const {
    Settings keys{{"receiver", "forward"}, {"compression", way.compression}};
    if (way.secured == Secured::shared_key || way.secured == Secured::user) keys["shared_key_file"] = quoted(key_file().string());
    if (way.secured != Secured::user) return keys;
    keys["username"] = "rig-01";
    keys["password_file"] = quoted(password_file().string());
    return keys;
  }

  std::string server_options(const Way& way, std::uint16_t port, const Identity& identity) const {
    std::string json = "{\"port\":" + std::to_string(port) + ",\"entries_file\":" + quoted(entries_file().string());
    json += ",\"tls\":{\"certificate_file\":" + quoted(identity.certificate_file.string()) +
            ",\"private_key_file\":" + quoted(identity.private_key_file.string());
    if (way.secured == Secured::mutual_tls) json += ",\"client_ca_file\":" + quoted(rig_->pki().ca_file().string());
    json += "}";
    if (way.secured == Secured::shared_key || way.secured == Secured::user) {
      json += ",\"security\":{\"serverHostname\":\"dp1.example\",\"sharedKey\":" + quoted(right_key) +
              ",\"authorize\":" + (way.secured == Secured::user ? "true" : "false") +
              ",\"userDict\":{\"rig-01\":" + quoted(right_password) + "}}";
    }
    return json + "}";
  }

  // Simulator, receiver and agent. What stands in the agent's files of secrets is the caller's.
  void start(const Way& way) {
    const Result<std::uint16_t> port = free_loopback_port();
    ASSERT_TRUE(port);
    RigOptions options{.directory = directory_,
                       .programs = TIDEGATE_PROGRAMS,
                       .simulator_flags = {"--seed", "1", "--techniques", "300", "--live-seconds", "0"}};
    options.data_address = "127.0.0.1:" + std::to_string(*port);
    options.sensor_certificate = way.secured == Secured::mutual_tls;
    options.connector = {{"interval", "1s"}, {"settle", "0s"}};
    options.ship = ship(way);
    Result<std::unique_ptr<Rig>> made = Rig::make(std::move(options), clock_);
    ASSERT_TRUE(made) << made.error().text();
    rig_ = std::move(*made);
    const Result<Identity> identity = rig_->pki().issue("fluent-server");
    ASSERT_TRUE(identity) << identity.error().text();
    write(directory_ / "fluent.json", server_options(way, *port, *identity));
    Result<Process> started = Process::start(
        {.program = "node",
         .arguments = {std::string{TIDEGATE_TREE} + "/tests/interop/fluent_server.js", (directory_ / "fluent.json").string()},
         .output_file = directory_ / "fluent.log",
         .environment = {"NODE_PATH=" + (package_ / "node_modules").string()}});
    ASSERT_TRUE(started) << started.error().text();
    server_.emplace(std::move(*started));
    const auto listens = [&] { return content_of(directory_ / "fluent.log").find("listening on") != std::string::npos; };
    for (int tries = 0; tries < 600 && !listens() && server_->running(); ++tries) pause_for(50ms);
    ASSERT_TRUE(listens()) << content_of(directory_ / "fluent.log");
    for (const Part part : {Part::simulator, Part::agent}) {
      const Result<void> running = rig_->start(part);
      ASSERT_TRUE(running) << running.error().text();
    }
  }

  Result<Taken> taken() const {
    Judge judge;
    const Result<Bytes> ledger = rig_->ledger();
    if (!ledger) return ledger.error();
    if (Result<void> added = judge.add_ledger(*ledger); !added) return std::move(added).error();
    Taken all;
    simdjson::ondemand::parser parser;
    std::ifstream lines{entries_file()};
    for (std::string line; std::getline(lines, line);) {
      const std::size_t begin = line.find(",{") + 1;  // behind the tag, which holds no such
      std::string record = line.substr(begin, line.size() - begin - 1);
      const simdjson::padded_string padded{record};
      simdjson::ondemand::document document;
      std::string_view id;
      if (parser.iterate(padded).get(document) != simdjson::SUCCESS || document["record_id"].get(id) != simdjson::SUCCESS) {
        return Error{Code::corrupt, "no record: " + record};
      }
      ++all.records;
      all.ids.emplace(id);
      if (Result<void> added = judge.add_hit(record); !added) return std::move(added).error();
    }
    all.verdict = judge.figures();
    return all;
  }

  void expect_all_once() {
    Result<Taken> last = taken();
    for (int tries = 0; tries < 500 && (!last || !last->all_once()); ++tries) {
      pause_for(250ms);
      last = taken();
    }
    ASSERT_TRUE(last) << last.error().text();
    EXPECT_TRUE(last->all_once()) << last->verdict.line() << ", records=" << last->records << ", ids=" << last->ids.size() << "\n"
                                  << content_of(rig_->log_file(Part::agent)) << content_of(directory_ / "fluent.log");
    EXPECT_GE(last->verdict.source, 300u);
  }

  // The state and the reason that `status` gives the way to the receiver, as one text.
  std::string uplink() const {
    const Result<ProgramRun> run =
        run_program({.program = rig_->program(Part::agent),
                     .arguments = {"status", "--json", "--config", rig_->config_file(Part::agent).string()}},
                    30s);
    if (!run) return run.error().text();
    simdjson::ondemand::parser parser;
    const simdjson::padded_string padded{run->output};
    simdjson::ondemand::document document;
    simdjson::ondemand::object way;
    std::string_view state;
    std::string_view reason;
    if (parser.iterate(padded).get(document) != simdjson::SUCCESS || document["uplink"].get(way) != simdjson::SUCCESS ||
        way["state"].get(state) != simdjson::SUCCESS || way["reason"].get(reason) != simdjson::SUCCESS) {
      return "no status: " + run->output;
    }
    return std::string{state} + ": " + std::string{reason};
  }

  void expect_refused(const std::string& reason) {
    std::string said = uplink();
    for (int tries = 0; tries < 240 && !said.starts_with("auth_failed: "); ++tries) {
      pause_for(250ms);
      said = uplink();
    }
    EXPECT_TRUE(said.starts_with("auth_failed: ")) << said << "\n" << content_of(rig_->log_file(Part::agent));
    EXPECT_NE(said.find(reason), std::string::npos) << said;
    EXPECT_EQ(content_of(entries_file()), "");
  }

  SystemClock clock_;
  std::filesystem::path package_;
  std::filesystem::path directory_;
  std::unique_ptr<Rig> rig_;
  std::optional<Process> server_;
};

class FluentLogger : public FluentReceiver, public testing::WithParamInterface<Way> {};

TEST_P(FluentLogger, TakesEveryRecordOnce) {
  write(key_file(), right_key + "\n");
  write(password_file(), right_password + "\n");
  ASSERT_NO_FATAL_FAILURE(start(GetParam()));
  expect_all_once();
  EXPECT_TRUE(server_->running());
}

INSTANTIATE_TEST_SUITE_P(Ways, FluentLogger,
                         testing::Values(Way{Secured::tls, "gzip"}, Way{Secured::tls, "none"}, Way{Secured::mutual_tls, "gzip"},
                                         Way{Secured::mutual_tls, "none"}, Way{Secured::shared_key, "gzip"},
                                         Way{Secured::shared_key, "none"}, Way{Secured::user, "gzip"}, Way{Secured::user, "none"}));

// The right secrets, put into their files while the agent runs, are enough; nothing is lost meanwhile.
TEST_F(FluentReceiver, RefusesAWrongKeyAndAWrongPasswordUntilTheyAreMended) {
  write(key_file(), "hunter2-key\n");
  write(password_file(), "hunter2-password\n");
  ASSERT_NO_FATAL_FAILURE(start({Secured::user, "gzip"}));
  expect_refused("shared key mismatch");
  write(key_file(), right_key + "\n");
  for (int tries = 0; tries < 480 && uplink().find("shared key mismatch") != std::string::npos; ++tries) pause_for(250ms);
  expect_refused("username/password mismatch");
  write(password_file(), right_password + "\n");
  expect_all_once();
  const std::string log = content_of(rig_->log_file(Part::agent));
  EXPECT_NE(log.find("mismatch"), std::string::npos) << log;
  for (const std::string& secret : {std::string{"hunter2"}, right_key, right_password}) {
    EXPECT_EQ(log.find(secret), std::string::npos) << log;
  }
}

}  // namespace
}  // namespace tidegate
