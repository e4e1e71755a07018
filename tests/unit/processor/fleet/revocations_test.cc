#include "processor/revocations.h"

#include <gtest/gtest.h>

#include "processor/identity.h"

namespace tidegate {
namespace {

SensorIdentity identity(const std::string& sensor, const std::string& serial) { return {sensor, {"acme"}, serial, {}, {}}; }

TEST(RevocationList, P10NamesCertificatesAndSensors) {
  RevocationList list;
  EXPECT_FALSE(list.revoked(identity("zurich-01", "0a")));
  list.revoke({{"0a"}, {}});
  EXPECT_TRUE(list.revoked(identity("zurich-01", "0a")));
  EXPECT_FALSE(list.revoked(identity("zurich-01", "0b"))) << "another certificate of the same sensor";
  list.revoke({{}, {"zurich-01"}});
  EXPECT_TRUE(list.revoked(identity("zurich-01", "0b"))) << "also one that the store does not know";
  EXPECT_FALSE(list.revoked(identity("zurich-02", "0c")));
}

TEST(RevocationList, ASensorThatIsReadmittedKeepsItsOldCertificatesRevoked) {
  RevocationList list;
  list.revoke({{"0a"}, {"zurich-01"}});
  list.readmit("zurich-01");
  EXPECT_TRUE(list.revoked(identity("zurich-01", "0a")));
  EXPECT_FALSE(list.revoked(identity("zurich-01", "0b")));
}

TEST(RevocationList, EachChangeIsANewVersion) {
  RevocationList list;
  const std::uint64_t first = list.version();
  list.revoke({{"0a"}, {}});
  const std::uint64_t second = list.version();
  EXPECT_GT(second, first);
  EXPECT_TRUE(list.revoked(identity("zurich-01", "0a")));
  EXPECT_EQ(list.version(), second) << "asking changes nothing";
  list.replace_all({});
  EXPECT_GT(list.version(), second);
  EXPECT_FALSE(list.revoked(identity("zurich-01", "0a")));
}

}  // namespace
}  // namespace tidegate
