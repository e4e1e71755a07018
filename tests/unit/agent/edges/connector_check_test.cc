// The check that a document's connectors have to pass before the ones in force are stopped for them (P8).
#include "agent/edges/connector_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/edges/vision_one_source.h"
#include "tests/unit/agent/edges/sim_api.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

SimOptions checked_tenant() {
  SimOptions options;
  options.data.origin = noon;
  options.data.live = 0s;
  options.data.alerts.backlog = 20;
  return options;
}

// Sources at the simulated API, each with its connector's own token.
class CheckedSources final : public SourceFactory {
 public:
  explicit CheckedSources(SimApi& api) : api_(api) {}

  Result<std::unique_ptr<Source>> make_source(const ConnectorConfig& connector, Lane lane, Urgency) override {
    VisionOneOptions options = api_.options(lane);
    options.token = [token = connector.bearer_token]() -> Result<Secret> { return token; };
    return std::unique_ptr<Source>{
        std::make_unique<VisionOneSource>(std::move(options), api_.send(), api_.budget, api_.around(), api_.metrics)};
  }
  TokenWatch::Ask make_expiry_reader(const ConnectorConfig&) override {
    return []() -> asio::awaitable<TokenExpiry> { co_return TokenExpiry{}; };
  }

 private:
  SimApi& api_;
};

class P8ConnectorCheck : public testing::Test {
 protected:
  std::vector<UnfitConnector> unfit_of(const std::vector<std::string>& tokens) {
    std::vector<ConnectorConfig> connectors;
    for (const std::string& token : tokens) {
      ConnectorConfig connector;
      connector.name = "with " + token;
      connector.bearer_token = Secret{token};
      connectors.push_back(std::move(connector));
    }
    Result<std::vector<UnfitConnector>> unfit = api_.run(check_.check(std::move(connectors)));
    EXPECT_TRUE(unfit);
    return unfit ? *std::move(unfit) : std::vector<UnfitConnector>{};
  }

  SimApi api_{checked_tenant()};
  CheckedSources sources_{api_};
  VisionOneCheck check_{sources_, api_.around()};
};

TEST_F(P8ConnectorCheck, OneThatIsGivenAPageWouldCollect) { EXPECT_TRUE(unfit_of({"token"}).empty()); }

TEST_F(P8ConnectorCheck, OneWhoseTokenHasExpiredWouldNot) {
  const std::vector<UnfitConnector> unfit = unfit_of({"token", "expired"});
  ASSERT_EQ(unfit.size(), 1u);
  EXPECT_EQ(unfit.front().name, "with expired");
  EXPECT_EQ(unfit.front().why.code(), Code::denied);
}

TEST_F(P8ConnectorCheck, APageForPeopleIsNoAnswer) {
  api_.sim.serve().faults = {{.kind = FaultKind::html, .rate = 1, .nth = 0, .endpoint = {}}};
  const std::vector<UnfitConnector> unfit = unfit_of({"expired"});
  ASSERT_EQ(unfit.size(), 1u);
  EXPECT_TRUE(retryable(unfit.front().why)) << "it says nothing of a connector that is new";
  EXPECT_THAT(unfit.front().why.text(), HasSubstr("no page of the API"));
}

TEST_F(P8ConnectorCheck, AnApiThatIsAwaySaysSo) {
  api_.instead = [](const HttpRequest&) -> std::optional<Result<HttpResponse>> {
    return Result<HttpResponse>{Error{Code::unavailable, "connection refused"}};
  };
  const std::vector<UnfitConnector> unfit = unfit_of({"token"});
  ASSERT_EQ(unfit.size(), 1u);
  EXPECT_TRUE(retryable(unfit.front().why));
}

TEST_F(P8ConnectorCheck, ASensorWhoseClockIsAheadAsksAgainByTheClockOfTheApi) {
  api_.clock_ahead = -1h;
  EXPECT_TRUE(unfit_of({"token"}).empty());
}

}  // namespace
}  // namespace tidegate
