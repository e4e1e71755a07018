#include "transport/certificate_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "tests/support/file_content.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_pki.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;

class CertificateRequestTest : public ::testing::Test {
 protected:
  TemporaryDirectory folder_;
  TestPki pki_ = *TestPki::make(folder_.path() / "pki");
  Identity issued_ = *pki_.issue("api");
  std::string certificate_ = content_of(issued_.certificate_file);
  std::string root_ = content_of(pki_.ca_file());
  Secret key_{content_of(issued_.private_key_file)};
};

TEST_F(CertificateRequestTest, KeysAreNewEachTimeAndInPkcs8) {
  const Result<Secret> one = make_private_key();
  const Result<Secret> other = make_private_key();
  ASSERT_TRUE(one && other);
  EXPECT_NE(*one, *other);
  EXPECT_TRUE(one->reveal().starts_with("-----BEGIN PRIVATE KEY-----"));
}

TEST_F(CertificateRequestTest, ARequestNamesTheSensorAndProvesItsKey) {
  const Secret key = *make_private_key();
  const Result<std::string> pem = make_certificate_request(key, "zurich-01");
  ASSERT_TRUE(pem) << pem.error().text();
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio{BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size())), &BIO_free};
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request{PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr),
                                                                    &X509_REQ_free};
  ASSERT_TRUE(request);
  EXPECT_EQ(X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())), 1);
  char name[80] = {};
  X509_NAME_get_text_by_NID(X509_REQ_get_subject_name(request.get()), NID_commonName, name, sizeof name);
  EXPECT_STREQ(name, "zurich-01");
  EXPECT_EQ(pem->find("PRIVATE"), std::string::npos);
}

TEST_F(CertificateRequestTest, ANameOrKeyThatCannotBeUsedIsRefused) {
  const Secret key = *make_private_key();
  EXPECT_EQ(make_certificate_request(key, "").error().code(), Code::invalid);
  EXPECT_EQ(make_certificate_request(key, std::string(65, 'a')).error().code(), Code::invalid);
  EXPECT_EQ(make_certificate_request(Secret{"no key"}, "a").error().code(), Code::invalid);
  EXPECT_EQ(make_certificate_request(Secret{certificate_}, "a").error().code(), Code::invalid);
}

TEST_F(CertificateRequestTest, FactsAreThoseOfTheFirstCertificate) {
  const Result<CertificateFacts> facts = certificate_facts(certificate_ + root_);
  ASSERT_TRUE(facts) << facts.error().text();
  EXPECT_EQ(facts->common_name, "api");
  EXPECT_EQ(facts->serial, "02");
  EXPECT_EQ(facts->fingerprint.size(), 64u);
  EXPECT_EQ(facts->not_after - facts->not_before, std::chrono::hours{25});
  EXPECT_FALSE(facts->signs_itself);
  const Result<CertificateFacts> root = certificate_facts(root_);
  ASSERT_TRUE(root);
  EXPECT_TRUE(root->signs_itself);
  EXPECT_NE(root->fingerprint, facts->fingerprint);
}

TEST_F(CertificateRequestTest, ATextIsSplitIntoItsCertificatesAndNothingElse) {
  const Result<std::vector<std::string>> parts = split_certificates("words\n" + certificate_ + "more words\n" + root_);
  ASSERT_TRUE(parts) << parts.error().text();
  EXPECT_EQ(*parts, (std::vector{certificate_, root_}));
}

TEST_F(CertificateRequestTest, WhatIsNoneDamagedTooManyOrTooLargeIsRefused) {
  const std::string damaged = root_.substr(0, root_.size() / 2) + "\n-----END CERTIFICATE-----\n";
  EXPECT_THAT(split_certificates("").error().text(), HasSubstr("none"));
  EXPECT_THAT(split_certificates(std::string{key_.reveal()}).error().text(), HasSubstr("none"));
  EXPECT_THAT(split_certificates(certificate_ + damaged).error().text(), HasSubstr("damaged"));
  EXPECT_THAT(certificate_facts(std::string(identity_pem_bytes_max + 1, 'x')).error().text(), HasSubstr("too large"));
  std::string many;
  for (std::size_t i = 0; i <= identity_certificates_max; ++i) many += root_;
  EXPECT_THAT(split_certificates(many).error().text(), HasSubstr("too many"));
}

TEST_F(CertificateRequestTest, AKeyAndItsCertificateAreKnownToBelongTogether) {
  EXPECT_TRUE(key_belongs_to(key_, certificate_));
  EXPECT_THAT(key_belongs_to(key_, root_).error().text(), HasSubstr("another key"));
  EXPECT_EQ(key_belongs_to(*make_private_key(), certificate_).error().code(), Code::invalid);
}

TEST_F(CertificateRequestTest, TheAuthorityOfACertificateIsFoundAmongSeveral) {
  const TestPki stranger = *TestPki::make(folder_.path() / "stranger", "Somebody else");
  const std::string strange = content_of(stranger.ca_file());
  EXPECT_TRUE(signed_by(certificate_, strange + root_));
  EXPECT_EQ(signed_by(certificate_, strange).error().code(), Code::invalid);
  const TestPki twin = *TestPki::make(folder_.path() / "twin");
  EXPECT_FALSE(signed_by(certificate_, content_of(twin.ca_file()))) << "the same name is not the same key";
}

TEST_F(CertificateRequestTest, FingerprintsAreTakenAsToolsPrintThem) {
  const std::string digits(64, 'a');
  EXPECT_EQ(*parse_fingerprint(digits), digits);
  std::string printed;
  for (int i = 0; i < 32; ++i) printed += i == 0 ? "AA" : ":AA";
  EXPECT_EQ(*parse_fingerprint(printed), digits);
  for (const std::string& wrong :
       {std::string{}, std::string(63, 'a'), std::string(65, 'a'), "sha256:" + digits, std::string(64, 'g')})
    EXPECT_EQ(parse_fingerprint(wrong).error().code(), Code::invalid) << wrong;
}

}  // namespace
}  // namespace tidegate
