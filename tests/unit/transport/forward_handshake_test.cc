#include "transport/forward_handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/transport/handshake_receiver.h"

namespace tidegate {
namespace {

using testing::HasSubstr;
using testing::Not;
using testkit::HandshakeReceiver;
using testkit::hex;
using testkit::texts_of;

const std::string salt = "0123456789abcdef0123456789abcdef";

HandshakeOptions options() {
  return {.self_hostname = "edge1.example", .salt = salt, .shared_key = Secret{"s3cret"}, .username = {}, .password = {}};
}

HandshakeOptions options_with_user() {
  HandshakeOptions with_user = options();
  with_user.username = "agent";
  with_user.password = Secret{"pw"};
  return with_user;
}

struct Outcome {
  Bytes sent;
  std::optional<Error> error;
  bool done = false;
};

// What comes of the receiver's bytes, fed in pieces of that size.
Outcome fed(HandshakeOptions with, ByteView received, std::size_t piece) {
  ForwardHandshake handshake{std::move(with)};
  Outcome outcome;
  while (!received.empty() && !outcome.error) {
    Result<Bytes> answer = handshake.on_bytes(received.substr(0, piece));
    received.remove_prefix(std::min(piece, received.size()));
    if (answer) outcome.sent.append(*answer);
    else outcome.error = answer.error();
  }
  outcome.done = handshake.done();
  return outcome;
}

// The same at once and byte by byte, which must agree.
Outcome fed(const HandshakeOptions& with, ByteView received) {
  Outcome at_once = fed(with, received, std::max<std::size_t>(received.size(), 1));
  const Outcome one_by_one = fed(with, received, 1);
  EXPECT_EQ(at_once.done, one_by_one.done);
  EXPECT_EQ(at_once.error, one_by_one.error);
  if (!at_once.error) {
    EXPECT_TRUE(at_once.sent == one_by_one.sent);
  }
  return at_once;
}

// The outcome of the answer to our PING, which `make` is given.
template <class Make>
Outcome answered(const HandshakeReceiver& receiver, Make make, const HandshakeOptions& with = options()) {
  const Outcome greeted = fed(with, receiver.helo());
  EXPECT_FALSE(greeted.error);
  EXPECT_FALSE(greeted.sent.empty());
  return fed(with, receiver.helo() + make(greeted.sent));
}

Outcome answered(const HandshakeReceiver& receiver, const HandshakeOptions& with = options()) {
  return answered(receiver, [&](ByteView ping) { return receiver.answer(ping); }, with);
}

TEST(ForwardHandshake, TheVectorsOfTheProtocolAgree) {
  const Bytes helo =
      hex("92 a4 48454c4f 83 a5 6e6f6e6365 c410 000102030405060708090a0b0c0d0e0f a4 61757468 c410 101112131415161718191a1b1c1d1e1f"
          " a9 6b656570616c697665 c3");
  ForwardHandshake handshake{options_with_user()};
  EXPECT_EQ(handshake.awaited(), "HELO");
  const Result<Bytes> ping = handshake.on_bytes(helo);
  ASSERT_TRUE(ping);
  EXPECT_EQ(handshake.awaited(), "PONG");
  EXPECT_EQ(texts_of(*ping), (std::vector<std::string>{"PING", "edge1.example", salt,
                                                       "33043876cd88f2b5d7e0057c487769f34f98c2bc5f0d4cd2f71a7ea94cc954ee"
                                                       "b7920033abc64b3a06d0aa734a8c09a701b5e2857175e5745b1801e5a23a0727",
                                                       "agent",
                                                       "2a2c865edc7d18c00e0ff37737c026a1bf17e56c1bc1ecd7a1a4fb1a95c34a9d"
                                                       "e93481edf3a0119920d55c472f2b31edb1de409dec25022d7679c7442eab97c1"}));
  const Result<Bytes> nothing =
      handshake.on_bytes(HandshakeReceiver::pong(true, "", "dp1.example",
                                                 "292686c9cb6e41e2298ff7f80f48ac725ee6eb0a7871c4d869f47bc34c428f5b"
                                                 "56ed1ac39ea14b0de2bb35d6b5099af7aa231eb7469196d84b2ea3373daa55a9"));
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->empty());
  EXPECT_TRUE(handshake.done());
  EXPECT_TRUE(handshake.keepalive());
}

TEST(ForwardHandshake, WhoKnowsTheKeyIsLetInAndProvesThatHeKnowsItToo) {
  const Outcome outcome = answered({});
  EXPECT_FALSE(outcome.error);
  EXPECT_TRUE(outcome.done);
  HandshakeReceiver other;
  other.shared_key = "another";
  const Outcome refused = answered(other);
  EXPECT_FALSE(refused.done);
  EXPECT_EQ(refused.error, (Error{Code::denied, "the receiver refuses us: shared_key mismatch"}));
}

TEST(ForwardHandshake, AUserIsProvenWhereOneIsAskedFor) {
  HandshakeReceiver receiver;
  EXPECT_EQ(texts_of(fed(options_with_user(), receiver.helo()).sent).at(4), "") << "nobody asked";
  EXPECT_EQ(texts_of(fed(options_with_user(), receiver.helo()).sent).at(5), "");
  receiver.auth = hex("101112131415161718191a1b1c1d1e1f");
  EXPECT_TRUE(answered(receiver, options_with_user()).done);
  HandshakeOptions wrong = options_with_user();
  wrong.password = Secret{"hunter2"};
  EXPECT_EQ(answered(receiver, wrong).error, (Error{Code::denied, "the receiver refuses us: username/password mismatch"}));
  // Some ask for a user whether or not they have any: then the empty name and password are proven.
  EXPECT_EQ(texts_of(fed(options(), receiver.helo()).sent).at(5),
            "743ea02a3e4ce5c64fe19855f611fdc5897737c0e6ff65226126edbd97fa0b9f"
            "67f4588b85662b8b3ec267eb787442fc04b49e0c7b1fcca0200ed774975472a0");
}

TEST(ForwardHandshake, EveryFormOfHeloIsTaken) {
  const std::string nonce = "000102030405060708090a0b0c0d0eff";  // no UTF-8
  const struct {
    std::string helo;
    std::string nonce;
    bool keepalive;
  } forms[] = {
      {"92 a448454c4f 82 a56e6f6e6365 b0" + nonce + " a461757468 a0", nonce, true},
      {"92 a448454c4f 82 a56e6f6e6365 d910" + nonce + " a461757468 c0", nonce, true},
      {"92 a448454c4f 81 a56e6f6e6365 c50010" + nonce, nonce, true},
      {"dc0002 c40448454c4f de0001 a56e6f6e6365 c410" + nonce, nonce, true},
      {"92 a448454c4f 83 a176 9101 a56e6f6e6365 c410" + nonce + " a96b656570616c697665 c2", nonce, false},
      {"92 a448454c4f 82 a56e6f6e6365 c410" + nonce + " a96b656570616c697665 c0", nonce, true},
      {"92 a448454c4f 80", "", true},
      {"92 a448454c4f c0", "", true},
  };
  for (const auto& form : forms) {
    ForwardHandshake handshake{options()};
    const Result<Bytes> ping = handshake.on_bytes(hex(form.helo));
    ASSERT_TRUE(ping) << form.helo << ": " << ping.error().text();
    HandshakeReceiver receiver;
    receiver.nonce = hex(form.nonce);
    EXPECT_TRUE(handshake.on_bytes(receiver.answer(*ping))) << form.helo;
    EXPECT_TRUE(handshake.done()) << form.helo;
    EXPECT_EQ(handshake.keepalive(), form.keepalive) << form.helo;
  }
}

TEST(ForwardHandshake, AReceiverThatDoesNotProveItselfIsRefused) {
  const HandshakeReceiver receiver;
  const std::string proof = receiver.digest(salt, receiver.name);
  std::string damaged = proof;
  damaged.back() = damaged.back() == '0' ? '1' : '0';
  std::string upper = proof;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const std::string& digest :
       {damaged, upper, proof.substr(1), proof + "0", std::string{}, receiver.digest(salt, "dp2.example")}) {
    const Outcome outcome = answered(receiver, [&](ByteView) { return HandshakeReceiver::pong(true, "", receiver.name, digest); });
    EXPECT_EQ(outcome.error, (Error{Code::denied, "the receiver does not prove that it has the shared key"})) << digest;
    EXPECT_FALSE(outcome.done);
  }
}

