// A processor's side of enrolment, for tests: a TLS port with the chain of its authority, that takes a token and signs the
// request.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/file_content.h"
#include "tests/unit/transport/loopback.h"
#include "transport/query_string.h"

namespace tidegate::testkit {

inline constexpr const char* enrolment_token = "tge_0123456789abcdef";

class EnrolmentAuthority {
 public:
  using Answer = std::function<std::string(const QueryPairs&)>;  // the whole HTTP answer

  explicit EnrolmentAuthority(const std::filesystem::path& folder) : pki_(*TestPki::make(folder)) {}

  std::filesystem::path ca_file() const { return pki_.ca_file(); }
  std::filesystem::path dir() const { return pki_.dir(); }

  // The server's context: its certificate, and the root behind it.
  TlsContextPtr server(const IdentityOptions& options = {}) {
    const Identity issued = *pki_.issue("processor", options);
    const std::filesystem::path chain = dir() / "chain.pem";
    std::ofstream{chain} << content_of(issued.certificate_file) << content_of(ca_file());
    return *make_public_server_tls(chain, issued.private_key_file);
  }

  // The certificate of a request, PEM.
  std::string sign(const std::string& csr, std::chrono::seconds begin = -1h, std::chrono::seconds end = 24h) const {
    const std::string ca = content_of(ca_file());
    const std::string ca_key = content_of(dir() / "ca.key");
    const std::unique_ptr<X509_REQ, Free> request{PEM_read_bio_X509_REQ(reader(csr).get(), nullptr, nullptr, nullptr)};
    const std::unique_ptr<X509, Free> issuer{PEM_read_bio_X509(reader(ca).get(), nullptr, nullptr, nullptr)};
    const std::unique_ptr<EVP_PKEY, Free> key{PEM_read_bio_PrivateKey(reader(ca_key).get(), nullptr, nullptr, nullptr)};
    if (!request || !issuer || !key) return {};
    const std::unique_ptr<X509, Free> made{X509_new()};
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 4711);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), begin.count());
    X509_gmtime_adj(X509_getm_notAfter(made.get()), end.count());
    X509_set_subject_name(made.get(), X509_REQ_get_subject_name(request.get()));
    X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.get()));
    X509_set_pubkey(made.get(), X509_REQ_get0_pubkey(request.get()));
    X509_sign(made.get(), key.get(), EVP_sha256());
    const Bio out{BIO_new(BIO_s_mem())};
    PEM_write_bio_X509(out.get(), made.get());
    char* at = nullptr;
    const long length = BIO_get_mem_data(out.get(), &at);
    return {at, static_cast<std::size_t>(length)};
  }

  static std::string http(unsigned status, const std::string& body, const std::string& more = {}) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  }

  // Admits whoever comes with `token`.
  Answer admitting(const std::string& token) const {
    return [this, token](const QueryPairs& form) {
      if (form.count("token") == 0 || form.at("token") != token) return http(403, "refused: the token is unknown\n");
      return http(200, sign(form.at("csr")) + content_of(ca_file()), "Content-Type: application/x-pem-file\r\n");
    };
  }

  // What came is noted in `forms`.
  Peer::Script script(Answer answer) {
    return [this, answer = std::move(answer)](Channel& channel) -> asio::awaitable<void> {
      Bytes all;
      std::size_t body = 0;
      while (true) {
        const Bytes more = co_await channel.read();
        if (more.empty()) co_return;
        all += more;
        body = all.find("\r\n\r\n");
        if (body == Bytes::npos) continue;
        const std::size_t length = std::stoul(all.substr(all.find("Content-Length: ") + 16));
        if (all.size() >= body + 4 + length) break;
      }
      heads.push_back(all.substr(0, body));
      forms.push_back(*parse_query_string(all.substr(body + 4)));
      co_await channel.write(answer(forms.back()));
    };
  }

  std::vector<std::string> heads;
  std::vector<QueryPairs> forms;

 private:
  struct Free {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_REQ* request) const { X509_REQ_free(request); }
  };
  using Bio = std::unique_ptr<BIO, Free>;

  //   requires: the text outlives it
  static Bio reader(const std::string& text) { return Bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))}; }

  TestPki pki_;
};

}  // namespace tidegate::testkit
