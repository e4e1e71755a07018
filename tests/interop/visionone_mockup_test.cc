// An independent witness of the API's shapes: Trend Micro's own mock-up of the Vision One API, served by WireMock, is
// collected by the real agent into the real processor, and every field of every alert must come out as it went in.
//
// The mock-up is not part of this tree: TIDEGATE_MOCKUP names its folder (with mappings/ in it), TIDEGATE_WIREMOCK the jar
// of WireMock (`./dev setup --check` fetches it). Skipped, with the reason, where either or Java is missing.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <map>

#include "base/clock.h"
#include "tests/support/process.h"
#include "tests/support/rig.h"
#include "tests/support/rig_http.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

std::string environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

// One line per leaf, with its path, kind and raw text. Numbers are compared as they are written, so that none is rounded.
void flatten(const std::string& path, simdjson::ondemand::value value, std::vector<std::string>& out) {
  switch (value.type()) {
    case simdjson::ondemand::json_type::object:
      out.push_back(path + " {}");
      for (auto field : value.get_object()) {
        const std::string key{std::string_view{field.unescaped_key()}};
        flatten(path + "." + key, field.value(), out);
      }
      return;
    case simdjson::ondemand::json_type::array: {
      out.push_back(path + " []");
      std::size_t index = 0;
      for (auto element : value.get_array()) flatten(path + "[" + std::to_string(index++) + "]", element.value(), out);
      return;
    }
    case simdjson::ondemand::json_type::string:
      out.push_back(path + " = " + std::string{std::string_view{value.get_string()}});
      return;
    default: {
      std::string token{std::string_view{value.raw_json_token()}};
      token.erase(token.find_last_not_of(" \t\r\n") + 1);
      out.push_back(path + " : " + token);
    }
  }
}

// The leaves of each alert in the array `items`, by the alert's id.
std::map<std::string, std::vector<std::string>> alerts_of(const Bytes& page) {
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded{page};
  simdjson::ondemand::document document = parser.iterate(padded);
  std::map<std::string, std::vector<std::string>> alerts;
  for (auto item : document["items"].get_array()) {
    std::vector<std::string> leaves;
    flatten("", item.value(), leaves);
    for (const std::string& leaf : leaves) {
      if (leaf.starts_with(".id = ")) alerts[leaf.substr(6)] = leaves;
    }
  }
  return alerts;
}

class VisionOneMockup : public testing::Test {
 protected:
  void SetUp() override {
    mockup_ = environment("TIDEGATE_MOCKUP", std::string{TIDEGATE_TREE} + "/../shared/visionone-mockup");
    jar_ = environment("TIDEGATE_WIREMOCK", std::string{TIDEGATE_TREE} + "/build/wiremock/wiremock.jar");
    if (!std::filesystem::is_directory(mockup_ / "mappings")) GTEST_SKIP() << "the mock-up is not at " << mockup_;
    if (!std::filesystem::exists(jar_)) GTEST_SKIP() << "WireMock is not at " << jar_ << ": run ./dev setup --check";
    const Result<ProgramRun> java = run_program({.program = "java", .arguments = {"-version"}}, 60s);
    if (!java || !java->end.ok()) GTEST_SKIP() << "no Java runtime: run ./dev setup --check";
    directory_ = std::filesystem::path{testing::TempDir()} / "tidegate-interop";
    std::filesystem::remove_all(directory_);
    // A copy, because WireMock makes folders of its own beside the mappings.
    std::filesystem::create_directories(directory_);
    std::filesystem::copy(mockup_, directory_ / "mockup", std::filesystem::copy_options::recursive);
    serve();
  }

