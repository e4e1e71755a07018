#include "config/secret_file.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace tidegate {
namespace {

class SecretFile : public testing::Test {
 protected:
  ~SecretFile() override { std::remove(path_.c_str()); }

  Result<Secret> read(const std::string& content) {
    std::ofstream{path_, std::ios::binary} << content;
    return read_secret_file("key file", path_);
  }

  std::string path_ = testing::TempDir() + "tidegate_secret_test_" + testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(SecretFile, IsOneLineOfTextWithoutTheSpaceAroundIt) {
  EXPECT_EQ(read("s3cret\n")->reveal(), "s3cret");
  EXPECT_EQ(read("\r\n  two words, Z\xC3\xBCrich \r\n\n")->reveal(), "two words, Z\xC3\xBCrich");
  EXPECT_EQ(read("renewed")->reveal(), "renewed") << "it is read anew";
  EXPECT_TRUE(read(std::string(secret_file_bytes_max, 'a')));
}

TEST_F(SecretFile, ThatIsNoneIsRefusedByNameAndNotQuoted) {
  const struct {
    std::string content;
    std::string why;
  } cases[] = {{"", "empty"},
               {" \r\n", "empty"},
               {"hunter2\nhunter3", "not one line of text"},
               {"hunter2\thunter3", "not one line of text"},
               {std::string{"hunter2\0", 8}, "not one line of text"},
               {"hunter2\xff", "not one line of text"},
               {std::string(secret_file_bytes_max + 1, 'a'), "larger than a secret can be"}};
  for (const auto& of : cases) {
    const Result<Secret> secret = read(of.content);
    ASSERT_FALSE(secret) << of.why;
    EXPECT_EQ(secret.error(), (Error{Code::invalid, "key file " + path_ + ": " + of.why}));
  }
}

TEST_F(SecretFile, ThatIsMissingIsNamed) {
  const Result<Secret> missing = read_secret_file("key file", "/nonexistent/key");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().text(), "key file /nonexistent/key: No such file or directory");
  EXPECT_FALSE(read_secret_file("key file", "/"));
}

}  // namespace
}  // namespace tidegate
