#include "tests/support/vision_one_keys.h"

#include <algorithm>

#include "tests/unit/support/vision_one_probe.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using probe::get;
using probe::options_of;
using probe::origin;

constexpr std::string_view keys = "/v3.0/iam/apiKeys";

TEST(VisionOneKeys, ListsOneKeyForEachTokenWithItsEnd) {
  SimOptions options = options_of(0, 0, 0);
  options.serve.tokens_expire = origin + 48h;
  VisionOneSim sim{options, Seed{1}};
  const SimResponse answer = get(sim, keys, origin);
  EXPECT_EQ(answer.status, 200u);
  EXPECT_NE(answer.body.find(R"("expiredDateTime":"2026-11-26T12:00:00Z")"), Bytes::npos) << answer.body;
  EXPECT_NE(answer.body.find(R"("count":1)"), Bytes::npos);
  sim.serve().tokens_expire.reset();
  EXPECT_NE(get(sim, keys, origin).body.find(R"("expiredDateTime":null)"), Bytes::npos);
}

TEST(VisionOneKeys, CanBeForbiddenAndListsWhatItIsTold) {
  SimOptions options = options_of(0, 0, 0);
  options.serve.api_keys = {{"a", true, origin}, {"b", false, std::nullopt}};
  VisionOneSim sim{options, Seed{1}};
  EXPECT_NE(get(sim, keys, origin).body.find(R"("id":"b")"), Bytes::npos);
  EXPECT_NE(get(sim, keys, origin).body.find(R"("status":"disabled")"), Bytes::npos);
  sim.serve().forbidden = {Endpoint::api_keys};
  EXPECT_EQ(get(sim, keys, origin).status, 403u);
  EXPECT_EQ(endpoint_from_name("api_keys"), Endpoint::api_keys);
}

TEST(VisionOneKeys, TokensHaveTheShapeOfRealOnes) {
  const std::string token = token_of_shape({.id = "k", .expires = origin});
  EXPECT_EQ(std::count(token.begin(), token.end(), '.'), 2);
  EXPECT_GT(token.size(), 400u);
  EXPECT_EQ(token.find_first_of("+/="), std::string::npos);
  EXPECT_NE(token, token_of_shape({.id = "k", .expires = {}}));
}

}  // namespace
}  // namespace tidegate
