#include "transport/base64.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(Base64, AgreesWithTheVectorsOfItsStandard) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(to_base64(plain), text);
    EXPECT_EQ(from_base64(text), plain);
  }
}

TEST(Base64, TakesNothingButItsOwnForm) {
  for (const char* text : {"Zg=", "Zg", "Z===", "====", "Zg==\n", "Zg= =", "Zm9v=", "Zh==", "Zm9*", "=Zg="})
    EXPECT_FALSE(from_base64(text)) << text;
}

TEST(Base64, AllBytesSurvive) {
  Bytes all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(from_base64(to_base64(all)), all);
}

}  // namespace
}  // namespace tidegate
