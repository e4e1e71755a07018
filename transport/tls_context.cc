#include "transport/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/check.h"
#include "transport/net_error.h"

namespace tidegate {
namespace ssl = boost::asio::ssl;
using boost::system::error_code;

namespace {

Error wrong(std::string_view what, const std::string& file, std::string_view why) {
  return Error{Code::invalid, std::string{what}.append(" ").append(file).append(": ").append(why)};
}

// OpenSSL says "no start line" where a file is missing: look first.
Result<void> look_at(std::string_view what, const std::string& file) {
  std::FILE* opened = std::fopen(file.c_str(), "rb");
  if (opened == nullptr) return wrong(what, file, std::string{"cannot be read: "} + std::strerror(errno));
  char byte = 0;
  const bool readable = std::fread(&byte, 1, 1, opened) == 1;
  std::fclose(opened);
  if (!readable) return wrong(what, file, "is empty or no file");
  return {};
}

std::unique_ptr<ssl::context> fresh_context(ssl::context::method method) {
  auto context = std::make_unique<ssl::context>(method);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Without this OpenSSL asks the terminal for the passphrase of an encrypted key.
  SSL_CTX_set_default_passwd_cb(native, [](char*, int, int, void*) { return -1; });
  return context;
}

Result<void> trust(ssl::context& context, const std::string& ca_file) {
  if (auto seen = look_at("CA file", ca_file); !seen) return seen;
  error_code failed;
  context.load_verify_file(ca_file, failed);
  if (failed) return wrong("CA file", ca_file, "holds no PEM certificate");
  return {};
}

Result<void> identify(ssl::context& context, const std::string& certificate_file, const std::string& private_key_file) {
  if (auto seen = look_at("certificate file", certificate_file); !seen) return seen;
  error_code failed;
  context.use_certificate_chain_file(certificate_file, failed);
  if (failed) return wrong("certificate file", certificate_file, "holds no PEM certificate");
  if (auto seen = look_at("private key file", private_key_file); !seen) return seen;
  ERR_clear_error();
  context.use_private_key_file(private_key_file, ssl::context::pem, failed);
  if (!failed) return {};
  if (ERR_GET_REASON(static_cast<unsigned long>(failed.value())) == X509_R_KEY_VALUES_MISMATCH)
    return wrong("private key file", private_key_file, "is not the key of " + certificate_file);
  return wrong("private key file", private_key_file, "holds no PEM key without a passphrase");
}

boost::asio::const_buffer bytes_of(std::string_view pem) { return {pem.data(), pem.size()}; }

Error wrong_pem(std::string_view what, std::string_view why) {
  return Error{Code::invalid, std::string{what}.append(": ").append(why)};
}

Result<void> trust_pem(ssl::context& context, std::string_view ca_pem) {
  error_code failed;
  context.add_certificate_authority(bytes_of(ca_pem), failed);
  if (failed || sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(context.native_handle()))) == 0)
    return wrong_pem("trusted certificates", "no PEM certificate");
  return {};
}

Result<void> identify_pem(ssl::context& context, std::string_view certificate_pem, const Secret& private_key_pem) {
  error_code failed;
  context.use_certificate_chain(bytes_of(certificate_pem), failed);
  if (failed) return wrong_pem("certificate", "no PEM certificate");
  ERR_clear_error();
  context.use_private_key(bytes_of(private_key_pem.reveal()), ssl::context::pem, failed);
  if (!failed) return {};
  if (ERR_GET_REASON(static_cast<unsigned long>(failed.value())) == X509_R_KEY_VALUES_MISMATCH)
    return wrong_pem("private key", "is not the certificate's");
  return wrong_pem("private key", "no PEM key without a passphrase");
}

Result<void> trust_system(ssl::context& context) {
  error_code failed;
  context.set_default_verify_paths(failed);
  if (failed) return Error{Code::invalid, "the system's certificate authorities cannot be read: " + failed.message()};
  return {};
}

