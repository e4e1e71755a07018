// Sealed values and their key's file (P10).
#include "config/sealed.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace tidegate {
namespace {

constexpr std::string_view planted = "planted-token";
constexpr SealedPlace place{"credential", "acme"};

std::string counted(std::size_t bytes, char first) {
  std::string text;
  for (std::size_t at = 0; at < bytes; ++at) text += static_cast<char>(first + static_cast<char>(at));
  return text;
}

SealingKey key_of(char first) { return SealingKey{Secret{counted(sealing_key_bytes, first)}}; }

Entropy no_entropy() {
  return [](std::span<char>) -> Result<void> { return Error{Code::unavailable, "none"}; };
}

TEST(Sealed, WhatIsSealedOpensAtItsPlace) {
  for (const std::string& plain : {std::string{}, std::string{planted}, std::string(sealed_plain_bytes_max, 'x')}) {
    const Result<std::string> sealed = seal(key_of(0), place, plain, system_entropy());
    ASSERT_TRUE(sealed);
    EXPECT_LE(sealed->size(), sealed_text_bytes_max);
    const Result<Secret> opened = unseal(key_of(0), place, *sealed);
    ASSERT_TRUE(opened) << opened.error().text();
    EXPECT_EQ(opened->reveal(), plain);
  }
}

// Made by another program from the format's description.
TEST(Sealed, WhatWasSealedOnceOpensForGood) {
  const Result<Secret> opened = unseal(key_of(0), place, "ASdCBEFkZWZnaGlqa2xtbm84d78IDYwys0oNNI20cllAse872KAB8ITr+kEJ5A==");
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ(opened->reveal(), planted);
}

TEST(Sealed, P10NothingOfTheTextShows) {
  const Result<std::string> sealed = seal(key_of(0), place, planted, system_entropy());
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->find(planted), std::string::npos);
  std::set<std::string> seen;
  for (int times = 0; times < 100; ++times) seen.insert(*seal(key_of(0), place, planted, system_entropy()));
  EXPECT_EQ(seen.size(), 100u) << "no nonce repeats";
}

TEST(Sealed, P10AValueThatIsMovedDoesNotOpen) {
  const Result<std::string> sealed = seal(key_of(0), place, planted, system_entropy());
  ASSERT_TRUE(sealed);
  for (const SealedPlace& other :
       {SealedPlace{"credential", "other"}, SealedPlace{"document", "acme"}, SealedPlace{"credentiala", "cme"}}) {
    const Result<Secret> opened = unseal(key_of(0), other, *sealed);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), Code::denied);
    EXPECT_EQ(opened.error().text().find(planted), std::string::npos);
  }
}

TEST(Sealed, P10AnotherKeyIsDeniedAndNamedAsThat) {
  const Result<std::string> sealed = seal(key_of(0), place, planted, system_entropy());
  ASSERT_TRUE(sealed);
  const Result<Secret> opened = unseal(key_of(1), place, *sealed);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::denied);
  EXPECT_NE(opened.error().text().find("another key"), std::string::npos);
}

TEST(Sealed, P10AnyChangedCharacterIsFound) {
  const Result<std::string> sealed = seal(key_of(0), place, planted, system_entropy());
  ASSERT_TRUE(sealed);
  ASSERT_FALSE(sealed->empty());
  for (std::size_t at = 0; at < sealed->size(); ++at) {
    std::string changed = *sealed;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(unseal(key_of(0), place, changed)) << at;
  }
  for (std::size_t length = 0; length < sealed->size(); ++length) {
    EXPECT_FALSE(unseal(key_of(0), place, sealed->substr(0, length))) << length;
  }
  EXPECT_FALSE(unseal(key_of(0), place, *sealed + "AAAA"));
  EXPECT_FALSE(unseal(key_of(0), place, " " + *sealed));
}

TEST(Sealed, WhatIsNoSealedTextIsToldFromWhatWasChanged) {
  EXPECT_EQ(unseal(key_of(0), place, "not base64!!").error().code(), Code::corrupt);
  EXPECT_EQ(unseal(key_of(0), place, "AQ==").error().code(), Code::corrupt);
  EXPECT_EQ(unseal(key_of(0), place, "Ag==").error().code(), Code::invalid) << "another version";
  EXPECT_EQ(unseal(key_of(0), place, std::string(sealed_text_bytes_max + 4, 'A')).error().code(), Code::invalid);
}