TEST(ForwardHandshake, OurOwnProofSentBackIsNone) {
  const Outcome outcome =
      answered({}, [](ByteView ping) { return HandshakeReceiver::pong(true, "", "edge1.example", texts_of(ping).at(3)); });
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code(), Code::denied);
  EXPECT_THAT(outcome.error->text(), HasSubstr("has the name of this sensor, edge1.example"));
  EXPECT_FALSE(outcome.done);
}

TEST(ForwardHandshake, ARefusalsReasonIsPrintableAndCut) {
  const auto refused = [](std::string reason) {
    const Outcome outcome = answered({}, [&](ByteView) { return HandshakeReceiver::pong(false, reason, "", ""); });
    EXPECT_EQ(outcome.error->code(), Code::denied);
    EXPECT_FALSE(outcome.done);
    return outcome.error->text();
  };
  EXPECT_EQ(refused(""), "the receiver refuses us, and does not say why");
  EXPECT_EQ(refused("a\nb\x1b\xff"), "the receiver refuses us: a?b??");
  EXPECT_EQ(refused(std::string(3000, 'x')), "the receiver refuses us: " + std::string(handshake_reason_bytes_max, 'x'));
}

TEST(ForwardHandshake, WhatIsNoHeloIsCorrupt) {
  const std::string others[] = {
      "81 a361636b a161",                           // an ack
      "c0",                                         // a heartbeat
      "48545450",                                   // text
      "c1",                                         // nothing at all
      "93 a448454c4f 80 c0",                        // three elements
      "92 a4504f4e47 80",                           // another word
      "92 01 80",                                   // no word
      "92 a448454c4f 90",                           // no options
      "92 a448454c4f 81 a56e6f6e6365 01",           // a nonce that is a number
      "92 a448454c4f 81 a461757468 80",             // an auth that is a map
      "92 a448454c4f 81 a56e6f6e6365 c1",           // broken within
      "92 a448454c4f 81 a176 919191919191",         // too deep
      "92 a448454c4f 81 a56e6f6e6365 c6 00010000",  // larger than any
      "dd ffffffff",                                // very many elements
  };
  for (const std::string& bytes : others) {
    const Outcome outcome = fed(options(), hex(bytes));
    ASSERT_TRUE(outcome.error) << bytes;
    EXPECT_EQ(outcome.error->code(), Code::corrupt) << bytes;
    EXPECT_THAT(outcome.error->text(), HasSubstr("HELO")) << bytes;
    EXPECT_TRUE(outcome.sent.empty()) << bytes;
  }
  const Outcome early = fed(options(), HandshakeReceiver::pong(true, "", "dp1.example", ""));
  ASSERT_TRUE(early.error);
  EXPECT_EQ(early.error->code(), Code::corrupt) << "nobody is let in before PING";
}

