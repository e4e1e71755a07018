// The simulator's data pipelines: registered, listed, changed, forgotten; their packages and what these hold.
#include <algorithm>

#include "tests/unit/support/vision_one_probe.h"
#include "transport/compression.h"

namespace tidegate {
namespace {

using namespace probe;

constexpr std::string_view pipelines = "/v3.0/oat/dataPipelines";
constexpr std::string_view every_level =
    R"({"riskLevels":["info","low","medium","high","critical"],"hasDetail":true,"description":"d"})";

SimOptions busy() {
  SimOptions options = options_of(0, 0, 600);
  options.data.techniques.per_second = 2;
  options.data.live = 2h;
  options.data.late_share = 0.1;
  return options;
}

SimResponse ask(VisionOneSim& sim, std::string_view method, std::string_view target, std::string_view body, WallTime now,
                SimHeaders more = {}) {
  SimRequest request;
  request.method = method;
  request.target = target;
  request.headers = {{"Authorization", "Bearer token"}, {"Host", "api.example.net"}};
  request.headers.insert(request.headers.end(), more.begin(), more.end());
  request.body = body;
  return sim.handle(request, now);
}

// Its path.
std::string registered(VisionOneSim& sim, WallTime now, std::string_view body = every_level) {
  const SimResponse response = post(sim, pipelines, body, now);
  EXPECT_EQ(response.status, 201u) << response.body;
  return target_of(header(response.headers, "Location"));
}

std::string packages_of(const std::string& pipeline, WallTime from, WallTime to, int top = 500) {
  return pipeline + "/packages?startDateTime=" + to_iso8601(from) + "&endDateTime=" + to_iso8601(to) +
         "&top=" + std::to_string(top);
}

std::string lines_of(const SimResponse& response) {
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(header(response.headers, "Content-Type"), "application/gzip");
  const auto plain = decompress_entries(response.body, WireCompression::gzip);
  EXPECT_TRUE(plain.has_value());
  return plain ? *plain : std::string{};
}

std::multiset<std::string> uuids_in(const std::string& lines) {
  std::multiset<std::string> uuids;
  simdjson::ondemand::parser parser;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = lines.find('\n', at);
    uuids.insert(text_of(parser, lines.substr(at, end - at), "uuid"));
    at = end + 1;
  }
  return uuids;
}

// Of all packages created in the interval.
std::multiset<std::string> uuids_of(VisionOneSim& sim, const std::string& pipeline, WallTime from, WallTime to, WallTime now) {
  std::multiset<std::string> uuids;
  for (WallTime at = from; at < to; at += 1h)
    for (const Item& item : walk(sim, packages_of(pipeline, at, std::min<WallTime>(at + 1h, to)), now))
      uuids.merge(uuids_in(lines_of(get(sim, pipeline + "/packages/" + item.id, now))));
  return uuids;
}

TEST(VisionOnePipeline, IsRegisteredListedAndDeleted) {
  VisionOneSim sim{busy(), Seed{1}};
  const std::string path = registered(sim, origin);
  const std::string id = path.substr(path.rfind('/') + 1);
  const SimResponse listed = get(sim, pipelines, origin);
  EXPECT_EQ(listed.body, R"({"items":[{"id":")" + id +
                             R"(","hasDetail":true,"riskLevels":["critical","high","info","low","medium"],)"
                             R"("registeredDateTime":"2026-11-24T12:00:00Z","description":"d"}],"count":1})");
  EXPECT_EQ(get(sim, path, origin).status, 200u);
  const std::string wish = R"([{"id":")" + id + R"("},{"id":"other"}])";
  const SimResponse deleted = post(sim, std::string{pipelines} + "/delete", wish, origin);
  EXPECT_EQ(deleted.status, 207u);
  EXPECT_EQ(deleted.body, R"([{"status":204},{"status":404}])");
  EXPECT_EQ(get(sim, path, origin).status, 404u);
  EXPECT_EQ(get(sim, path + "/packages", origin).status, 404u);
}

TEST(VisionOnePipeline, ARegistrationAgainstTheRulesIsRefused) {
  VisionOneSim sim{busy(), Seed{1}};
  for (const char* body : {"", "[]", R"({"riskLevels":[],"hasDetail":true})", R"({"riskLevels":["undefined"],"hasDetail":true})",
                           R"({"riskLevels":["high"]})", R"({"hasDetail":true})"})
    EXPECT_EQ(post(sim, pipelines, body, origin).status, 400u) << body;
}

TEST(VisionOnePipeline, AChangeNeedsTheETagInForce) {
  VisionOneSim sim{busy(), Seed{1}};
  const std::string path = registered(sim, origin);
  const std::string etag{header(get(sim, path, origin).headers, "ETag")};
  const std::string wish = R"({"riskLevels":["high"]})";
  EXPECT_EQ(ask(sim, "PATCH", path, wish, origin, {{"If-Match", "\"other\""}}).status, 412u);
  EXPECT_EQ(ask(sim, "PATCH", path, wish, origin, {{"If-Match", etag}}).status, 204u);
  EXPECT_EQ(ask(sim, "PATCH", path, wish, origin, {{"If-Match", etag}}).status, 412u);
  EXPECT_NE(get(sim, path, origin).body.find(R"("riskLevels":["high"])"), std::string::npos);
}

TEST(VisionOnePipeline, ItsPackagesHoldEveryTechniqueOfTheLedgerOnce) {
  SimOptions options = busy();
  options.data.live = 30min;
  VisionOneSim sim{options, Seed{3}};
  const std::string path = registered(sim, origin - 25h);
  std::multiset<std::string> expected;
  for (const LedgerEntry& entry : sim.ledger(origin + 1h)) expected.insert(entry.id);
  EXPECT_EQ(expected.size(), 600u + 2 * 1800u);
  EXPECT_EQ(uuids_of(sim, path, origin - 25h, origin + 50min, origin + 1h), expected);
}