// The names that a client chooses its certificate by.
void name_trusted(SSL_CTX* context) {
  const STACK_OF(X509_OBJECT)* objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(context));
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
    if (X509* trusted = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i))) SSL_CTX_add_client_CA(context, trusted);
  }
}

std::string in_words(long verdict) {
  switch (verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH: return "it is for another host name";
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return "it is for another address";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return std::string{"it is signed by an authority that is not trusted here ("} + X509_verify_cert_error_string(verdict) + ")";
    case X509_V_ERR_CERT_HAS_EXPIRED: return "it has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID: return "it is not valid yet: compare the clocks";
    default: return X509_verify_cert_error_string(verdict);
  }
}

bool about_certificates(int alert) {
  switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case TLS13_AD_CERTIFICATE_REQUIRED: return true;
    default: return false;
  }
}

// What TLS 1.2 may use where ours are the servers: authenticated encryption with forward secrecy. TLS 1.3 has nothing else.
constexpr const char* server_suites = "ECDHE+AESGCM:ECDHE+CHACHA20";

std::unique_ptr<ssl::context> fresh_server_context() {
  auto context = fresh_context(ssl::context::tls_server);
  const bool known = SSL_CTX_set_cipher_list(context->native_handle(), server_suites) == 1;
  TG_ASSERT(known, "the suites of a server are known to OpenSSL");
  // No session is resumed: who is refused from now on must not come in on what was verified yesterday. And a ticket that
  // the client never reads would turn its close into a reset.
  SSL_CTX_set_session_cache_mode(context->native_handle(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context->native_handle(), 0);
  return context;
}

Result<std::unique_ptr<ssl::context>> server_context(const std::string& certificate_file, const std::string& private_key_file) {
  auto context = fresh_server_context();
  if (auto done = identify(*context, certificate_file, private_key_file); !done) return std::move(done).error();
  return context;
}

}  // namespace

TlsContext::TlsContext(std::unique_ptr<ssl::context> context) : context_(std::move(context)) {}
TlsContext::~TlsContext() = default;

Result<TlsContextPtr> make_client_tls(const TlsClientFiles& files) {
  auto context = fresh_context(ssl::context::tls_client);
  if (!files.ca_file.empty()) {
    if (auto done = trust(*context, files.ca_file); !done) return std::move(done).error();
  } else if (auto done = trust_system(*context); !done) {
    return std::move(done).error();
  }
  if (!files.certificate_file.empty()) {
    if (auto done = identify(*context, files.certificate_file, files.private_key_file); !done) return std::move(done).error();
  }
  SSL_CTX_set_verify(context->native_handle(), SSL_VERIFY_PEER, nullptr);
  return std::make_shared<TlsContext>(std::move(context));
}

TlsContextPtr make_unverified_client_tls() {
  auto context = fresh_context(ssl::context::tls_client);
  SSL_CTX_set_verify(context->native_handle(), SSL_VERIFY_NONE, nullptr);
  return std::make_shared<TlsContext>(std::move(context));
}

Result<TlsContextPtr> make_server_tls(const TlsServerFiles& files) {
  auto context = server_context(files.certificate_file, files.private_key_file);
  if (!context) return std::move(context).error();
  if (auto done = trust(**context, files.ca_file); !done) return std::move(done).error();
  SSL_CTX* native = (*context)->native_handle();
  SSL_CTX_set_client_CA_list(native, SSL_load_client_CA_file(files.ca_file.c_str()));
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return std::make_shared<TlsContext>(std::move(*context));
}

