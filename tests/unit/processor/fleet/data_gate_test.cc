#include "processor/fleet/data_gate.h"

#include <gtest/gtest.h>

#include "processor/fleet/authority.h"
#include "tests/unit/processor/fleet/requests.h"
#include "transport/byte_stream.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

class DataGateTest : public testing::Test {
 protected:
  DataGateTest() {
    Result<std::unique_ptr<Authority>> made = Authority::make(system_entropy(), test::noon);
    EXPECT_TRUE(made);
    authority_ = *std::move(made);
  }

  TlsPeer sensor(const std::string& name, std::vector<std::string> tenants) {
    const KeyPtr key = test::ec_key();
    const std::string request = test::request(key.get());
    CertificateOrder order{.request_pem = request, .sensor = name, .tenants = std::move(tenants), .lifetime = 24h};
    const Result<IssuedCertificate> issued = authority_->issue(order, test::noon);
    EXPECT_TRUE(issued) << issued.error().text();
    return {name, test::der_of(issued->certificate_pem)};
  }

  std::unique_ptr<Authority> authority_;
  RevocationList revocations_;
  DataGate gate_{revocations_};
};

TEST_F(DataGateTest, ASensorIsWhoItsCertificateSays) {
  const Result<DataPeer> peer = gate_.admit(sensor("zurich-01", {"acme", "blue"}));
  ASSERT_TRUE(peer) << peer.error().text();
  EXPECT_EQ(peer->sensor, "zurich-01");
  ASSERT_TRUE(peer->identity);
  EXPECT_TRUE(peer->identity->speaks_for("blue"));
  EXPECT_FALSE(peer->identity->speaks_for("green"));
  EXPECT_TRUE(gate_.still_admitted(*peer));
}

TEST_F(DataGateTest, ARevocationShutsTheGateAndIsSeenByItsVersion) {  // P10
  const TlsPeer peer = sensor("zurich-01", {"acme"});
  const Result<DataPeer> admitted = gate_.admit(peer);
  ASSERT_TRUE(admitted);
  const std::uint64_t before = gate_.version();
  revocations_.revoke({{}, {"zurich-01"}});
  EXPECT_GT(gate_.version(), before);
  EXPECT_FALSE(gate_.still_admitted(*admitted));
  EXPECT_EQ(gate_.admit(peer).error().code(), Code::denied);
  EXPECT_TRUE(gate_.admit(sensor("geneva-01", {"acme"}))) << "others are not affected";
}

TEST_F(DataGateTest, ACertificateThatNamesNoSensorIsKnownByItsCommonNameAlone) {
  ServerOrder order{.hosts = {"dp1.example.net"}, .lifetime = 24h};
  const Result<ServerCertificate> issued = authority_->issue_server(order, test::noon);
  ASSERT_TRUE(issued);
  for (const TlsPeer& peer : {TlsPeer{"dp1.example.net", test::der_of(issued->certificate_pem)}, TlsPeer{"simulated", {}}}) {
    const Result<DataPeer> admitted = gate_.admit(peer);
    ASSERT_TRUE(admitted);
    EXPECT_EQ(admitted->sensor, peer.name);
    EXPECT_FALSE(admitted->identity);
  }
}

TEST_F(DataGateTest, BytesThatAreNoCertificateAreRefused) {
  const TlsPeer peer = sensor("zurich-01", {"acme"});
  for (const Bytes& bytes : {Bytes{"no certificate"}, peer.certificate + "more", peer.certificate.substr(1), Bytes(1u << 20, 'x')})
    EXPECT_EQ(gate_.admit({"zurich-01", bytes}).error().code(), Code::invalid);
}

}  // namespace
}  // namespace tidegate
