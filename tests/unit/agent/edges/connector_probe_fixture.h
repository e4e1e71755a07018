// A connector at the simulator over TLS on loopback, and the whole connector test of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "agent/control/connector_report.h"
#include "agent/control/connector_test.h"
#include "agent/edges/connector_probe.h"
#include "agent/edges/vision_one_sources.h"
#include "tests/support/vision_one_keys.h"
#include "tests/support/vision_one_server.h"
#include "tests/unit/transport/loopback.h"

namespace tidegate {

using namespace std::chrono_literals;

// A clock of another place: the system's, moved.
class MovedClock final : public Clock {
 public:
  explicit MovedClock(std::chrono::seconds by) : by_(by) {}
  WallTime wall() const override { return system_.wall() + by_; }
  SteadyTime steady() const override { return system_.steady(); }
  asio::awaitable<void> sleep_until(SteadyTime until) override { return system_.sleep_until(until); }
  Alarm alarm(asio::any_io_executor executor, SteadyTime at, std::function<void()> ring) override {
    return system_.alarm(std::move(executor), at, std::move(ring));
  }

 private:
  SystemClock system_;
  std::chrono::seconds by_;
};

inline const Fact* fact(const StageReport& report, std::string_view name) {
  for (const Fact& each : report.evidence)
    if (each.name == name) return &each;
  return nullptr;
}

inline std::int64_t number(const StageReport& report, std::string_view name) {
  const Fact* found = fact(report, name);
  EXPECT_NE(found, nullptr) << "no evidence " << name;
  return found == nullptr ? -1 : std::get<std::int64_t>(found->value);
}

inline std::string text(const StageReport& report, std::string_view name) {
  const Fact* found = fact(report, name);
  EXPECT_NE(found, nullptr) << "no evidence " << name;
  return found == nullptr ? "" : std::get<std::string>(found->value);
}

class ConnectorProbeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<TestPki> pki = TestPki::make(folder_.path() / "pki");
    ASSERT_TRUE(pki);
    pki_.emplace(*std::move(pki));
    token_ = token_of_shape({});
    connector_.name = "acme";
    connector_.ca_file = pki_->ca_file();
    connector_.bearer_token = Secret{token_};
  }

  // A certificate that is good for a month.
  static IdentityOptions good() {
    IdentityOptions identity;
    identity.not_after = std::chrono::days{30} - 1min;
    return identity;
  }

  void serve(const IdentityOptions& identity = good(), std::chrono::seconds clock_ahead = 0s) {
    Result<Identity> issued = pki_->issue("api", identity);
    ASSERT_TRUE(issued);
    server_clock_ = std::make_unique<MovedClock>(clock_ahead);
    SimOptions options;
    options.data.origin = server_clock_->wall();
    options.data.live = 0s;
    options.data.alerts.backlog = 24 * 4;
    options.data.audit_logs.backlog = 24 * 20;
    options.data.techniques.backlog = 24 * 300;
    options.serve.tokens = {token_};
    sim_ = std::make_unique<VisionOneSim>(options, Seed{7});
    VisionOneServerOptions listen;
    listen.certificate_file = issued->certificate_file;
    listen.private_key_file = issued->private_key_file;
    server_ = std::make_unique<VisionOneServerThread>(*sim_, *server_clock_, std::move(listen));
    ASSERT_TRUE(server_->start());
    connector_.api_base_url = server_->base_url();
  }

  void change(const std::function<void(ServeOptions&)>& how) {
    server_->with([&how](VisionOneSim& sim) { how(sim.serve()); });
  }

  ConnectorReport run() {
    VisionOneSources sources{{clock_, random_}, metrics_};
    VisionOneProbe probe{connector_, sources, {clock_, random_}, metrics_};
    ConnectorTestPlan plan{.connector = connector_.name, .https = connector_.api_base_url.starts_with("https")};
    plan.contents = connector_.content_types;
    plan.settle = connector_.settle;
    ConnectorTest test{std::move(plan), probe, clock_};
    return testkit::run(loop_, test.run());
  }

  static const StageReport& stage_of(const ConnectorReport& report, Stage stage, std::optional<ContentType> content = {}) {
    for (const StageReport& each : report.stages)
      if (each.stage == stage && each.content == content) return each;
    ADD_FAILURE() << "no stage " << name(stage);
    return report.stages.front();
  }

  // The one stage that fails, with its cause; everything behind it is skipped, but for the token's shape.
  static void expect_end(const ConnectorReport& report, Stage stage, Cause cause) {
    EXPECT_EQ(report.verdict(), StageVerdict::failed) << report_json(report);
    for (const StageReport& each : report.stages) {
      const StageVerdict expected = each.stage < stage           ? StageVerdict::ok
                                    : each.stage == stage        ? StageVerdict::failed
                                    : each.stage == Stage::token ? StageVerdict::ok
                                                                 : StageVerdict::skipped;
      EXPECT_EQ(each.verdict, expected) << name(each.stage) << ": " << each.words;
      if (each.stage != stage) continue;
      EXPECT_EQ(each.cause, cause) << each.words;
      EXPECT_FALSE(each.words.empty());
      EXPECT_THAT(stage_text(each), ::testing::HasSubstr(std::string{text_of(cause).remedy}));
    }
  }

  std::uint64_t requests() {
    std::uint64_t sum = 0;
    server_->with([&](VisionOneSim& sim) {
      for (const SimStats::Requests& group : sim.stats(server_clock_->wall()).requests) sum += group.count;
    });
    return sum;
  }

  TemporaryDirectory folder_;
  std::optional<TestPki> pki_;
  std::string token_;
  ConnectorConfig connector_;
  SystemClock clock_;
  std::unique_ptr<MovedClock> server_clock_;
  std::unique_ptr<VisionOneSim> sim_;
  std::unique_ptr<VisionOneServerThread> server_;
  Random random_{Seed{3}};
  Metrics metrics_;
  asio::io_context loop_;
};

}  // namespace tidegate
