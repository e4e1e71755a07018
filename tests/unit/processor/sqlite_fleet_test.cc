#include "processor/edges/sqlite_fleet.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "tests/support/temporary_directory.h"
#include "tests/unit/processor/fleet/requests.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::noon;

constexpr std::string_view planted = "planted-token-that-nobody-may-see";
const Bytes uid(16, 'u');

EnrolmentToken token_of(const std::string& id, std::uint32_t uses = 2) {
  return {.id = id,
          .salt = "salt",
          .secret_hash = Bytes(32, '\0'),
          .tenants = {"acme", "b c"},
          .uses = uses,
          .uses_left = uses,
          .replace = true,
          .note = "note",
          .created = noon,
          .expires = noon + 24h,
          .revoked = {}};
}

EnrolmentWrite enrolment(const std::string& sensor, const std::string& serial, const std::string& token = "t1") {
  EnrolmentWrite write;
  write.token_id = token;
  write.certificate = {"pem", {sensor, {"acme"}, serial, noon, noon + 24h * 90}, "key"};
  write.peer = "192.0.2.7";
  write.at = noon;
  return write;
}

class SqliteFleetTest : public testing::Test {
 protected:
  SqliteFleetTest() { reopen(); }

  Result<std::unique_ptr<SqliteFleet>> open(char key = 'k', FleetLimits limits = {}) {
    return SqliteFleet::open(file_, SealingKey{Secret{std::string(sealing_key_bytes, key)}}, system_entropy(), limits);
  }
  void reopen(FleetLimits limits = {}) {
    store_.reset();
    Result<std::unique_ptr<SqliteFleet>> opened = open('k', limits);
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = *std::move(opened);
  }
  void with_sensor(const std::string& name = "zurich-01") {
    ASSERT_TRUE(store_->put_token(token_of("t-" + name)));
    ASSERT_TRUE(store_->enrol(enrolment(name, "serial-" + name, "t-" + name)));
  }
  Result<std::uint64_t> push(const std::string& text, const std::string& sensor = "zurich-01") {
    return store_->put_document({sensor, Secret{text}, "hash of " + text, "alice", noon});
  }
  std::string all_bytes() {
    std::ostringstream bytes;
    for (const auto& file : std::filesystem::directory_iterator{folder_.path()}) bytes << std::ifstream{file.path()}.rdbuf();
    return bytes.str();
  }

  TemporaryDirectory folder_;
  std::filesystem::path file_ = folder_.path() / "fleet.db";
  std::unique_ptr<SqliteFleet> store_;
};

TEST_F(SqliteFleetTest, IsForItsOwnerAlone) {
  for (const auto& file : std::filesystem::directory_iterator{folder_.path()}) {
    struct stat status{};
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077, 0u) << file.path();
  }
}

TEST_F(SqliteFleetTest, ATokenIsKeptWhole) {
  ASSERT_TRUE(store_->put_token(token_of("t1")));
  EXPECT_EQ(store_->put_token(token_of("t1")).error().code(), Code::invalid);
  reopen();
  const Result<EnrolmentToken> token = store_->token("t1");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->tenants, (std::vector<std::string>{"acme", "b c"}));
  EXPECT_EQ(token->secret_hash, Bytes(32, '\0'));
  EXPECT_EQ(token->uses_left, 2u);
  EXPECT_TRUE(token->replace);
  EXPECT_EQ(token->expires, noon + 24h);
  EXPECT_FALSE(token->revoked);
  EXPECT_EQ(store_->token("t2").error().code(), Code::absent);
  ASSERT_TRUE(store_->revoke_token("t1", noon + 1h));
  ASSERT_TRUE(store_->revoke_token("t1", noon + 2h));
  EXPECT_EQ(store_->tokens()->front().revoked, noon + 1h);
}

TEST_F(SqliteFleetTest, P10ATokenIsNotUsedMoreOftenThanItMayBe) {
  ASSERT_TRUE(store_->put_token(token_of("t1", 2)));
  ASSERT_TRUE(store_->enrol(enrolment("a", "s1")));
  ASSERT_TRUE(store_->enrol(enrolment("b", "s2")));
  const Result<Revoked> third = store_->enrol(enrolment("c", "s3"));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code(), Code::denied);
  EXPECT_EQ(store_->sensor("c").error().code(), Code::absent) << "nothing of it is in";
  EXPECT_EQ(store_->token("t1")->uses_left, 0u);
  EXPECT_EQ(store_->token_uses("t1")->size(), 2u);
}

TEST_F(SqliteFleetTest, AnEnrolmentThatFailsAtItsEndTakesNoUse) {
  ASSERT_TRUE(store_->put_token(token_of("t1", 2)));
  ASSERT_TRUE(store_->enrol(enrolment("a", "s1")));
  ASSERT_FALSE(store_->enrol(enrolment("b", "s1"))) << "the serial number is taken";
  EXPECT_EQ(store_->token("t1")->uses_left, 1u);
  EXPECT_EQ(store_->token_uses("t1")->size(), 1u);
}