Result<TlsContextPtr> make_client_tls_of(const TlsClientPems& pems) {
  auto context = fresh_context(ssl::context::tls_client);
  auto trusted = pems.ca_pem.empty() ? trust_system(*context) : trust_pem(*context, pems.ca_pem);
  if (!trusted) return std::move(trusted).error();
  if (!pems.certificate_pem.empty()) {
    if (auto done = identify_pem(*context, pems.certificate_pem, pems.private_key_pem); !done) return std::move(done).error();
  }
  SSL_CTX_set_verify(context->native_handle(), SSL_VERIFY_PEER, nullptr);
  return std::make_shared<TlsContext>(std::move(context));
}

Result<TlsContextPtr> make_server_tls(const TlsServerPems& pems, ClientCertificate client) {
  auto context = fresh_server_context();
  if (auto done = identify_pem(*context, pems.certificate_pem, pems.private_key_pem); !done) return std::move(done).error();
  if (auto done = trust_pem(*context, pems.ca_pem); !done) return std::move(done).error();
  SSL_CTX* native = context->native_handle();
  name_trusted(native);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER | (client == ClientCertificate::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
  return std::make_shared<TlsContext>(std::move(context));
}

Result<TlsContextPtr> make_public_server_tls(const std::string& certificate_file, const std::string& private_key_file) {
  auto context = server_context(certificate_file, private_key_file);
  if (!context) return std::move(context).error();
  return std::make_shared<TlsContext>(std::move(*context));
}

Result<void> expect_host(SSL* connection, const std::string& host) {
  error_code not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  bool set = false;
  if (!not_an_address) {
    set = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str()) == 1;
  } else {
    SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    set = SSL_set1_host(connection, host.c_str()) == 1 && SSL_set_tlsext_host_name(connection, host.c_str()) == 1;
  }
  if (!set) return Error{Code::invalid, host + ": not a name that a certificate can be verified for"};
  return {};
}

Error handshake_error(SSL* connection, const error_code& code, std::string_view peer) {
  if (code.category() != boost::asio::error::get_ssl_category()) return network_error(code, peer);
  const auto because = [&](Code kind, std::string why) {
    Error reason{kind, std::move(why)};
    return peer.empty() ? std::move(reason) : std::move(reason).in(peer);
  };
  const bool verified = SSL_get_verify_mode(connection) != SSL_VERIFY_NONE;  // where nothing is, the verdict ends nothing
  if (const long verdict = SSL_get_verify_result(connection); verified && verdict != X509_V_OK)
    return because(Code::invalid, "its certificate is refused: " + in_words(verdict));
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(code.value()));
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return because(Code::invalid, "it shows no certificate");
  if (reason < SSL_AD_REASON_OFFSET) return because(Code::unavailable, "no TLS connection: " + code.message());
  const int alert = reason - SSL_AD_REASON_OFFSET;
  if (about_certificates(alert))
    return because(Code::invalid, std::string{"it refuses our certificate: "} + SSL_alert_desc_string_long(alert));
  return because(Code::unavailable, std::string{"TLS alert: "} + SSL_alert_desc_string_long(alert));
}

std::optional<std::string> peer_common_name(SSL* connection) {
  const X509* certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr || SSL_get_verify_result(connection) != X509_V_OK) return std::nullopt;
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return std::nullopt;
  unsigned char* text = nullptr;
  const int bytes = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (bytes < 0) return std::nullopt;
  std::string name{reinterpret_cast<const char*>(text), static_cast<std::size_t>(bytes)};
  OPENSSL_free(text);
  // A name with a zero byte would read as another one to whoever takes it for C text.
  if (name.empty() || name.find('\0') != std::string::npos) return std::nullopt;
  return name;
}

Bytes peer_certificate_der(SSL* connection) {
  const X509* certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr || SSL_get_verify_result(connection) != X509_V_OK) return {};
  unsigned char* der = nullptr;
  const int bytes = i2d_X509(certificate, &der);
  if (bytes <= 0) return {};
  Bytes copy{reinterpret_cast<const char*>(der), static_cast<std::size_t>(bytes)};
  OPENSSL_free(der);
  return copy;
}

}  // namespace tidegate
