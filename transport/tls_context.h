// TLS contexts: who we are and whom we trust. TLS 1.2 at least, certificates always verified, but for the one context that says so
// in its name, in both directions where ours are the servers (P10); there, only suites with forward secrecy and authenticated
// encryption. A context is made whole from its files or not at all, and never changes: a reload makes a new one.
//
// Thread: a context may be used by any once it is made. OpenSSL stays behind this header: `ssl_st` is OpenSSL's SSL.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

struct ssl_st;

namespace boost::asio::ssl {
class context;
}
namespace boost::system {
class error_code;
}

namespace tidegate {

// PEM files. A certificate file may hold the chain, leaf first.
struct TlsClientFiles {
  std::string ca_file{};           // empty: the system's roots
  std::string certificate_file{};  // empty: no client certificate
  std::string private_key_file{};
};

// A client certificate signed by ca_file is required of every client.
struct TlsServerFiles {
  std::string ca_file;
  std::string certificate_file;
  std::string private_key_file;
};

// The same as PEM texts, for what is kept sealed or made here. Several certificates may stand in ca_pem.
struct TlsClientPems {
  std::string ca_pem{};           // empty: the system's roots
  std::string certificate_pem{};  // empty: no client certificate
  Secret private_key_pem{};
};

struct TlsServerPems {
  std::string ca_pem;           // who signs clients
  std::string certificate_pem;  // the chain, leaf first
  Secret private_key_pem;
};

// What a server wants of its clients. One that is shown is verified either way, and refused where it is a stranger's.
enum class ClientCertificate : unsigned char { required, optional };

class TlsContext {
 public:
  explicit TlsContext(std::unique_ptr<boost::asio::ssl::context> context);
  ~TlsContext();

  boost::asio::ssl::context& native() const { return *context_; }

 private:
  std::unique_ptr<boost::asio::ssl::context> context_;
};

// Shared: every connection made from a context keeps it alive, while a reload replaces the owner's.
using TlsContextPtr = std::shared_ptr<TlsContext>;

// `invalid`, naming the file and what is wrong with it: missing, not readable, not PEM, a key that is not the
// certificate's, expired certificates are found by the peer only.
Result<TlsContextPtr> make_client_tls(const TlsClientFiles& files);
// Verifies nothing: whoever is on the way can pose as the server, and read and change everything. For a responder whose operator
// has asked for it in so many words (verify_certificate: false), and is warned of it wherever it shows; for nothing else.
TlsContextPtr make_unverified_client_tls();
Result<TlsContextPtr> make_server_tls(const TlsServerFiles& files);
// `invalid`, naming the text that is at fault, never its content.
Result<TlsContextPtr> make_client_tls_of(const TlsClientPems& pems);
Result<TlsContextPtr> make_server_tls(const TlsServerPems& pems, ClientCertificate client);
// A server without client certificates, for test doubles of public services.
Result<TlsContextPtr> make_public_server_tls(const std::string& certificate_file, const std::string& private_key_file);

// Before a client's handshake: the name to ask for and to verify. An address is verified as an address.
Result<void> expect_host(ssl_st* connection, const std::string& host);

// After a handshake, read or write that failed: `invalid` when a certificate was refused, by us or by the peer, with the reason in
// words; `unavailable` when the connection broke or the peer speaks no TLS.
// With TLS 1.3 a server refuses our certificate after our handshake is done: the first read says so. `peer` may be empty.
Error handshake_error(ssl_st* connection, const boost::system::error_code& code, std::string_view peer);

// After a handshake: the common name of the peer's verified certificate. Absent: no certificate, or none in it.
std::optional<std::string> peer_common_name(ssl_st* connection);
// The peer's certificate, DER. Empty: none, or not verified.
Bytes peer_certificate_der(ssl_st* connection);

}  // namespace tidegate
