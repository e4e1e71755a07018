#include "agent/edges/vision_one_sources.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <optional>

#include "tests/support/manual_clock.h"
#include "tests/unit/transport/loopback.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

// Two connectors at an API that nobody serves: what shows is whether a request had to wait for its turn.
class VisionOneSourcesTest : public ::testing::Test {
 protected:
  ConnectorConfig connector(const std::string& name, const std::string& token) {
    const std::string file = (folder_.path() / name).string();
    std::ofstream{file} << token << "\n";
    ConnectorConfig made;
    made.name = name;
    made.api_base_url = "http://127.0.0.1:1";
    made.bearer_token_file = file;
    made.requests_per_minute = 1;
    return made;
  }

  static asio::awaitable<void> poll(Source& source, std::optional<Result<Bytes>>& result) {
    const PageRequest request{.from = WallSeconds{}, .to = WallSeconds{1s}, .link = {}};
    result.emplace(co_await source.poll(request));
  }

  // True when the request waited for the budget, by a clock that moves only here.
  bool waited(Source& source) {
    std::optional<Result<Bytes>> result;
    asio::co_spawn(loop_, poll(source, result), [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
    loop_.restart();
    loop_.poll();
    const bool waits = clock_.next_deadline().has_value();
    for (int turns = 0; !result && turns < 1000; ++turns) {
      if (clock_.next_deadline()) clock_.advance(*clock_.next_deadline() - clock_.steady());
      loop_.restart();
      loop_.run_one_for(1s);
    }
    EXPECT_TRUE(result.has_value());
    return waits;
  }

  TemporaryDirectory folder_;
  ManualClock clock_{*parse_time("2026-11-24T12:00:00Z")};
  Random random_{Seed{1}};
  Metrics metrics_;
  asio::io_context loop_;
  VisionOneSources sources_{{clock_, random_}, metrics_};
};

TEST_F(VisionOneSourcesTest, OneTokenInTwoFilesHasOneBudget) {  // P7
  const auto first = sources_.make_source(connector("a", "one"), Lane::alerts, Urgency::fresh);
  const auto second = sources_.make_source(connector("b", "one"), Lane::alerts, Urgency::fresh);
  const auto other = sources_.make_source(connector("c", "two"), Lane::alerts, Urgency::fresh);
  const auto other_endpoint = sources_.make_source(connector("d", "one"), Lane::techniques, Urgency::fresh);
  ASSERT_TRUE(first && second && other && other_endpoint);
  EXPECT_FALSE(waited(**first));
  EXPECT_FALSE(waited(**other)) << "another token";
  EXPECT_FALSE(waited(**other_endpoint)) << "the API counts each endpoint by itself";
  EXPECT_TRUE(waited(**second));
}

TEST_F(VisionOneSourcesTest, TokensThatCannotBeReadAreToldApartByTheirFiles) {
  const auto first = sources_.make_source(connector("a", ""), Lane::alerts, Urgency::fresh);
  const auto second = sources_.make_source(connector("b", ""), Lane::alerts, Urgency::fresh);
  ASSERT_TRUE(first && second);
  for (const char* name : {"a", "b"}) std::ofstream{folder_.path() / name} << "later-" << name;
  EXPECT_FALSE(waited(**first));
  EXPECT_FALSE(waited(**second));
}

}  // namespace
}  // namespace tidegate
