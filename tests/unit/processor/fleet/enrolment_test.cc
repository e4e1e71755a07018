// Enrolment over the real store and the real authority, under a clock that the tests move.
#include "processor/fleet/enrolment.h"

#include <gtest/gtest.h>

#include "processor/edges/sqlite_fleet.h"
#include "processor/fleet/authority.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/processor/fleet/requests.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::noon;

class EnrolmentTest : public testing::Test {
 protected:
  EnrolmentTest() {
    Result<std::unique_ptr<SqliteFleet>> store = open();
    EXPECT_TRUE(store) << store.error().text();
    store_ = *std::move(store);
    Result<std::unique_ptr<Authority>> authority = Authority::make(system_entropy(), noon);
    EXPECT_TRUE(authority);
    authority_ = *std::move(authority);
    enrolment_ = std::make_unique<Enrolment>(*store_, *authority_, revocations_, clock_, system_entropy());
  }

  Result<std::unique_ptr<SqliteFleet>> open() {
    return SqliteFleet::open(folder_.path() / "fleet.db", SealingKey{Secret{std::string(sealing_key_bytes, 'k')}},
                             system_entropy());
  }

  NewToken token(const TokenOrder& order) {
    Result<NewToken> made = enrolment_->create_token(order);
    EXPECT_TRUE(made) << made.error().text();
    return *std::move(made);
  }

  Result<Admission> enrol(const NewToken& token, const KeyPtr& key, const std::string& sensor = "zurich-01") {
    const std::string request = test::request(key.get());
    return enrolment_->enrol({token.text, request, sensor, "192.0.2.7"});
  }

  // Says whom it concerns and why, and shows no secret.
  void expect_denied(const Result<Admission>& admission, const NewToken& token, std::string_view why) {
    ASSERT_FALSE(admission);
    EXPECT_EQ(admission.error().code(), Code::denied) << admission.error().text();
    EXPECT_NE(admission.error().text().find(why), std::string::npos) << admission.error().text();
    EXPECT_NE(admission.error().text().find("zurich-01"), std::string::npos) << admission.error().text();
    const std::string_view secret = token.text.reveal().substr(token.text.size() - 24);
    EXPECT_EQ(admission.error().text().find(secret), std::string::npos);
    EXPECT_EQ(refusal_text(admission.error()).find("zurich-01"), std::string_view::npos);
  }

  TemporaryDirectory folder_;
  ManualClock clock_{noon};
  RevocationList revocations_;
  std::unique_ptr<SqliteFleet> store_;
  std::unique_ptr<Authority> authority_;
  std::unique_ptr<Enrolment> enrolment_;
  KeyPtr key_ = test::ec_key();
  KeyPtr other_key_ = test::ec_key();
};

TEST_F(EnrolmentTest, ATokenMakesASensorOfItsTenants) {
  const NewToken made = token({.tenants = {"acme", "beta"}});
  const Result<Admission> admission = enrol(made, key_);
  ASSERT_TRUE(admission) << admission.error().text();
  EXPECT_EQ(admission->identity.sensor, "zurich-01");
  EXPECT_EQ(admission->identity.tenants, (std::vector<std::string>{"acme", "beta"}));
  EXPECT_EQ(*read_identity(admission->certificate_pem), admission->identity);
  EXPECT_EQ(admission->authority_pem, authority_->certificate_pem());
  EXPECT_EQ(store_->sensor("zurich-01")->identity, admission->identity);
  const Result<std::vector<TokenUse>> uses = store_->token_uses(made.token.id);
  ASSERT_TRUE(uses);
  ASSERT_EQ(uses->size(), 1u);
  EXPECT_EQ(uses->front().sensor, "zurich-01");
  EXPECT_EQ(uses->front().peer, "192.0.2.7");
  EXPECT_EQ(uses->front().serial, admission->identity.serial);
  EXPECT_EQ(uses->front().at, noon);
}

TEST_F(EnrolmentTest, P10TheStoreHoldsNoTokensSecret) {
  const NewToken made = token({.tenants = {"acme"}});
  EXPECT_TRUE(made.text.reveal().starts_with("tge_" + made.token.id));
  const Result<EnrolmentToken> stored = store_->token(made.token.id);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->secret_hash.size(), 32u);
  EXPECT_EQ(stored->secret_hash.find(made.text.reveal().substr(12)), std::string::npos);
}

