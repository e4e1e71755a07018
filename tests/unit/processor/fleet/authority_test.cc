#include "processor/fleet/authority.h"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/temporary_directory.h"
#include "tests/unit/processor/fleet/requests.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::noon;

constexpr std::chrono::seconds ninety_days = 24h * 90;

SealingKey sealing_key(char byte) { return SealingKey{Secret{std::string(sealing_key_bytes, byte)}}; }

class AuthorityTest : public testing::Test {
 protected:
  AuthorityTest() {
    Result<std::unique_ptr<Authority>> made = Authority::make(system_entropy(), noon);
    EXPECT_TRUE(made) << made.error().text();
    authority_ = *std::move(made);
  }

  Result<IssuedCertificate> issue(const std::string& request, const std::string& sensor = "zurich-01",
                                  std::vector<std::string> tenants = {"acme"}) {
    return authority_->issue({request, sensor, std::move(tenants), ninety_days}, noon);
  }

  CertificatePtr certificate_of(const std::string& pem) {
    Result<CertificatePtr> certificate = certificate_of_pem("certificate", pem);
    EXPECT_TRUE(certificate) << certificate.error().text();
    return *std::move(certificate);
  }

  // What the library says of it, verified against the authority as TLS would at that moment.
  int verdict(X509* certificate, int purpose, WallTime at) {
    const CertificatePtr root = certificate_of(authority_->certificate_pem());
    const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store{X509_STORE_new(), &X509_STORE_free};
    X509_STORE_add_cert(store.get(), root.get());
    const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context{X509_STORE_CTX_new(), &X509_STORE_CTX_free};
    X509_STORE_CTX_init(context.get(), store.get(), certificate, nullptr);
    X509_STORE_CTX_set_purpose(context.get(), purpose);
    X509_STORE_CTX_set_time(context.get(), 0, std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
    X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context.get()), X509_V_FLAG_X509_STRICT);
    X509_verify_cert(context.get());
    return X509_STORE_CTX_get_error(context.get());
  }

  TemporaryDirectory folder_;
  std::filesystem::path file_ = folder_.path() / "authority.pem";
  std::unique_ptr<Authority> authority_;
  KeyPtr key_ = test::ec_key();
};

TEST_F(AuthorityTest, ACertificateNamesSensorAndTenantsAndNothingOfTheRequest) {
  const Result<IssuedCertificate> issued =
      issue(test::request(key_.get(), "root of all"), "zurich-01", {"b tenant/%", "acme", "acme"});
  ASSERT_TRUE(issued) << issued.error().text();
  const Result<SensorIdentity> identity = read_identity(issued->certificate_pem);
  ASSERT_TRUE(identity) << identity.error().text();
  EXPECT_EQ(*identity, issued->identity);
  EXPECT_EQ(identity->sensor, "zurich-01");
  EXPECT_EQ(identity->tenants, (std::vector<std::string>{"acme", "b tenant/%"}));
  EXPECT_TRUE(identity->speaks_for("acme"));
  EXPECT_FALSE(identity->speaks_for("other"));
  EXPECT_EQ(identity->not_after, noon + ninety_days);
  EXPECT_EQ(identity->not_before, noon - 5min);
  EXPECT_EQ(issued->certificate_pem.find("root of all"), std::string::npos);
  EXPECT_EQ(issued->key_hash, *hash_of_public_key(key_.get()));
}

TEST_F(AuthorityTest, P10ACertificateIsGoodForClientsWithinItsLife) {
  const Result<IssuedCertificate> issued = issue(test::request(key_.get()));
  ASSERT_TRUE(issued);
  const CertificatePtr certificate = certificate_of(issued->certificate_pem);
  EXPECT_EQ(verdict(certificate.get(), X509_PURPOSE_SSL_CLIENT, noon), X509_V_OK);
  EXPECT_EQ(verdict(certificate.get(), X509_PURPOSE_SSL_SERVER, noon), X509_V_ERR_INVALID_PURPOSE);
  EXPECT_EQ(verdict(certificate.get(), X509_PURPOSE_SSL_CLIENT, noon + ninety_days + 1s), X509_V_ERR_CERT_HAS_EXPIRED);
  EXPECT_EQ(verdict(certificate.get(), X509_PURPOSE_SSL_CLIENT, noon - 6min), X509_V_ERR_CERT_NOT_YET_VALID);
  EXPECT_EQ(X509_check_ca(certificate.get()), 0);
}

