// Both sessions, as bytes, over a wire that breaks, loses what is on its way and lets messages overtake each other. When it has
// been quiet for a while, the server knows what is so and the agent runs what is wanted.
#include <gtest/gtest.h>

#include <deque>
#include <set>

#include "base/random.h"
#include "tests/unit/transport/opamp_test_messages.h"
#include "transport/opamp_codec.h"
#include "transport/opamp_server_session.h"
#include "transport/opamp_session.h"

using namespace std::chrono_literals;

namespace tidegate {
namespace {

using namespace opamp_test;
using opamp::Framing;

const OpampServerIdentity identity{.capabilities = 0x67, .custom_capabilities = {.capabilities = {act}}};

class Conversation {
 public:
  explicit Conversation(std::uint64_t seed) : random_(Seed{seed}), agent_(instance, 0xbf07, {}) {
    EXPECT_TRUE(agent_.set_description(description()));
    EXPECT_TRUE(agent_.set_custom_capabilities({.capabilities = {act}}));
    change_health();
    change_effective_config();
  }

  // One step of 100 ms in which anything may happen.
  void trouble() {
    now_ += 100ms;
    switch (random_.below(12)) {
      case 0: change_health(); break;
      case 1: change_effective_config(); break;
      case 2: server_.want_config("h" + std::to_string(++made_)); break;
      case 3: EXPECT_TRUE(agent_.queue_custom(custom()) || made_ > 64); break;
      case 4: (void)server_.queue_custom(custom()); break;
      case 5: lose_connection(); break;
      case 6:
        if (up_.size() >= 2) std::swap(up_[0], up_[1]);
        break;
      case 7: forget_agent(); break;
      default: break;
    }
    step();
  }

  void quiet() {
    for (int i = 0; i < 100; ++i) {
      now_ += 1s;
      while (step()) {
      }
    }
  }

  void expect_agreement() const {
    EXPECT_EQ(known_.health, health_);
    EXPECT_EQ(known_.effective_config, effective_config_);
    EXPECT_EQ(known_.agent_description, description());
    EXPECT_EQ(running_, server_.wanted_config());
    EXPECT_EQ(server_.reported_config(), server_.wanted_config());
    EXPECT_EQ(twins_, 0);
  }
  std::size_t sent() const { return sent_; }
  std::size_t customs() const { return seen_.size(); }

 private:
  void change_health() {
    health_.status = "state " + std::to_string(++made_);
    EXPECT_TRUE(agent_.set_health(health_));
  }
  void change_effective_config() {
    effective_config_ = {.config_map = config("a: " + std::to_string(++made_))};
    EXPECT_TRUE(agent_.set_effective_config(effective_config_));
  }
  opamp::CustomMessage custom() { return {.capability = act, .type = "t", .data = std::to_string(++made_)}; }

  void lose_connection() {
    agent_.disconnected();
    open_ = false;
    up_.clear();
    down_.clear();
  }

  // The server starts anew: what its owner keeps stays, the session does not.
  void forget_agent() {
    lose_connection();
    const Bytes wanted = server_.wanted_config();
    server_ = OpampServerSession{identity, {}};
    server_.want_config(wanted);
  }

  // Moves at most a message each way; false when there was nothing to do.
  bool step() {
    bool moved = false;
    if (!open_) {
      agent_.connected(now_);
      server_.connected();
      open_ = moved = true;
    }
    if (const auto message = agent_.next(now_)) {
      up_.push_back(*opamp::encode(*message, Framing::websocket));
      ++sent_;
      moved = true;
    }
    if (const auto reply = server_.next()) put_down(*reply);
    if (!up_.empty() && (up_.size() > 1 || random_.chance(2) || moved)) {
      hear(*opamp::decode_agent_to_server(up_.front(), Framing::websocket));
      up_.pop_front();
      moved = true;
    }
    if (!down_.empty()) {
      obey(*opamp::decode_server_to_agent(down_.front(), Framing::websocket));
      down_.pop_front();
      moved = true;
    }
    return moved || !up_.empty();
  }

  void put_down(OpampReply reply) {
    if (reply.offers_config)
      reply.message.remote_config =
          opamp::AgentRemoteConfig{.config = config("for " + server_.wanted_config()), .config_hash = server_.wanted_config()};
    down_.push_back(*opamp::encode(reply.message, Framing::websocket));
  }

  void hear(opamp::AgentToServer message) {
    OpampServerTurn turn = server_.on_message(std::move(message));
    if (turn.news.agent_description) known_.agent_description = turn.news.agent_description;
    if (turn.news.health) known_.health = turn.news.health;
    if (turn.news.effective_config) known_.effective_config = turn.news.effective_config;
    if (turn.news.custom_message) see(turn.news.custom_message->data);
    put_down(std::move(turn.reply));
  }

  void obey(opamp::ServerToAgent message) {
    auto events = agent_.on_message(std::move(message), now_);
    ASSERT_TRUE(events);
    for (OpampEvent& event : *events) {
      if (const auto* offer = std::get_if<opamp::AgentRemoteConfig>(&event)) {
        running_ = offer->config_hash;
        EXPECT_EQ(offer->config->config_map.at("connectors.yaml").body, "for " + running_);
        EXPECT_TRUE(agent_.set_remote_config_status(
            {.last_remote_config_hash = running_, .status = opamp::ApplyStatus::applied, .error_message = {}}));
      } else if (const auto* told = std::get_if<opamp::CustomMessage>(&event)) {
        see(told->data);
      }
    }
  }

  void see(const Bytes& data) {
    if (!seen_.insert(data).second) ++twins_;
  }

  Random random_;
  SteadyTime now_{1h};
  OpampSession agent_;
  OpampServerSession server_{identity, {}};
  bool open_ = false;
  std::deque<Bytes> up_;
  std::deque<Bytes> down_;
  int made_ = 0;
  std::size_t sent_ = 0;

  opamp::ComponentHealth health_;
  opamp::EffectiveConfig effective_config_;
  opamp::AgentToServer known_;  // to the server's owner
  Bytes running_;
  std::set<Bytes> seen_;
  int twins_ = 0;
};

TEST(OpampConversation, AfterAnyTroubleBothKnowWhatIsSo) {
  std::size_t customs = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    Conversation conversation{seed};
    for (int i = 0; i < 200; ++i) conversation.trouble();
    conversation.quiet();
    conversation.expect_agreement();
    customs += conversation.customs();
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_GT(customs, 100u);
}

TEST(OpampConversation, QuietIsQuiet) {
  Conversation conversation{1};
  conversation.quiet();
  const std::size_t before = conversation.sent();
  conversation.quiet();
  EXPECT_LE(conversation.sent() - before, 4u);  // a heartbeat each 30 s of 100 s
}

}  // namespace
}  // namespace tidegate