TEST_F(EnrolmentTest, P10ATokenThatIsUnknownOrWrongIsDenied) {
  NewToken made = token({.tenants = {"acme"}});
  const NewToken unknown{made.token, Secret{"tge_aaaqeayeaudaocajbifqydiob4ibceqt"}};
  expect_denied(enrol(unknown, key_), unknown, "not known");
  std::string text{made.text.reveal()};
  text.back() = text.back() == 'a' ? 'q' : 'a';
  const NewToken wrong{made.token, Secret{text}};
  expect_denied(enrol(wrong, key_), wrong, "secret is wrong");
  const NewToken none{made.token, Secret{std::string(100, 'x')}};
  expect_denied(enrol(none, key_), none, "no token");
  EXPECT_TRUE(enrol(made, key_)) << "a use was not taken by them";
}

TEST_F(EnrolmentTest, P10ATokenEndsWithItsUsesItsTimeAndItsRevocation) {
  const NewToken once = token({.tenants = {"acme"}, .uses = 1});
  ASSERT_TRUE(enrol(once, other_key_, "berlin-01"));
  expect_denied(enrol(once, key_), once, "used up");
  const NewToken revoked = token({.tenants = {"acme"}, .uses = 5});
  ASSERT_TRUE(enrolment_->revoke_token(revoked.token.id));
  expect_denied(enrol(revoked, key_), revoked, "revoked");
  const NewToken short_lived = token({.tenants = {"acme"}, .uses = 5, .life = 1h});
  clock_.advance(1h);
  expect_denied(enrol(short_lived, key_), short_lived, "expired");
  EXPECT_EQ(enrolment_->revoke_token("nothere").error().code(), Code::absent);
}

TEST_F(EnrolmentTest, ALostAnswerCostsNoFurtherUse) {
  const NewToken once = token({.tenants = {"acme"}, .uses = 1});
  const Result<Admission> first = enrol(once, key_);
  ASSERT_TRUE(first);
  const Result<Admission> again = enrol(once, key_);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_TRUE(again->again);
  EXPECT_NE(again->identity.serial, first->identity.serial);
  EXPECT_EQ(store_->token_uses(once.token.id)->size(), 1u);
  EXPECT_FALSE(revocations_.revoked(first->identity)) << "the first answer may have arrived";
  expect_denied(enrol(once, other_key_), once, "another key");
}

TEST_F(EnrolmentTest, P10ANameBelongsToItsKey) {
  const NewToken made = token({.tenants = {"acme"}, .uses = 5});
  const Result<Admission> first = enrol(made, key_);
  ASSERT_TRUE(first);
  expect_denied(enrol(made, other_key_), made, "another key");
  EXPECT_EQ(store_->token(made.token.id)->uses_left, 4u);
  const NewToken replacing = token({.tenants = {"acme"}, .replace = true});
  const Result<Admission> replaced = enrol(replacing, other_key_);
  ASSERT_TRUE(replaced) << replaced.error().text();
  EXPECT_TRUE(replaced->replaced);
  EXPECT_TRUE(revocations_.revoked(first->identity)) << "the older machine is out";
  EXPECT_FALSE(revocations_.revoked(replaced->identity));
}

TEST_F(EnrolmentTest, P10ANameNeverGoesToOtherTenants) {
  ASSERT_TRUE(enrol(token({.tenants = {"acme"}}), key_));
  const NewToken other = token({.tenants = {"beta"}, .replace = true});
  expect_denied(enrol(other, other_key_), other, "tenants");
  expect_denied(enrol(other, key_), other, "tenants");
  const NewToken more = token({.tenants = {"acme", "beta"}});
  expect_denied(enrol(more, key_), more, "fewer tenants");
  EXPECT_TRUE(enrol(token({.tenants = {"acme", "beta"}, .replace = true}), key_));
}

TEST_F(EnrolmentTest, P10ARevokedSensorIsOutAtOnceAndStaysOut) {
  const NewToken made = token({.tenants = {"acme"}, .uses = 5});
  const Result<Admission> admission = enrol(made, key_);
  ASSERT_TRUE(admission);
  EXPECT_FALSE(revocations_.revoked(admission->identity));
  const std::uint64_t version = revocations_.version();
  ASSERT_TRUE(enrolment_->revoke_sensor("zurich-01"));
  EXPECT_TRUE(revocations_.revoked(admission->identity));
  EXPECT_GT(revocations_.version(), version);
  expect_denied(enrol(made, key_), made, "revoked");
  clock_.advance(24h * 60);
  const std::string request = test::request(key_.get());
  expect_denied(enrolment_->renew(admission->identity, request), made, "revoked");
  const Result<Admission> back = enrol(token({.tenants = {"acme"}, .replace = true}), key_);
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_FALSE(revocations_.revoked(back->identity));
  EXPECT_TRUE(revocations_.revoked(admission->identity)) << "its old certificate is not";
  EXPECT_EQ(enrolment_->revoke_sensor("nowhere").error().code(), Code::absent);
}