TEST_F(AuthorityTest, SerialNumbersHave128BitsAndDoNotRepeat) {
  std::set<std::string> serials;
  for (int times = 0; times < 20; ++times) {
    const Result<IssuedCertificate> issued = issue(test::request(key_.get()));
    ASSERT_TRUE(issued);
    EXPECT_EQ(issued->identity.serial.size(), 32u);
    EXPECT_NE(issued->identity.serial.front(), '0');
    serials.insert(issued->identity.serial);
  }
  EXPECT_EQ(serials.size(), 20u);
}

TEST_F(AuthorityTest, FitKeysAreTaken) {
  const KeyPtr large = test::ec_key("P-384");
  const KeyPtr rsa = test::rsa_key(2048);
  EXPECT_TRUE(issue(test::request(large.get())));
  EXPECT_TRUE(issue(test::request(rsa.get())));
}

TEST_F(AuthorityTest, P10OtherKeysAreRefused) {
  const KeyPtr small = test::rsa_key(1024);
  const KeyPtr odd = test::ec_key("secp256k1");
  const KeyPtr edwards = test::ed25519_key();
  const KeyPtr spelt_out = test::ec_key();
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(spelt_out.get(), OSSL_PKEY_PARAM_EC_ENCODING, "explicit"), 1);
  for (EVP_PKEY* key : {small.get(), odd.get(), edwards.get(), spelt_out.get()}) {
    const std::string pem = test::request(key);
    ASSERT_FALSE(pem.empty());
    const Result<IssuedCertificate> issued = issue(pem);
    ASSERT_FALSE(issued);
    EXPECT_EQ(issued.error().code(), Code::invalid) << issued.error().text();
  }
}

TEST_F(AuthorityTest, P10ARequestThatItsKeyDidNotSignIsDenied) {
  const KeyPtr other = test::ec_key();
  const Result<IssuedCertificate> issued = issue(test::request_signed_by(key_.get(), other.get(), "zurich-01"));
  ASSERT_FALSE(issued);
  EXPECT_EQ(issued.error().code(), Code::denied);
}

TEST_F(AuthorityTest, WhatIsNoRequestIsInvalid) {
  const std::string good = test::request(key_.get());
  for (const std::string& bad :
       {std::string{}, std::string{"-----BEGIN CERTIFICATE REQUEST-----\n"}, good.substr(0, good.size() / 2),
        std::string(pem_bytes_max + 1, 'x'), authority_->certificate_pem()}) {
    const Result<IssuedCertificate> issued = issue(bad);
    ASSERT_FALSE(issued);
    EXPECT_EQ(issued.error().code(), Code::invalid);
  }
}

TEST_F(AuthorityTest, NamesThatAreNoneAreInvalid) {
  const std::string request = test::request(key_.get());
  for (const std::string& name :
       {std::string{}, std::string{"a b"}, std::string{"../a"}, std::string(65, 'a'), std::string{"a\0b", 3}}) {
    EXPECT_EQ(issue(request, name).error().code(), Code::invalid) << name;
  }
  EXPECT_TRUE(issue(request, std::string(64, 'a')));
  EXPECT_EQ(issue(request, "zurich-01", {}).error().code(), Code::invalid);
  EXPECT_EQ(issue(request, "zurich-01", {"a\nb"}).error().code(), Code::invalid);
  std::vector<std::string> many;
  for (std::size_t number = 0; number <= tenants_of_sensor_max; ++number) many.push_back("tenant-" + std::to_string(number));
  EXPECT_EQ(issue(request, "zurich-01", many).error().code(), Code::invalid);
  many.pop_back();
  EXPECT_TRUE(issue(request, "zurich-01", many));
}

TEST_F(AuthorityTest, LifetimesHaveBoundsAndEndWithTheAuthority) {
  const std::string request = test::request(key_.get());
  EXPECT_EQ(authority_->issue({request, "zurich-01", {"acme"}, 1s}, noon).error().code(), Code::invalid);
  EXPECT_EQ(authority_->issue({request, "zurich-01", {"acme"}, 24h * 400}, noon).error().code(), Code::invalid);
  const WallTime end = authority_->not_after();
  EXPECT_EQ(end, noon + 24h * 3650);
  EXPECT_EQ(authority_->issue({request, "zurich-01", {"acme"}, ninety_days}, end - 24h)->identity.not_after, end);
  EXPECT_FALSE(authority_->issue({request, "zurich-01", {"acme"}, ninety_days}, end));
}

