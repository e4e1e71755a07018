#include "config/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace tidegate {
namespace {

constexpr std::array<std::string_view, 4> keys{"interval", "region", "budget", "tls"};

TEST(Nearest, FindsWhatWasMistyped) {
  EXPECT_EQ(nearest("intervall", keys), "interval");
  EXPECT_EQ(nearest("intreval", keys), "interval");
  EXPECT_EQ(nearest("regoin", keys), "region");
  EXPECT_EQ(nearest("budjet", keys), "budget");
  EXPECT_EQ(nearest("tsl", keys), "tls");
}

TEST(Nearest, FindsNothingWhereNothingIsNear) {
  EXPECT_FALSE(nearest("credential", keys));
  EXPECT_FALSE(nearest("x", keys));
  EXPECT_FALSE(nearest("", keys));
  EXPECT_FALSE(nearest(std::string(100'000, 'i'), keys));
}

}  // namespace
}  // namespace tidegate