TEST(Sealed, WithoutEntropyNothingIsSealed) {
  EXPECT_EQ(seal(key_of(0), place, planted, no_entropy()).error().code(), Code::unavailable);
}

TEST(Sealed, WhatIsBeyondItsBoundsIsRefused) {
  EXPECT_EQ(seal(key_of(0), place, std::string(sealed_plain_bytes_max + 1, 'x'), system_entropy()).error().code(), Code::invalid);
  const std::string label(sealed_label_bytes_max + 1, 'x');
  EXPECT_EQ(seal(key_of(0), {label, "acme"}, planted, system_entropy()).error().code(), Code::invalid);
}

class SealingKeyFile : public testing::Test {
 protected:
  SealingKeyFile() { std::filesystem::create_directories(folder_); }
  ~SealingKeyFile() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& content, mode_t mode = 0600) {
    std::ofstream{file_, std::ios::binary | std::ios::trunc} << content;
    ASSERT_EQ(::chmod(file_.c_str(), mode), 0);
  }

  std::filesystem::path folder_ = std::filesystem::path{testing::TempDir()} / "tidegate_sealing_key_test" /
                                  testing::UnitTest::GetInstance()->current_test_info()->name();
  std::filesystem::path file_ = folder_ / "sealing.key";
};

TEST_F(SealingKeyFile, IsMadeForItsOwnerAloneAndReadAgain) {
  const Result<SealingKey> made = make_sealing_key(file_, system_entropy());
  ASSERT_TRUE(made) << made.error().text();
  struct stat status{};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  const Result<SealingKey> read = read_sealing_key(file_);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->bytes(), made->bytes());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder_}, {}), 1) << "nothing is left beside it";
}

TEST_F(SealingKeyFile, IsNeverMadeInPlaceOfAnother) {
  ASSERT_TRUE(make_sealing_key(file_, system_entropy()));
  const Result<SealingKey> before = read_sealing_key(file_);
  const Result<SealingKey> again = make_sealing_key(file_, system_entropy());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), Code::invalid);
  EXPECT_EQ(read_sealing_key(file_)->bytes(), before->bytes());
}

TEST_F(SealingKeyFile, IsNotMadeByReading) {
  EXPECT_EQ(read_sealing_key(file_).error().code(), Code::absent);
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_EQ(make_sealing_key(file_, no_entropy()).error().code(), Code::unavailable);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(SealingKeyFile, HoldsBytesOrDigits) {
  write(counted(sealing_key_bytes, 0));
  EXPECT_EQ(read_sealing_key(file_)->bytes(), key_of(0).bytes());
  write("000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\r\n");
  ASSERT_TRUE(read_sealing_key(file_)) << read_sealing_key(file_).error().text();
  EXPECT_EQ(read_sealing_key(file_)->bytes(), key_of(0).bytes());
}

TEST_F(SealingKeyFile, P10OfNoKeyNothingShows) {
  for (const std::string& content :
       {std::string{}, std::string{planted}, std::string(64, 'g'), std::string(33, 'x'), std::string(1000, 'a')}) {
    write(content);
    const Result<SealingKey> key = read_sealing_key(file_);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code(), Code::invalid);
    EXPECT_NE(key.error().text().find(file_.string()), std::string::npos);
    EXPECT_EQ(key.error().text().find(planted), std::string::npos);
  }
}

TEST_F(SealingKeyFile, P10ThatOthersMayReadIsDenied) {
  for (const mode_t mode : {0640u, 0604u, 0620u}) {
    write(counted(sealing_key_bytes, 0), mode);
    EXPECT_EQ(read_sealing_key(file_).error().code(), Code::denied) << mode;
  }
  // An access list's mask stands where the group's rights would.
  write(counted(sealing_key_bytes, 0), 0440);
  EXPECT_TRUE(read_sealing_key(file_, PrivateFileKind::credential));
  write(counted(sealing_key_bytes, 0), 0444);
  EXPECT_EQ(read_sealing_key(file_, PrivateFileKind::credential).error().code(), Code::denied);
}

TEST_F(SealingKeyFile, IsAFile) { EXPECT_EQ(read_sealing_key(folder_).error().code(), Code::invalid); }

}  // namespace
}  // namespace tidegate