TEST(ForwardHandshake, WhatIsNoPongIsCorrupt) {
  const std::string others[] = {
      "81 a361636b a161",
      "92 a448454c4f 80",              // HELO again
      "94 a4504f4e47 c3 a0 a0",        // four elements
      "95 a448454c4f c3 a0 a0 a0",     // another word
      "95 a4504f4e47 01 a0 a0 a0",     // neither true nor false
      "95 a4504f4e47 c3 a0 01 a0",     // a name that is a number
      "95 a4504f4e47 c3 a0 a0 c0",     // no digest
      "95 a4504f4e47 c3 db 00010000",  // larger than any
      "95 a4504f4e47 c3 c1",
  };
  for (const std::string& bytes : others) {
    const Outcome outcome = answered({}, [&](ByteView) { return hex(bytes); });
    ASSERT_TRUE(outcome.error) << bytes;
    EXPECT_EQ(outcome.error->code(), Code::corrupt) << bytes;
    EXPECT_THAT(outcome.error->text(), HasSubstr("PONG")) << bytes;
    EXPECT_FALSE(outcome.done) << bytes;
  }
}

TEST(ForwardHandshake, NothingComesBehindPong) {
  const HandshakeReceiver receiver;
  const Outcome outcome = answered(receiver, [&](ByteView ping) { return receiver.answer(ping) + "\xc0"; });
  EXPECT_EQ(outcome.error, (Error{Code::corrupt, "the receiver sends more than PONG"}));
}

