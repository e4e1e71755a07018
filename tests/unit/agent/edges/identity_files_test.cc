#include "agent/edges/identity_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.h"
#include "tests/unit/agent/edges/enrolment_authority.h"
#include "transport/certificate_request.h"

namespace tidegate {
namespace {

namespace fs = std::filesystem;
using testkit::EnrolmentAuthority;

mode_t mode_of(const fs::path& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

class IdentityFilesTest : public ::testing::Test {
 protected:
  IdentityPems issue(std::string ca = "ca of the first\n") const {
    IdentityPems pems;
    pems.private_key = *make_private_key();
    pems.certificate = authority_.sign(*make_certificate_request(pems.private_key, "zurich-01"));
    pems.ca = std::move(ca);
    return pems;
  }

  void install(const IdentityPems& pems) {
    ASSERT_TRUE(files_.put_candidate(pems));
    ASSERT_TRUE(files_.keep_candidate());
  }

  void expect_in_force(const IdentityPems& pems, const std::string& ca) const {
    const Result<IdentityPems> found = files_.load();
    ASSERT_TRUE(found) << found.error().text();
    EXPECT_EQ(found->certificate, pems.certificate);
    EXPECT_EQ(found->private_key, pems.private_key);
    EXPECT_EQ(found->ca, ca);
  }

  TemporaryDirectory folder_;
  EnrolmentAuthority authority_{folder_.path() / "authority"};
  fs::path state_ = folder_.path() / "state" / "agent";
  fs::path identity_ = state_ / "identity";
  IdentityFiles files_{state_};
};

TEST_F(IdentityFilesTest, NothingIsThereAtFirst) {
  EXPECT_TRUE(files_.recover());
  EXPECT_EQ(files_.load().error().code(), Code::absent);
  EXPECT_FALSE(fs::exists(files_.candidate_certificate_file()));
  EXPECT_TRUE(files_.drop_candidate());
  EXPECT_EQ(files_.keep_candidate().error().code(), Code::absent);
}

TEST_F(IdentityFilesTest, TheKeyOfAnInterruptedEnrolmentIsUsedAgain) {
  const Result<Secret> first = files_.key_to_enrol();
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(mode_of(files_.private_key_file()), 0600u);
  EXPECT_EQ(mode_of(identity_), 0700u);
  EXPECT_EQ(*IdentityFiles{state_}.key_to_enrol(), *first);
  EXPECT_EQ(files_.load().error().code(), Code::absent) << "a key alone is no identity";
}

TEST_F(IdentityFilesTest, WhatIsKeptIsInForceAndPrivate) {
  const IdentityPems pems = issue();
  install(pems);
  expect_in_force(pems, pems.ca);
  for (const fs::path& file : {files_.ca_file(), files_.certificate_file(), files_.private_key_file()})
    EXPECT_EQ(mode_of(file), 0600u) << file;
  EXPECT_EQ(mode_of(identity_), 0700u);
  EXPECT_EQ(*files_.key_to_enrol(), pems.private_key) << "enrolled again with the key that is known";
}

TEST_F(IdentityFilesTest, ACandidateChangesNothingUntilItIsKept) {
  const IdentityPems first = issue();
  install(first);
  const IdentityPems next = issue("");
  ASSERT_TRUE(files_.put_candidate(next));
  expect_in_force(first, first.ca);
  EXPECT_EQ(content_of(files_.candidate_private_key_file()), next.private_key.reveal());
  EXPECT_EQ(content_of(files_.candidate_certificate_file()), next.certificate);
  ASSERT_TRUE(files_.drop_candidate());
  EXPECT_FALSE(fs::exists(files_.candidate_certificate_file()));
  expect_in_force(first, first.ca);
}

TEST_F(IdentityFilesTest, ACandidateReplacesTheOneBefore) {
  install(issue());
  ASSERT_TRUE(files_.put_candidate(issue("")));
  const IdentityPems second = issue("");
  ASSERT_TRUE(files_.put_candidate(second));
  ASSERT_TRUE(files_.keep_candidate());
  expect_in_force(second, "ca of the first\n");
  EXPECT_FALSE(fs::exists(identity_ / "candidate"));
}

TEST_F(IdentityFilesTest, ACertificateForAnotherKeyIsNoCandidate) {
  const IdentityPems first = issue();
  install(first);
  IdentityPems mixed = issue();
  mixed.private_key = *make_private_key();
  EXPECT_EQ(files_.put_candidate(mixed).error().code(), Code::invalid);
  EXPECT_FALSE(fs::exists(files_.candidate_certificate_file()));
  expect_in_force(first, first.ca);
}

// P8: whatever moment the crash chooses, old or new is in force, and whole.
TEST_F(IdentityFilesTest, P8ACrashWhileACandidateIsMovedIntoPlaceEndsWithIt) {
  constexpr std::array names{"ca.pem", "key.pem", "certificate.pem"};  // in the order in which they are moved
  for (std::size_t moved = 0; moved <= names.size(); ++moved) {
    const IdentityPems old = issue("old\n");
    install(old);
    const IdentityPems next = issue("new\n");
    ASSERT_TRUE(files_.put_candidate(next));
    fs::rename(identity_ / "candidate", identity_ / "kept");
    for (std::size_t i = 0; i < moved; ++i) fs::rename(identity_ / "kept" / names[i], identity_ / names[i]);
    IdentityFiles again{state_};
    ASSERT_TRUE(again.recover()) << moved;
    expect_in_force(next, "new\n");
    EXPECT_FALSE(fs::exists(identity_ / "kept"));
  }
}

TEST_F(IdentityFilesTest, P8ACrashWhileACandidateIsWrittenOrRemovedLeavesNone) {
  const IdentityPems first = issue();
  install(first);
  for (const char* half : {"candidate.new", "candidate.old"}) {
    fs::create_directory(identity_ / half);
    std::ofstream{identity_ / half / "key.pem"} << "half";
    IdentityFiles again{state_};
    ASSERT_TRUE(again.recover());
    EXPECT_FALSE(fs::exists(identity_ / half));
    EXPECT_FALSE(fs::exists(again.candidate_certificate_file()));
    expect_in_force(first, first.ca);
  }
}

TEST_F(IdentityFilesTest, FilesThatOthersMayReadOrThatDoNotFitAreNamed) {
  install(issue());
  ASSERT_EQ(::chmod(files_.private_key_file().c_str(), 0644), 0);
  EXPECT_EQ(files_.load().error().code(), Code::denied);
  EXPECT_EQ(files_.key_to_enrol().error().code(), Code::denied);
  EXPECT_NE(files_.load().error().text().find("key.pem"), std::string::npos);
  fs::remove(files_.private_key_file());
  std::ofstream{files_.private_key_file()} << make_private_key()->reveal();
  ASSERT_EQ(::chmod(files_.private_key_file().c_str(), 0600), 0);
  EXPECT_EQ(files_.load().error().code(), Code::invalid);
}

}  // namespace
}  // namespace tidegate
