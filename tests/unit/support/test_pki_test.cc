#include "tests/support/test_pki.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <cstdio>

namespace tidegate {
namespace {

std::filesystem::path fresh_folder(const std::string& name) {
  std::filesystem::path path = std::filesystem::path{testing::TempDir()} / "test_pki" / name;
  std::filesystem::remove_all(path);
  return path;
}

// The verdict of OpenSSL on the certificate, with `ca` alone trusted: X509_V_OK or the reason.
int verdict(const std::filesystem::path& ca, const std::filesystem::path& certificate_file) {
  FILE* file = std::fopen(certificate_file.c_str(), "re");
  X509* certificate = PEM_read_X509(file, nullptr, nullptr, nullptr);
  std::fclose(file);
  X509_STORE* store = X509_STORE_new();
  X509_STORE_load_file(store, ca.c_str());
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, certificate, nullptr);
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context), X509_V_FLAG_X509_STRICT);
  X509_verify_cert(context);
  const int result = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  X509_free(certificate);
  return result;
}

TEST(TestPki, AnIdentityIsTrustedByItsOwnAuthorityAlone) {
  Result<TestPki> ours = TestPki::make(fresh_folder("ours"));
  Result<TestPki> strangers = TestPki::make(fresh_folder("strangers"), "Somebody else");
  ASSERT_TRUE(ours && strangers);
  const Result<Identity> sensor = ours->issue("zurich-01");
  ASSERT_TRUE(sensor);
  EXPECT_EQ(verdict(ours->ca_file(), sensor->certificate_file), X509_V_OK);
  EXPECT_EQ(verdict(strangers->ca_file(), sensor->certificate_file), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

TEST(TestPki, AnIdentityPastItsEndIsExpired) {
  Result<TestPki> pki = TestPki::make(fresh_folder("expired"));
  ASSERT_TRUE(pki);
  const Result<Identity> old = pki->issue("old", {.not_after = std::chrono::seconds{-60}});
  ASSERT_TRUE(old);
  EXPECT_EQ(verdict(pki->ca_file(), old->certificate_file), X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST(TestPki, KeysAreReadableByTheirOwnerAlone) {
  Result<TestPki> pki = TestPki::make(fresh_folder("modes"));
  ASSERT_TRUE(pki);
  const Result<Identity> identity = pki->issue("a name/with a slash");
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->private_key_file.filename(), "a_name_with_a_slash.key");
  const std::filesystem::perms mode = std::filesystem::status(identity->private_key_file).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(TestPki, AFolderThatCannotBeMadeIsAnError) {
  const Result<TestPki> pki = TestPki::make("/proc/nowhere/pki");
  ASSERT_FALSE(pki);
  EXPECT_EQ(pki.error().code(), Code::invalid);
}

}  // namespace
}  // namespace tidegate