TEST_F(AuthorityTest, AServersCertificateIsForItsHostsAndNoSensor) {
  const Result<ServerCertificate> server = authority_->issue_server({{"dp1.example.net", "127.0.0.1", "::1"}, ninety_days}, noon);
  ASSERT_TRUE(server) << server.error().text();
  const CertificatePtr certificate = certificate_of(server->certificate_pem);
  EXPECT_EQ(verdict(certificate.get(), X509_PURPOSE_SSL_SERVER, noon), X509_V_OK);
  EXPECT_EQ(verdict(certificate.get(), X509_PURPOSE_SSL_CLIENT, noon), X509_V_ERR_INVALID_PURPOSE);
  EXPECT_EQ(X509_check_host(certificate.get(), "dp1.example.net", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(certificate.get(), "dp2.example.net", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "::1", 0), 1);
  EXPECT_EQ(read_identity(certificate.get()).error().code(), Code::absent);
  const Result<KeyPtr> key = key_of_pem(server->private_key_pem);
  ASSERT_TRUE(key);
  EXPECT_EQ(X509_check_private_key(certificate.get(), key->get()), 1);
  for (const std::string& host : {std::string{}, std::string{"*.example.net"}, std::string{"a,DNS:b"}, std::string(254, 'a')}) {
    EXPECT_EQ(authority_->issue_server({{host}, ninety_days}, noon).error().code(), Code::invalid) << host;
  }
}

TEST_F(AuthorityTest, IsTheSameWhenItIsLoaded) {
  ASSERT_TRUE(authority_->store(file_, sealing_key('k')));
  const Result<std::unique_ptr<Authority>> loaded = Authority::load(file_, sealing_key('k'), system_entropy());
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ((*loaded)->fingerprint(), authority_->fingerprint());
  EXPECT_EQ((*loaded)->fingerprint().size(), 64u);
  const Result<IssuedCertificate> issued = (*loaded)->issue({test::request(key_.get()), "zurich-01", {"acme"}, ninety_days}, noon);
  ASSERT_TRUE(issued);
  const CertificatePtr certificate = certificate_of(issued->certificate_pem);
  EXPECT_EQ(verdict(certificate.get(), X509_PURPOSE_SSL_CLIENT, noon), X509_V_OK);
}

TEST_F(AuthorityTest, P10ItsKeyIsSealedOnDisk) {
  ASSERT_TRUE(authority_->store(file_, sealing_key('k')));
  struct stat status{};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  std::ostringstream content;
  content << std::ifstream{file_}.rdbuf();
  EXPECT_EQ(content.str().find("PRIVATE KEY"), std::string::npos);
  const Result<std::unique_ptr<Authority>> loaded = Authority::load(file_, sealing_key('x'), system_entropy());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), Code::denied);
}

TEST_F(AuthorityTest, P10ItsFileServesAsAListOfTrustedCertificates) {
  ASSERT_TRUE(authority_->store(file_, sealing_key('k')));
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store{X509_STORE_new(), &X509_STORE_free};
  EXPECT_EQ(X509_STORE_load_file(store.get(), file_.c_str()), 1);
}

TEST_F(AuthorityTest, P10AKeyBesideAnotherCertificateDoesNotOpen) {
  ASSERT_TRUE(authority_->store(file_, sealing_key('k')));
  const Result<std::unique_ptr<Authority>> other = Authority::make(system_entropy(), noon);
  ASSERT_TRUE(other);
  std::ostringstream content;
  content << std::ifstream{file_}.rdbuf();
  const std::string mixed = (*other)->certificate_pem() + content.str().substr(content.str().find("-----BEGIN TIDEGATE"));
  std::ofstream{file_, std::ios::trunc} << mixed;
  EXPECT_EQ(Authority::load(file_, sealing_key('k'), system_entropy()).error().code(), Code::denied);
}

TEST_F(AuthorityTest, IsNeitherReplacedNorMadeAnewInSilence) {
  EXPECT_EQ(Authority::load(file_, sealing_key('k'), system_entropy()).error().code(), Code::absent);
  ASSERT_TRUE(authority_->store(file_, sealing_key('k')));
  EXPECT_EQ(authority_->store(file_, sealing_key('k')).error().code(), Code::invalid);
  std::ofstream{file_, std::ios::trunc} << authority_->certificate_pem();
  EXPECT_EQ(Authority::load(file_, sealing_key('k'), system_entropy()).error().code(), Code::corrupt);
}

}  // namespace
}  // namespace tidegate