TEST_F(EnrolmentTest, P10ARevocationSurvivesARestart) {
  const Result<Admission> admission = enrol(token({.tenants = {"acme"}}), key_);
  ASSERT_TRUE(admission);
  EXPECT_FALSE(revocations_.revoked(admission->identity));
  ASSERT_TRUE(enrolment_->revoke_sensor("zurich-01"));
  EXPECT_TRUE(revocations_.revoked(admission->identity));
  RevocationList fresh;
  Enrolment restarted{*store_, *authority_, fresh, clock_, system_entropy()};
  ASSERT_TRUE(restarted.load_revocations());
  EXPECT_TRUE(fresh.revoked(admission->identity));
}

TEST_F(EnrolmentTest, ACertificateIsRenewedInTheSecondHalfOfItsLife) {
  const Result<Admission> admission = enrol(token({.tenants = {"acme"}}), key_);
  ASSERT_TRUE(admission);
  const std::string request = test::request(other_key_.get());  // a key may be changed
  const Result<Admission> early = enrolment_->renew(admission->identity, request);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code(), Code::throttled);
  clock_.advance(24h * 46);
  const Result<Admission> renewed = enrolment_->renew(admission->identity, request);
  ASSERT_TRUE(renewed) << renewed.error().text();
  EXPECT_EQ(renewed->identity.sensor, "zurich-01");
  EXPECT_EQ(renewed->identity.tenants, admission->identity.tenants);
  EXPECT_EQ(renewed->identity.not_after, clock_.wall() + 24h * 90);
  EXPECT_EQ(store_->sensor("zurich-01")->key_hash, *hash_of_public_key(other_key_.get()));
  EXPECT_FALSE(revocations_.revoked(admission->identity)) << "the sensor may not have kept the new one";
  EXPECT_TRUE(enrolment_->renew(admission->identity, request)) << "its answer was lost";
  clock_.advance(24h * 45);
  const Result<Admission> late = enrolment_->renew(admission->identity, request);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::denied) << "expired";
  ASSERT_TRUE(enrolment_->revoke_sensor("zurich-01"));
  EXPECT_TRUE(revocations_.revoked(renewed->identity)) << "all of its certificates go";
}

TEST_F(EnrolmentTest, ASensorThatTheStoreDoesNotKnowIsNotRenewed) {
  const std::string request = test::request(key_.get());
  const Result<IssuedCertificate> stray = authority_->issue({request, "stray", {"acme"}, 24h * 90}, noon);
  ASSERT_TRUE(stray);
  clock_.advance(24h * 60);
  EXPECT_EQ(enrolment_->renew(stray->identity, request).error().code(), Code::absent);
}

TEST_F(EnrolmentTest, BadRequestsTakeNoUse) {
  const NewToken made = token({.tenants = {"acme"}, .uses = 1});
  const std::string forged = test::request_signed_by(key_.get(), other_key_.get(), "zurich-01");
  expect_denied(enrolment_->enrol({made.text, forged, "zurich-01", "192.0.2.7"}), made, "not signed");
  EXPECT_EQ(enrolment_->enrol({made.text, "nonsense", "zurich-01", "192.0.2.7"}).error().code(), Code::invalid);
  EXPECT_EQ(enrol(made, key_, "../etc").error().code(), Code::invalid);
  EXPECT_EQ(store_->token(made.token.id)->uses_left, 1u);
  EXPECT_TRUE(store_->sensors()->empty());
}

TEST_F(EnrolmentTest, TokensAreOrderedWithinBounds) {
  EXPECT_EQ(enrolment_->create_token({.tenants = {}}).error().code(), Code::invalid);
  EXPECT_EQ(enrolment_->create_token({.tenants = {"acme"}, .uses = 0}).error().code(), Code::invalid);
  EXPECT_EQ(enrolment_->create_token({.tenants = {"acme"}, .uses = 100'000}).error().code(), Code::invalid);
  EXPECT_EQ(enrolment_->create_token({.tenants = {"acme"}, .life = 24h * 400}).error().code(), Code::invalid);
  EXPECT_EQ(enrolment_->create_token({.tenants = {"acme"}, .note = "a\nb"}).error().code(), Code::invalid);
  const NewToken made = token({.tenants = {"beta", "acme"}, .uses = 3, .note = "for Zurich"});
  EXPECT_EQ(state_of(made.token, noon), TokenState::open);
  EXPECT_EQ(state_of(made.token, noon + 24h * 14), TokenState::expired);
  EXPECT_EQ(made.token.tenants, (std::vector<std::string>{"acme", "beta"}));
}

}  // namespace
}  // namespace tidegate
