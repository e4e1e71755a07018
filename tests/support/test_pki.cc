#include "tests/support/test_pki.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace tidegate {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Extension = std::unique_ptr<X509_EXTENSION, Free>;

// The one function that turns OpenSSL's errors into ours.
Error openssl_error(const std::string& what) {
  char text[256] = "no reason given";
  if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return Error{Code::invalid, what + ": " + text};
}

struct SubjectAndIssuer {
  const std::string& subject;
  X509* issuer;  // null: signs itself
};

Result<Certificate> unsigned_certificate(const SubjectAndIssuer& names, EVP_PKEY* key, long serial,
                                         const IdentityOptions& options) {
  Certificate certificate{X509_new()};
  X509_NAME* subject = certificate ? X509_get_subject_name(certificate.get()) : nullptr;
  const auto* text = reinterpret_cast<const unsigned char*>(names.subject.c_str());
  const bool ok = subject != nullptr && X509_set_version(certificate.get(), 2) == 1 &&
                  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial) == 1 &&
                  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), options.not_before.count()) != nullptr &&
                  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), options.not_after.count()) != nullptr &&
                  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
                  X509_set_issuer_name(certificate.get(), names.issuer ? X509_get_subject_name(names.issuer) : subject) == 1 &&
                  X509_set_pubkey(certificate.get(), key) == 1;
  if (!ok) return openssl_error("certificate of " + names.subject);
  return certificate;
}

Result<void> add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) return openssl_error("certificate extension " + value);
  return {};
}

Result<void> write_private(const std::filesystem::path& path, EVP_PKEY* key) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);  // so that the mode is ours even where an older file stood
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  FILE* file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "w");
  if (file == nullptr) return Error{Code::invalid, path.string() + ": cannot be written"};
  const bool ok = PEM_write_PKCS8PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
  if (std::fclose(file) != 0 || !ok) return openssl_error(path.string());
  return {};
}

Result<void> write_certificate(const std::filesystem::path& path, X509* certificate) {
  FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return Error{Code::invalid, path.string() + ": cannot be written"};
  const bool ok = PEM_write_X509(file, certificate) == 1;
  if (std::fclose(file) != 0 || !ok) return openssl_error(path.string());
  return {};
}

std::string file_name_of(std::string common_name) {
  for (char& c : common_name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (!plain) c = '_';
  }
  return common_name;
}

std::string list_of(std::initializer_list<std::pair<const char*, const std::vector<std::string>*>> parts) {
  std::string list;
  for (const auto& [kind, values] : parts) {
    for (const std::string& value : *values) list.append(list.empty() ? "" : ",").append(kind).append(value);
  }
  return list;
}

}  // namespace

struct TestPki::Authority {
  Key key;
  Certificate certificate;
};

TestPki::TestPki(std::filesystem::path dir, std::unique_ptr<Authority> authority)
    : dir_(std::move(dir)), authority_(std::move(authority)) {}
TestPki::TestPki(TestPki&&) noexcept = default;
TestPki& TestPki::operator=(TestPki&&) noexcept = default;
TestPki::~TestPki() = default;

Result<TestPki> TestPki::make(std::filesystem::path dir, const std::string& name) {
  std::error_code failure;
  std::filesystem::create_directories(dir, failure);
  if (failure) return Error{Code::invalid, dir.string() + ": " + failure.message()};

  auto authority = std::make_unique<Authority>();
  authority->key.reset(EVP_EC_gen("P-256"));
  if (!authority->key) return openssl_error("key of " + name);
  IdentityOptions life;
  life.not_after = std::chrono::hours{24 * 30};
  Result<Certificate> made = unsigned_certificate({name, nullptr}, authority->key.get(), 1, life);
  if (!made) return std::move(made).error();
  authority->certificate = std::move(*made);
  X509* certificate = authority->certificate.get();
  for (const auto& [nid, value] : {std::pair{NID_basic_constraints, "critical,CA:TRUE"},
                                   {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                   {NID_subject_key_identifier, "hash"}}) {
    if (Result<void> added = add_extension(certificate, certificate, nid, value); !added) return std::move(added).error();
  }
  if (X509_sign(certificate, authority->key.get(), EVP_sha256()) == 0) return openssl_error("certificate of " + name);
  TestPki pki{std::move(dir), std::move(authority)};
  if (Result<void> written = write_certificate(pki.ca_file(), certificate); !written) return std::move(written).error();
  if (Result<void> written = write_private(pki.dir_ / "ca.key", pki.authority_->key.get()); !written)
    return std::move(written).error();
  return pki;
}

Result<Identity> TestPki::issue(const std::string& common_name, const IdentityOptions& options) {
  const Key key{EVP_EC_gen("P-256")};
  if (!key) return openssl_error("key of " + common_name);
  X509* issuer = authority_->certificate.get();
  Result<Certificate> made = unsigned_certificate({common_name, issuer}, key.get(), ++serial_, options);
  if (!made) return std::move(made).error();
  X509* certificate = made->get();

  const std::string names = list_of({{"DNS:", &options.dns_names}, {"IP:", &options.addresses}});
  const std::string usage = std::string{options.server ? "serverAuth" : ""} + (options.server && options.client ? "," : "") +
                            (options.client ? "clientAuth" : "");
  for (const auto& [nid, value] : {std::pair{NID_basic_constraints, std::string{"critical,CA:FALSE"}},
                                   {NID_key_usage, "critical,digitalSignature"},
                                   {NID_ext_key_usage, usage},
                                   {NID_subject_alt_name, names},
                                   {NID_authority_key_identifier, "keyid"}}) {
    if (value.empty()) continue;
    if (Result<void> added = add_extension(certificate, issuer, nid, value); !added) return std::move(added).error();
  }
  if (X509_sign(certificate, authority_->key.get(), EVP_sha256()) == 0) return openssl_error("certificate of " + common_name);

  const std::string name = file_name_of(common_name);
  Identity identity{dir_ / (name + ".pem"), dir_ / (name + ".key")};
  if (Result<void> written = write_certificate(identity.certificate_file, certificate); !written) return std::move(written).error();
  if (Result<void> written = write_private(identity.private_key_file, key.get()); !written) return std::move(written).error();
  return identity;
}

}  // namespace tidegate