TEST_F(SqliteFleetTest, P10RevocationsNameEveryCertificateThatIsStillGood) {
  with_sensor();
  ASSERT_TRUE(store_->renew({"pem", {"zurich-01", {"acme"}, "second", noon, noon + 24h * 180}, "key"}, noon));
  EXPECT_EQ(*store_->revoked(noon), Revoked{});
  EXPECT_EQ(*store_->revoke_sensor("zurich-01", noon), (Revoked{{"second", "serial-zurich-01"}, {"zurich-01"}}));
  EXPECT_EQ(*store_->revoked(noon), (Revoked{{"second", "serial-zurich-01"}, {"zurich-01"}}));
  EXPECT_EQ(*store_->revoked(noon + 24h * 100), (Revoked{{"second"}, {"zurich-01"}})) << "an expired one needs no list";
  EXPECT_EQ(store_->renew({"pem", {"zurich-01", {"acme"}, "third", noon, noon + 24h}, "key"}, noon).error().code(), Code::denied);
  EXPECT_EQ(store_->revoke_sensor("nowhere", noon).error().code(), Code::absent);
  EXPECT_EQ(store_->enrol(enrolment("zurich-01", "fourth", "t-zurich-01")).error().code(), Code::denied);
  EnrolmentWrite replacing = enrolment("zurich-01", "fifth", "t-zurich-01");
  replacing.replaces = true;
  EXPECT_EQ(*store_->enrol(replacing), (Revoked{{"second", "serial-zurich-01"}, {}}));
  EXPECT_EQ(*store_->revoked(noon), (Revoked{{"second", "serial-zurich-01"}, {}}));
  EXPECT_FALSE(store_->sensor("zurich-01")->revoked);
}

TEST_F(SqliteFleetTest, WhatASensorSaysIsKeptAndBounded) {
  with_sensor();
  const std::vector<SensorSight> sights{{"zurich-01", uid, noon + 1s, Bytes{"status"}},
                                        {"nowhere", uid, noon, Bytes{"x"}},
                                        {"zurich-01", "short", noon + 5s, {}},
                                        {"zurich-01", uid, noon + 5s, Bytes(65 * 1024, 'x')},
                                        {"zurich-01", uid, noon + 2s, {}}};
  const Result<std::size_t> written = store_->saw(sights);
  ASSERT_TRUE(written);
  EXPECT_EQ(*written, 2u);
  const Result<SensorRecord> sensor = store_->sensor("zurich-01");
  ASSERT_TRUE(sensor);
  EXPECT_EQ(sensor->status, "status") << "no status is as before";
  EXPECT_EQ(sensor->first_seen, noon + 1s);
  EXPECT_EQ(sensor->last_seen, noon + 2s);
  EXPECT_EQ(sensor->instance_uid, uid);
  ASSERT_EQ(store_->sensors()->size(), 1u);
  EXPECT_TRUE(store_->sensors()->front().status.empty());
}

TEST_F(SqliteFleetTest, ADocumentHasRevisionsAndTheirFate) {
  with_sensor();
  EXPECT_EQ(*push("one"), 1u);
  EXPECT_EQ(*push("two"), 2u);
  EXPECT_EQ(push("one", "nowhere").error().code(), Code::absent);
  const std::vector<ConfigReport> reports{{"zurich-01", "hash of one", ConfigState::applied, "", noon + 1s},
                                          {"zurich-01", "hash of two", ConfigState::failed, "region: no such region", noon + 2s},
                                          {"nowhere", "hash of two", ConfigState::applied, "", noon}};
  EXPECT_EQ(*store_->report(reports), 2u);
  reopen();
  const Result<std::vector<RevisionRecord>> history = store_->history("zurich-01");
  ASSERT_TRUE(history);
  ASSERT_EQ(history->size(), 2u);
  EXPECT_EQ(history->front().revision, 2u);
  EXPECT_EQ(history->front().state, ConfigState::failed);
  EXPECT_EQ(history->front().reasons, "region: no such region");
  EXPECT_EQ(history->front().reported, noon + 2s);
  EXPECT_EQ(history->back().state, ConfigState::applied);
  EXPECT_EQ(history->back().author, "alice");
  EXPECT_EQ(store_->document("zurich-01", 1)->text.reveal(), "one");
  EXPECT_EQ((*store_->newest_document("zurich-01"))->text.reveal(), "two");
  EXPECT_FALSE(*store_->newest_document("nowhere"));
  EXPECT_EQ(store_->document("zurich-01", 3).error().code(), Code::absent);
  EXPECT_EQ(store_->sensor("zurich-01")->config_state, ConfigState::failed);
  EXPECT_EQ(push("").error().code(), Code::invalid) << "empty is not delete";
}

TEST_F(SqliteFleetTest, TheOldestRevisionsGoAndNumbersDoNotComeAgain) {
  with_sensor();
  reopen({.revisions_kept_max = 2});
  for (const std::string text : {"one", "two", "three"}) ASSERT_TRUE(push(text));
  ASSERT_EQ(store_->history("zurich-01")->size(), 2u);
  EXPECT_EQ(store_->history("zurich-01")->back().revision, 2u);
  EXPECT_EQ(*push("four"), 4u);
}

