// An independent witness of the API's shapes: Trend Micro's own mock-up of the Vision One API, served by WireMock, is
// collected by the real agent into the real processor, and every field of every alert must come out as it went in.
// Skipped, with the reason, where it cannot be served (mockup_server.h).
#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>

#include "base/clock.h"
#include "tests/interop/mockup_server.h"
#include "tests/support/rig.h"
#include "tests/support/rig_http.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

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
    if (const std::string missing = MockupServer::missing(); !missing.empty()) GTEST_SKIP() << missing;
    directory_ = std::filesystem::path{testing::TempDir()} / "tidegate-interop";
    const std::string list = "/v3.0/workbench/alerts?startDateTime=2026-11-24T00:00:00Z&endDateTime=2026-11-24T01:00:00Z";
    Result<std::unique_ptr<MockupServer>> served = MockupServer::start(directory_, list);
    ASSERT_TRUE(served) << served.error().text();
    mockup_ = *std::move(served);
    const Result<Bytes> page = http_get(mockup_->url() + list);
    ASSERT_TRUE(page) << page.error().text();
    page_ = *page;
  }

  Result<std::unique_ptr<Rig>> start_rig() {
    RigOptions options{.directory = directory_, .programs = TIDEGATE_PROGRAMS, .simulator_flags = {}};
    options.api_base_url = mockup_->url();
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
  std::filesystem::path directory_;
  std::unique_ptr<MockupServer> mockup_;
  Bytes page_;
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