TEST(VisionOnePipeline, ServesWhatWasPackedAfterItsRegistration) {
  VisionOneSim sim{busy(), Seed{1}};
  const WallTime registration = origin + 10min + 30s;
  const std::string path = registered(sim, registration);
  for (const Item& item : walk(sim, packages_of(path, origin, origin + 29min), origin + 30min)) {
    const auto at = item.raw.find("createdDateTime\":\"") + 18;
    EXPECT_GT(*parse_time(item.raw.substr(at, 20)), registration);
  }
  EXPECT_EQ(walk(sim, packages_of(path, origin, origin + 29min), origin + 30min).size(), 18u);
}

TEST(VisionOnePipeline, APackageBearsTheHourOfItsCreationAndIsListedById) {
  VisionOneSim sim{busy(), Seed{1}};
  const std::string path = registered(sim, origin);
  const auto items = walk(sim, packages_of(path, origin + 1min, origin + 1h + 1min, 50), origin + 2h);
  ASSERT_EQ(items.size(), 60u);
  EXPECT_TRUE(std::is_sorted(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.id < b.id; }));
  for (const Item& item : items) EXPECT_TRUE(item.id.starts_with("2026112412-") || item.id.starts_with("2026112413-")) << item.id;
  EXPECT_TRUE(items.back().id.starts_with("2026112413-"));
}

TEST(VisionOnePipeline, AskedBeyondItsRulesItAnswers400) {
  VisionOneSim sim{busy(), Seed{1}};
  const std::string path = registered(sim, origin);
  const WallTime now = origin + 1h;
  EXPECT_EQ(get(sim, path + "/packages", now).status, 200u);
  EXPECT_EQ(get(sim, packages_of(path, now - 1h, now - 30s), now).status, 200u);
  EXPECT_EQ(get(sim, packages_of(path, now - 30min, now - 29s), now).status, 400u);
  EXPECT_EQ(get(sim, packages_of(path, now - 61min, now - 30s), now).status, 400u);
  EXPECT_EQ(get(sim, path + "/packages?top=10", now).status, 400u);
  const SimResponse old = get(sim, packages_of(path, now - 7 * 24h - 1s, now - 7 * 24h + 10min), now);
  EXPECT_EQ(old.status, 400u);
  EXPECT_NE(old.body.find(R"("innererror":{"code":"OutOfRetentionTime")"), std::string::npos);
}

TEST(VisionOnePipeline, HoldsOnlyTheLevelsThatItWasRegisteredFor) {
  VisionOneSim sim{busy(), Seed{1}};
  const std::string path = registered(sim, origin, R"({"riskLevels":["high"],"hasDetail":true})");
  const auto items = walk(sim, packages_of(path, origin, origin + 30min), origin + 1h);
  ASSERT_FALSE(items.empty());
  for (const Item& item : items) {
    const std::string lines = lines_of(get(sim, path + "/packages/" + item.id, origin + 1h));
    EXPECT_EQ(lines.find(R"("filterRiskLevel":"low")"), std::string::npos);
    EXPECT_NE(lines.find(R"("filterRiskLevel":"high")"), std::string::npos);
  }
}

TEST(VisionOnePipeline, PackagesVanishAndPipelinesAreForgottenWhenToldSo) {
  VisionOneSim sim{busy(), Seed{1}};
  const std::string path = registered(sim, origin);
  const auto items = walk(sim, packages_of(path, origin, origin + 30min), origin + 1h);
  const std::string first = path + "/packages/" + items.at(0).id;
  EXPECT_EQ(get(sim, first, origin + 1h).status, 200u);
  EXPECT_EQ(get(sim, path + "/packages/2026112412-none", origin + 1h).status, 404u);
  sim.serve().packages_missing = {items[0].id};
  EXPECT_EQ(get(sim, first, origin + 1h).status, 404u);
  EXPECT_EQ(get(sim, path + "/packages/" + items.at(1).id, origin + 1h).status, 200u);
  sim.serve().packages_missing.clear();
  sim.serve().package_missing_rate = 1;
  EXPECT_EQ(get(sim, first, origin + 1h).status, 404u);
  sim.serve().package_missing_rate = 0;
  sim.serve().pipelines_forgotten_at = origin + 2h;
  EXPECT_EQ(get(sim, first, origin + 1h).status, 200u);
  EXPECT_EQ(get(sim, first, origin + 2h).status, 404u);
  EXPECT_EQ(get(sim, pipelines, origin + 2h).body, R"({"items":[],"count":0})");
  const std::string anew = registered(sim, origin + 2h);
  EXPECT_EQ(get(sim, anew, origin + 3h).status, 200u);
}

TEST(VisionOnePipeline, AnEndlessListOfPackagesHasNoEnd) {
  SimOptions options = busy();
  options.serve.faults.push_back({.kind = FaultKind::endless_pages, .rate = 0, .nth = 1, .endpoint = Endpoint::packages});
  VisionOneSim sim{options, Seed{1}};
  const std::string path = registered(sim, origin);
  const WallTime now = origin + 1h;
  std::string target = packages_of(path, origin, origin + 50min);
  std::size_t listed = 0;
  for (int i = 0; i < 30; ++i) {
    const ProbedPage page = page_of(get(sim, target, now));
    ASSERT_FALSE(page.next.empty()) << i;
    listed = page.items.size();
    target = target_of(page.next);
  }
  EXPECT_GT(listed, 0u);  // the last page comes again and again
}

}  // namespace
}  // namespace tidegate