TEST_F(SqliteFleetTest, P10SecretsLieSealed) {
  with_sensor();
  ASSERT_TRUE(store_->put_document({"zurich-01", Secret{"bearer_token: " + std::string{planted}}, "hash", "alice", noon}));
  ASSERT_TRUE(store_->put_credential("acme", Secret{std::string{planted}}, noon));
  EXPECT_EQ(store_->credential("acme")->reveal(), planted);
  const std::string bytes = all_bytes();
  ASSERT_GT(bytes.size(), 1000u);
  EXPECT_NE(bytes.find("zurich-01"), std::string::npos) << "it is looked for in the right place";
  EXPECT_EQ(bytes.find(planted), std::string::npos);
  store_.reset();
  Result<std::unique_ptr<SqliteFleet>> other = open('x');
  ASSERT_TRUE(other);
  EXPECT_EQ((*other)->credential("acme").error().code(), Code::denied);
  EXPECT_EQ((*other)->document("zurich-01", 1).error().code(), Code::denied);
}

TEST_F(SqliteFleetTest, P10ASealedValueInAnotherRowDoesNotOpen) {
  ASSERT_TRUE(store_->put_credential("acme", Secret{std::string{planted}}, noon));
  ASSERT_TRUE(store_->put_credential("beta", Secret{"other"}, noon));
  Result<SqliteDatabase> database = SqliteDatabase::open(file_, SqliteDatabase::Mode::write);
  ASSERT_TRUE(database);
  ASSERT_TRUE(
      database->execute("UPDATE credentials SET value = (SELECT value FROM credentials WHERE name = 'acme') WHERE name = 'beta'"));
  EXPECT_EQ(store_->credential("beta").error().code(), Code::denied);
}

TEST_F(SqliteFleetTest, ACredentialIsReplacedListedAndDeleted) {
  ASSERT_TRUE(store_->put_credential("acme", Secret{"old"}, noon));
  ASSERT_TRUE(store_->put_credential("acme", Secret{"new"}, noon + 1s));
  EXPECT_EQ(store_->credential("acme")->reveal(), "new");
  ASSERT_EQ(store_->credentials()->size(), 1u);
  EXPECT_EQ(store_->credentials()->front().changed, noon + 1s);
  ASSERT_TRUE(store_->delete_credential("acme"));
  EXPECT_EQ(store_->delete_credential("acme").error().code(), Code::absent);
  EXPECT_EQ(store_->credential("acme").error().code(), Code::absent);
  EXPECT_EQ(store_->put_credential("acme", Secret{}, noon).error().code(), Code::invalid);
}

TEST_F(SqliteFleetTest, TablesHaveBounds) {
  reopen({.tokens_max = 1, .sensors_max = 1, .certificates_max = 2, .credentials_max = 1});
  ASSERT_TRUE(store_->put_token(token_of("t1", 9)));
  EXPECT_EQ(store_->put_token(token_of("t2")).error().code(), Code::full);
  ASSERT_TRUE(store_->enrol(enrolment("a", "s1")));
  EXPECT_EQ(store_->enrol(enrolment("b", "s2")).error().code(), Code::full);
  ASSERT_TRUE(store_->enrol(enrolment("a", "s3"))) << "one that is there may come again";
  EXPECT_EQ(store_->enrol(enrolment("a", "s4")).error().code(), Code::full);
  ASSERT_TRUE(store_->put_credential("c", Secret{"1"}, noon));
  ASSERT_TRUE(store_->put_credential("c", Secret{"2"}, noon));
  EXPECT_EQ(store_->put_credential("d", Secret{"1"}, noon).error().code(), Code::full);
  EnrolmentToken later = token_of("t3");
  later.created = noon + 48h;
  later.expires = noon + 72h;
  EXPECT_TRUE(store_->put_token(later)) << "expired ones make room";
  EXPECT_EQ(store_->token("t1").error().code(), Code::absent);
  EnrolmentWrite after = enrolment("a", "s5", "t3");
  after.at = noon + 24h * 91;
  later.id = "t4";
  later.created = after.at;
  later.expires = after.at + 24h;
  after.token_id = "t4";
  ASSERT_TRUE(store_->put_token(later));
  EXPECT_TRUE(store_->enrol(after)) << "expired certificates make room";
}

TEST_F(SqliteFleetTest, AStrangeFileIsRefusedAndLeftAsItIs) {
  store_.reset();
  Result<SqliteDatabase> database = SqliteDatabase::open(file_, SqliteDatabase::Mode::write);
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->execute("PRAGMA user_version = 99"));
  EXPECT_EQ(open().error().code(), Code::invalid);
  database = Error{Code::cancelled, "closed"};
  std::filesystem::remove(file_.string() + "-wal");
  std::ofstream{file_, std::ios::trunc} << std::string(10'000, 'x');
  const Result<std::unique_ptr<SqliteFleet>> opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::corrupt) << opened.error().text();
  EXPECT_EQ(std::filesystem::file_size(file_), 10'000u);
}

}  // namespace
}  // namespace tidegate
