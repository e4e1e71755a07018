#include "transport/tls_probe.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/ssl/verify_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ctime>

#include "transport/proxy_tunnel.h"

namespace tidegate {
namespace {

using asio::ip::tcp;

std::string printable_name(std::string_view text) {
  std::string out{text.substr(0, certificate_text_max)};
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return out;
}

std::string text_of(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory{BIO_new(BIO_s_mem()), &BIO_free};
  if (!memory || X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(memory.get(), &bytes);
  return length > 0 ? printable_name({bytes, static_cast<std::size_t>(length)}) : std::string{};
}

WallTime clamped_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  using namespace std::chrono;
  const sys_days day{year{parts.tm_year + 1900} / (parts.tm_mon + 1) / parts.tm_mday};
  const sys_seconds moment = day + hours{parts.tm_hour} + minutes{parts.tm_min} + seconds{parts.tm_sec};
  // "No expiry" is written as the year 9999, which nanoseconds do not reach.
  const auto least = ceil<seconds>(WallTime::min());
  const auto most = floor<seconds>(WallTime::max());
  return std::clamp<sys_seconds>(moment, least, most);
}

std::string address_text(const ASN1_OCTET_STRING* octets) {
  const unsigned char* bytes = ASN1_STRING_get0_data(octets);
  if (ASN1_STRING_length(octets) == 4) {
    asio::ip::address_v4::bytes_type four;
    std::copy_n(bytes, four.size(), four.begin());
    return asio::ip::address_v4{four}.to_string();
  }
  if (ASN1_STRING_length(octets) != 16) return {};
  asio::ip::address_v6::bytes_type sixteen;
  std::copy_n(bytes, sixteen.size(), sixteen.begin());
  return asio::ip::address_v6{sixteen}.to_string();
}

std::vector<std::string> names_of(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)), &GENERAL_NAMES_free};
  std::vector<std::string> names;
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()) && names.size() < certificate_names_max; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    std::string text;
    if (name->type == GEN_DNS) {
      const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
      text = printable_name({bytes, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))});
    } else if (name->type == GEN_IPADD) {
      text = address_text(name->d.iPAddress);
    }
    if (!text.empty()) names.push_back(std::move(text));
  }
  return names;
}

PeerCertificate peer_certificate_of(const X509* certificate) {
  return {.subject = text_of(X509_get_subject_name(certificate)),
          .issuer = text_of(X509_get_issuer_name(certificate)),
          .names = names_of(certificate),
          .not_before = clamped_time(X509_get0_notBefore(certificate)),
          .not_after = clamped_time(X509_get0_notAfter(certificate))};
}

ReachTrouble trouble_of_verdict(long verdict) {
  switch (verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return ReachTrouble::other_host;
    case X509_V_ERR_CERT_HAS_EXPIRED: return ReachTrouble::certificate_expired;
    case X509_V_ERR_CERT_NOT_YET_VALID: return ReachTrouble::certificate_not_yet;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return ReachTrouble::authority_unknown;
    default: return ReachTrouble::certificate_refused;
  }
}

ReachTrouble trouble_of(const Error& error) {
  switch (error.code()) {
    case Code::timeout: return ReachTrouble::silent;
    case Code::cancelled: return ReachTrouble::stopped;
    default: return ReachTrouble::broken;
  }
}

ReachTrouble trouble_of_handshake(long verdict, const boost::system::error_code& code, const Error& error) {
  if (verdict != X509_V_OK) return trouble_of_verdict(verdict);
  if (error.code() == Code::cancelled) return ReachTrouble::stopped;
  if (error.code() == Code::invalid) return ReachTrouble::certificate_refused;
  return code.category() == asio::error::get_ssl_category() ? ReachTrouble::no_tls : trouble_of(error);
}

Reached reached_not(ReachTrouble trouble, const Error& error) { return {trouble, error.text()}; }

}  // namespace

TlsProbe::TlsProbe(Url target, std::optional<Url> proxy, TlsContextPtr tls)
    : target_(std::move(target)), proxy_(std::move(proxy)), tls_(std::move(tls)) {}
