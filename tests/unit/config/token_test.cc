#include "config/token.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace tidegate {
namespace {

class Token : public testing::Test {
 protected:
  ~Token() override { std::remove(path_.c_str()); }

  Result<Secret> load(const std::string& content) {
    std::ofstream{path_, std::ios::binary} << content;
    ConnectorConfig connector;
    connector.bearer_token_file = path_;
    return load_token(connector);
  }

  std::string path_ = testing::TempDir() + "tidegate_token_test_" + testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(Token, InTheConfigurationIsTakenAsItIs) {
  ConnectorConfig connector;
  connector.bearer_token = Secret{"abc"};
  EXPECT_EQ(load_token(connector)->reveal(), "abc");
}

TEST_F(Token, InAFileIsTrimmed) {
  EXPECT_EQ(load("\r\n  abc.def \n\n")->reveal(), "abc.def");
  EXPECT_EQ(load("renewed")->reveal(), "renewed") << "a renewed file is read anew";
}

TEST_F(Token, FileThatIsMissingIsNamed) {
  ConnectorConfig connector;
  connector.bearer_token_file = "/nonexistent/token";
  const Result<Secret> token = load_token(connector);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code(), Code::invalid);
  EXPECT_EQ(token.error().text(), "bearer token file /nonexistent/token: No such file or directory");
}

TEST_F(Token, FileWithoutATokenIsRefusedAndNotQuoted) {
  for (const std::string& content :
       {std::string{}, std::string{" \n"}, std::string{"two words"}, std::string{"two\nlines"}, std::string{"a\0b", 3},
        std::string{"t\xC3\xB6ken"}, std::string(token_file_bytes_max + 1, 'a')}) {
    const Result<Secret> token = load(content);
    ASSERT_FALSE(token) << content.size();
    EXPECT_EQ(token.error().text().find("two"), std::string::npos);
  }
  EXPECT_TRUE(load(std::string(token_file_bytes_max, 'a')));
}

TEST_F(Token, DirectoryIsNoFile) {
  ConnectorConfig connector;
  connector.bearer_token_file = "/";
  EXPECT_FALSE(load_token(connector));
}

}  // namespace
}  // namespace tidegate