TEST(ForwardHandshake, StaysInError) {
  ForwardHandshake handshake{options()};
  const Result<Bytes> first = handshake.on_bytes("HTTP");
  ASSERT_FALSE(first);
  const Result<Bytes> again = handshake.on_bytes(HandshakeReceiver{}.helo());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error(), first.error());
  EXPECT_EQ(handshake.on_end(), first.error());
  EXPECT_FALSE(handshake.done());
}

TEST(ForwardHandshake, AClosedConnectionIsARefusalOnceThePingIsOut) {
  ForwardHandshake handshake{options()};
  EXPECT_EQ(handshake.on_end().code(), Code::unavailable);
  ASSERT_TRUE(handshake.on_bytes(HandshakeReceiver{}.helo()));
  EXPECT_EQ(handshake.on_end().code(), Code::denied);
  EXPECT_THAT(handshake.on_end().text(), HasSubstr("the shared key may be another one there"));
}

TEST(ForwardHandshake, PingIsSmallEnoughToBeReadAtOnce) {
  HandshakeOptions longest = options_with_user();
  longest.self_hostname = std::string(handshake_names_bytes_max / 2, 'h');
  longest.username = std::string(handshake_names_bytes_max / 2, 'u');
  HandshakeReceiver receiver;
  receiver.auth = Bytes(16, 'a');
  const Outcome outcome = fed(longest, receiver.helo());
  ASSERT_EQ(texts_of(outcome.sent).size(), 6u);
  EXPECT_LT(outcome.sent.size(), 1023u);
}

TEST(ForwardHandshake, KeyAndPasswordAreInNothingThatIsSaid) {
  HandshakeOptions secretive = options_with_user();
  secretive.shared_key = Secret{"hunter2-key"};
  secretive.password = Secret{"hunter2-password"};
  HandshakeReceiver receiver;
  receiver.auth = Bytes(16, 'a');
  const Outcome greeted = fed(secretive, receiver.helo());
  ASSERT_FALSE(greeted.sent.empty());
  EXPECT_THAT(greeted.sent, Not(HasSubstr("hunter2")));
  for (const Bytes& pong : {receiver.answer(greeted.sent), HandshakeReceiver::pong(true, "", "x", "y"),
                            HandshakeReceiver::pong(true, "", "edge1.example", "y"), Bytes{"\x90"}}) {
    const Outcome outcome = fed(secretive, receiver.helo() + pong);
    ASSERT_TRUE(outcome.error);
    EXPECT_THAT(outcome.error->text(), Not(HasSubstr("hunter2")));
  }
}

TEST(ForwardHandshake, ASaltIsHexadecimalAndNew) {
  Random random{Seed{1}};
  const std::string first = handshake_salt(random);
  EXPECT_EQ(first.size(), 32u);
  EXPECT_EQ(first.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(first, handshake_salt(random));
  Random again{Seed{1}};
  EXPECT_EQ(first, handshake_salt(again));
}

TEST(ForwardHandshake, AReceiverThatAsksForAKeyIsKnownByItsFirstBytes) {
  EXPECT_TRUE(begins_with_helo(HandshakeReceiver{}.helo()));
  EXPECT_TRUE(begins_with_helo(hex("dc0002 c40448454c4f")));
  for (const char* other : {"", "92", "92a448454c", "92a4504f4e47", "93a448454c4f", "81a361636ba161", "9201"}) {
    EXPECT_FALSE(begins_with_helo(hex(other))) << other;
  }
}

}  // namespace
}  // namespace tidegate