TlsProbe::~TlsProbe() = default;

asio::awaitable<ResolvedName> TlsProbe::resolve() {
  const Url& first = proxy_ ? *proxy_ : target_;
  ResolvedName resolved;
  resolved.host = first.host;
  Result<TcpEndpoints> found = co_await look_up(first.host, first.port);
  if (!found) {
    const bool stopped = found.error().code() == Code::cancelled;
    static_cast<Reached&>(resolved) = reached_not(stopped ? ReachTrouble::stopped : ReachTrouble::name_unknown, found.error());
    co_return resolved;
  }
  endpoints_ = *std::move(found);
  for (const tcp::endpoint& endpoint : endpoints_) {
    std::string address = endpoint.address().to_string();
    const auto& known = resolved.addresses;
    if (std::find(known.begin(), known.end(), address) == known.end()) resolved.addresses.push_back(std::move(address));
  }
  co_return resolved;
}

asio::awaitable<ConnectedTcp> TlsProbe::connect() {
  ConnectedTcp connected;
  const Url& first = proxy_ ? *proxy_ : target_;
  TcpAttempt attempt = co_await connect_any(endpoints_, first.authority());
  if (attempt.endpoint.port() != 0) connected.endpoint = endpoint_text(attempt.endpoint);
  if (!attempt.stream) {
    const Error& error = attempt.stream.error();
    static_cast<Reached&>(connected) = reached_not(attempt.refused ? ReachTrouble::refused : trouble_of(error), error);
    co_return connected;
  }
  stream_ = *std::move(attempt.stream);
  if (!proxy_) co_return connected;

  const Result<unsigned> status = co_await ask_for_tunnel(*stream_, target_, *proxy_, HttpLimits{});
  if (!status) {
    const bool stopped = status.error().code() == Code::cancelled;
    static_cast<Reached&>(connected) = reached_not(stopped ? ReachTrouble::stopped : ReachTrouble::proxy_fails, status.error());
  } else {
    connected.proxy_status = *status;
    if (const Result<void> open = tunnel_result(*status, target_, *proxy_); !open) {
      const ReachTrouble trouble = *status == 407   ? ReachTrouble::proxy_credentials
                                   : *status == 403 ? ReachTrouble::proxy_forbids
                                                    : ReachTrouble::proxy_fails;
      static_cast<Reached&>(connected) = reached_not(trouble, open.error());
    }
  }
  if (connected.trouble != ReachTrouble::none) stream_.reset();
  co_return connected;
}

asio::awaitable<SecuredTls> TlsProbe::secure() {
  SecuredTls secured;
  if (!stream_ || !tls_) {
    static_cast<Reached&>(secured) = {ReachTrouble::broken, target_.host + ": no connection to secure"};
    co_return secured;
  }
  asio::ssl::stream<tcp::socket> stream{stream_->release(), tls_->native()};
  stream_.reset();
  if (const Result<void> expected = expect_host(stream.native_handle(), target_.host); !expected) {
    static_cast<Reached&>(secured) = reached_not(ReachTrouble::other_host, expected.error());
    co_return secured;
  }
  // OpenSSL forgets a certificate that it refused: it is read while it is judged. The judgement itself stays OpenSSL's.
  boost::system::error_code ignored;
  stream.set_verify_callback(
      [&secured](bool accepted, asio::ssl::verify_context& context) {
        const X509* leaf = X509_STORE_CTX_get0_cert(context.native_handle());
        if (leaf != nullptr && !secured.certificate) secured.certificate = peer_certificate_of(leaf);
        return accepted;
      },
      ignored);
  const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::client, asio::as_tuple(asio::use_awaitable));
  if (error) {
    const Error why = handshake_error(stream.native_handle(), error, target_.host);
    const ReachTrouble trouble = trouble_of_handshake(SSL_get_verify_result(stream.native_handle()), error, why);
    static_cast<Reached&>(secured) = reached_not(trouble, why);
    co_return secured;
  }
  secured.protocol = SSL_get_version(stream.native_handle());
  co_return secured;
}

}  // namespace tidegate