  void serve() {
    const Result<std::uint16_t> port = free_loopback_port();
    ASSERT_TRUE(port);
    url_ = "http://127.0.0.1:" + std::to_string(*port);
    Result<Process> started =
        Process::start({.program = "java",
                        .arguments = {"-Xmx256m", "-jar", jar_, "--port", std::to_string(*port), "--bind-address", "127.0.0.1",
                                      "--root-dir", (directory_ / "mockup").string(), "--no-request-journal"},
                        .output_file = directory_ / "wiremock.log"});
    ASSERT_TRUE(started) << started.error().text();
    wiremock_.emplace(std::move(*started));
    for (int tries = 0; tries < 600; ++tries) {
      const Result<Bytes> page = http_get(list_url());
      if (page) {
        page_ = *page;
        return;
      }
      ASSERT_TRUE(wiremock_->running()) << "WireMock has ended; see " << directory_ / "wiremock.log";
      pause_for(100ms);
    }
    FAIL() << "WireMock does not answer";
  }

  std::string list_url() const {
    return url_ + "/v3.0/workbench/alerts?startDateTime=2026-11-24T00:00:00Z&endDateTime=2026-11-24T01:00:00Z";
  }

  Result<std::unique_ptr<Rig>> start_rig() {
    RigOptions options{.directory = directory_, .programs = TIDEGATE_PROGRAMS, .simulator_flags = {}};
    options.api_base_url = url_;
    options.api_token_file = directory_ / "token";
    options.connector = {{"content_types", "[alerts]"}, {"interval", "1s"}, {"first_read", "1h"}, {"settle", "0s"}};
    Result<std::unique_ptr<Rig>> rig = Rig::make(std::move(options), clock_);
    if (!rig) return rig;
    for (const Part part : {Part::processor, Part::agent}) {
      if (Result<void> started = (*rig)->start(part); !started) return std::move(started).error();
    }
    return rig;
  }

  // The payloads in the index, as a page has them.
  static Result<Bytes> indexed(const Rig& rig) {
    Bytes page = "{\"items\":[";
    Result<void> searched = rig.search_all([&](std::string& hit) -> Result<void> {
      simdjson::ondemand::parser parser;
      const simdjson::padded_string padded{hit};
      simdjson::ondemand::document document;
      simdjson::ondemand::object object;
      std::string_view payload;
      if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
          document["trendmicro_visionone"].get_object().get(object) != simdjson::SUCCESS ||
          object.raw_json().get(payload) != simdjson::SUCCESS) {
        return Error{Code::corrupt, "a hit without its payload"};
      }
      if (page.back() != '[') page.push_back(',');
      page.append(payload);
      return {};
    });
    if (!searched) return std::move(searched).error();
    return page + "]}";
  }

  SystemClock clock_;
  std::filesystem::path mockup_;
  std::string jar_;
  std::filesystem::path directory_;
  std::string url_;
  Bytes page_;
  std::optional<Process> wiremock_;
};

TEST_F(VisionOneMockup, EveryFieldOfItsAlertsComesOutAsItWentIn) {
  const auto expected = alerts_of(page_);
  ASSERT_GT(expected.size(), 1u);
  Result<std::unique_ptr<Rig>> rig = start_rig();
  ASSERT_TRUE(rig) << rig.error().text();

  std::map<std::string, std::vector<std::string>> found;
  for (int tries = 0; tries < 120 && found.size() < expected.size(); ++tries) {
    pause_for(250ms);
    const Result<Bytes> page = indexed(**rig);
    if (page) found = alerts_of(*page);
  }
  EXPECT_EQ(found, expected);

  // The mock-up answers every window with the same alerts: they stay single however often they are read (P2).
  const auto read_often = [&] {
    const Result<MetricsReading> reading = (*rig)->metrics(Part::agent);
    return reading && reading->sum("tidegate_records_collected_total") >= 4.0 * static_cast<double>(expected.size());
  };
  for (int tries = 0; tries < 240 && !read_often(); ++tries) pause_for(250ms);
  ASSERT_TRUE(read_often());
  std::size_t records = 0;
  ASSERT_TRUE((*rig)->search_all([&](std::string&) -> Result<void> {
    ++records;
    return {};
  }));
  EXPECT_EQ(records, expected.size());
}

}  // namespace
}  // namespace tidegate
