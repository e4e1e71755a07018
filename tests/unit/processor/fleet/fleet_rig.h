// A fleet on a real store, and agents that speak to it without a socket: each has the session of a real agent, and what both say
// goes through the codec.
#pragma once

#include <gtest/gtest.h>
#include <openssl/x509.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "processor/fleet/fleet.h"
#include "processor/fleet_stores.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/processor/fleet/requests.h"
#include "transport/deadline.h"
#include "transport/opamp_codec.h"
#include "transport/opamp_session.h"

namespace tidegate::test {

struct SensorCertificate {
  SensorIdentity identity;
  Bytes der;
  std::string pem{};
  KeyPtr key;
};

class FleetRig : public testing::Test {
 public:
  explicit FleetRig(WallTime start = noon) : clock_(start) { reopen(); }

  void reopen(FleetServiceLimits limits = {}) {
    fleet_.reset();
    stores_ = {};
    CentreConfig config;
    config.state_directory = folder_.path().string();
    Result<FleetStores> stores = open_fleet(config, clock_.wall(), log_);
    ASSERT_TRUE(stores) << stores.error().text();
    stores_ = *std::move(stores);
    fleet_.emplace(loop_.get_executor(), clock_, log_, metrics_,
                   FleetParts{*stores_.store, *stores_.writer_store, *stores_.authority, system_entropy()}, limits);
    ASSERT_TRUE(fleet_->load());
  }

  Secret token(const std::string& tenant = "acme", bool replace = false) {
    TokenOrder order;
    order.tenants = {tenant};
    order.replace = replace;
    Result<NewToken> made = fleet_->enrolment().create_token(order);
    EXPECT_TRUE(made);
    return made->text;
  }
  SensorCertificate enrol(const std::string& name) {
    SensorCertificate sensor;
    sensor.key = ec_key();
    const std::string csr = request(sensor.key.get());
    const EnrolRequest order{token(), csr, name, "192.0.2.7:1000"};
    const Result<Admission> admission = fleet_->enrol(order);
    EXPECT_TRUE(admission) << admission.error().text();
    sensor.identity = admission->identity;
    sensor.der = der_of(admission->certificate_pem);
    sensor.pem = admission->certificate_pem;
    return sensor;
  }

  void turn() {
    loop_.restart();
    loop_.poll();
  }
  template <class T>
  void start(asio::awaitable<Result<T>> work, std::optional<Result<T>>& result) {
    asio::co_spawn(loop_, finish_into(std::move(work), result), [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
    turn();
  }
  std::optional<Result<PushOutcome>>& push(const std::string& sensor, const std::string& text) {
    pushes_.push_back(std::make_unique<std::optional<Result<PushOutcome>>>());
    start(fleet_->push(sensor, Secret{text}, "operator", std::chrono::seconds{30}), *pushes_.back());
    return *pushes_.back();
  }
  bool shows(const std::string& line) const { return metrics_.text().find(line + "\n") != std::string::npos; }
  bool logged(const std::string& text) const { return lines_.find(text) != std::string::npos; }

  TemporaryDirectory folder_;
  ManualClock clock_;
  std::string lines_;
  Log log_{clock_, LogFormat::text, Level::debug, [this](std::string_view line) { lines_.append(line); }};
  Metrics metrics_;
  asio::io_context loop_{1};
  FleetStores stores_;
  std::optional<Fleet> fleet_;
  std::vector<std::unique_ptr<std::optional<Result<PushOutcome>>>> pushes_;
};

// An agent on one connection at a time.
class FakeAgent final : public SensorLine {
 public:
  static constexpr std::uint64_t all = 0xbd07;

  FakeAgent(FleetRig& rig, const SensorIdentity& who, const Id128& uid = {1, 2}, std::uint64_t capabilities = all)
      : session(uid, capabilities, {}), rig_(rig), who_(who) {
    opamp::AgentDescription description;
    description.identifying_attributes = {{"service.version", {std::string{"1.2.3"}}}};
    description.non_identifying_attributes = {{"os.description", {std::string{"Debian\n12"}}}};
    EXPECT_TRUE(session.set_description(std::move(description)));
    EXPECT_TRUE(session.set_custom_capabilities({.capabilities = {std::string{requests_capability}}}));
    EXPECT_TRUE(session.set_remote_config_status({}));
  }

  void wake() override { woken = true; }
  void close(LineClose why) override { closed = why; }

  void connect(const std::string& peer = "192.0.2.7:1000") {
    id = rig_.fleet_->joined(who_, peer, *this);
    closed.reset();
    session.connected(rig_.clock_.steady());
    exchange();
  }
  void leave() {
    rig_.fleet_->left(id);
    session.disconnected();
  }
  // Until nobody has anything to say.
  void exchange() {
    for (bool moved = true; moved;) {
      moved = false;
      while (const auto message = session.next(rig_.clock_.steady())) {
        say(*message);
        moved = true;
      }
      while (const auto unasked = rig_.fleet_->next(id)) {
        take(*unasked);
        moved = true;
      }
    }
    rig_.turn();
  }
  void say(const opamp::AgentToServer& message) {
    const Bytes bytes = *opamp::encode(message, opamp::Framing::websocket);
    take(rig_.fleet_->heard(id, *opamp::decode_agent_to_server(bytes, opamp::Framing::websocket)));
  }
  // A sign of life half a minute later.
  void beat() {
    rig_.clock_.advance(std::chrono::seconds{30});
    exchange();
  }
  void report(const Bytes& hash, opamp::ApplyStatus status, std::string reasons = {}) {
    EXPECT_TRUE(session.set_remote_config_status({hash, status, std::move(reasons)}));
    exchange();
  }
  void answer(const std::string& data) {
    EXPECT_TRUE(session.queue_custom({std::string{requests_capability}, "answer", data}));
    exchange();
  }

  OpampSession session;
  SessionId id = 0;
  bool woken = false;
  std::optional<LineClose> closed;
  std::vector<opamp::AgentRemoteConfig> offers;
  std::vector<opamp::ConnectionSettingsOffers> settings;
  std::vector<std::string> requests;
  std::vector<OpampRefusal> refusals;
  std::size_t asked_for_all = 0;

 private:
  void take(const opamp::ServerToAgent& answer) {
    const Bytes bytes = *opamp::encode(answer, opamp::Framing::websocket);
    if ((answer.flags & opamp::report_full_state_flag) != 0) ++asked_for_all;
    auto events = session.on_message(*opamp::decode_server_to_agent(bytes, opamp::Framing::websocket), rig_.clock_.steady());
    if (!events) return;  // an answer to what was said for another instance
    for (OpampEvent& event : *events) {
      if (auto* offer = std::get_if<opamp::AgentRemoteConfig>(&event)) offers.push_back(std::move(*offer));
      if (auto* offered = std::get_if<opamp::ConnectionSettingsOffers>(&event)) settings.push_back(std::move(*offered));
      if (auto* custom = std::get_if<opamp::CustomMessage>(&event)) requests.push_back(custom->data);
      if (auto* refusal = std::get_if<OpampRefusal>(&event)) refusals.push_back(std::move(*refusal));
    }
  }

  FleetRig& rig_;
  SensorIdentity who_;
};

}  // namespace tidegate::test
