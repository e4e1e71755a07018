// TlsProbe: the way to an HTTPS server, step by step, for those who want to know where it ends: the name, TCP (through the
// proxy if there is one), TLS with what the server's certificate says of itself, verified or not. It verifies exactly as
// every other connection does, sends no request and keeps nothing.
//
// Thread: the loop. Steps in this order, each once, each after the one before it went well; a later one asked for too early
// answers `broken`. No step has a deadline of its own: the caller gives one and cancels.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "transport/byte_stream.h"
#include "transport/tls_context.h"
#include "transport/url.h"

namespace tidegate {

// Where the way ends. Told apart because each has a remedy of its own.
enum class ReachTrouble : unsigned char {
  none,
  name_unknown,       // the name does not resolve
  refused,            // nobody listens there
  silent,             // no answer in time
  broken,             // unreachable, reset, closed
  proxy_credentials,  // 407
  proxy_forbids,      // 403
  proxy_fails,        // any other answer of the proxy, or none that is HTTP
  no_tls,             // the server does not speak TLS, or no version that is ours
  authority_unknown,  // its certificate is signed by somebody who is not trusted here
  certificate_expired,
  certificate_not_yet,  // valid later
  other_host,           // for another name or address
  certificate_refused,  // for any other reason
  stopped,              // the caller was cancelled
};

struct Reached {
  ReachTrouble trouble = ReachTrouble::none;
  std::string words;  // of the trouble, as Error texts are; empty when all is well
};

struct ResolvedName : Reached {
  std::string host;  // the proxy's where there is one: it resolves the server's name itself
  std::vector<std::string> addresses;
};

struct ConnectedTcp : Reached {
  std::string endpoint;                  // "192.0.2.7:443" that was reached, or tried last
  std::optional<unsigned> proxy_status;  // of its answer to CONNECT
};

// Names are printable, control characters escaped, and bounded.
struct PeerCertificate {
  std::string subject;
  std::string issuer;
  std::vector<std::string> names;  // DNS names and addresses that it is for; at most certificate_names_max
  WallTime not_before{};
  WallTime not_after{};
};

inline constexpr std::size_t certificate_names_max = 16;
inline constexpr std::size_t certificate_text_max = 256;

struct SecuredTls : Reached {
  std::string protocol;                        // "TLSv1.3"; empty before the handshake is done
  std::optional<PeerCertificate> certificate;  // as shown, whether it was accepted or not
};

class TlsProbe {
 public:
  //   requires: a client's context where the target is https
  TlsProbe(Url target, std::optional<Url> proxy, TlsContextPtr tls);
  ~TlsProbe();
  TlsProbe(const TlsProbe&) = delete;
  TlsProbe& operator=(const TlsProbe&) = delete;

  asio::awaitable<ResolvedName> resolve();
  asio::awaitable<ConnectedTcp> connect();
  asio::awaitable<SecuredTls> secure();

 private:
  Url target_;
  std::optional<Url> proxy_;
  TlsContextPtr tls_;
  TcpEndpoints endpoints_;
  std::unique_ptr<TcpStream> stream_;
};

}  // namespace tidegate
