#include "transport/shown_chain.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "transport/byte_stream.h"
#include "transport/certificate_request.h"
#include "transport/deadline.h"
#include "transport/tls_context.h"

namespace tidegate {
namespace {

using Chain = std::vector<std::string>;

Result<Chain> chain_of(SSL* connection) {
  STACK_OF(X509)* shown = SSL_get_peer_cert_chain(connection);
  Chain chain;
  std::size_t bytes = 0;
  for (int i = 0; i < sk_X509_num(shown) && chain.size() < identity_certificates_max; ++i) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory{BIO_new(BIO_s_mem()), &BIO_free};
    char* at = nullptr;
    if (!memory || PEM_write_bio_X509(memory.get(), sk_X509_value(shown, i)) != 1) continue;
    const long length = BIO_get_mem_data(memory.get(), &at);
    bytes += static_cast<std::size_t>(length);
    if (bytes > identity_pem_bytes_max) break;
    chain.emplace_back(at, static_cast<std::size_t>(length));
  }
  if (chain.empty()) return Error{Code::unavailable, "the server shows no certificate"};
  return chain;
}

asio::awaitable<Result<Chain>> look(Url server) {
  Result<std::unique_ptr<TcpStream>> plain = co_await connect_tcp(server.host, server.port);
  if (!plain) co_return std::move(plain).error();
  asio::ssl::context context{asio::ssl::context::tls_client};
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.native_handle(), SSL_VERIFY_NONE, nullptr);  // see the header
  asio::ssl::stream<asio::ip::tcp::socket> stream{(*plain)->release(), context};
  // The server may have a certificate for each name.
  if (Result<void> named = expect_host(stream.native_handle(), server.host); !named) co_return std::move(named).error();
  const auto [failed] = co_await stream.async_handshake(asio::ssl::stream_base::client, asio::as_tuple(asio::use_awaitable));
  // The verdict is not asked for, and would be the reason of any failure.
  SSL_set_verify_result(stream.native_handle(), X509_V_OK);
  if (failed) co_return handshake_error(stream.native_handle(), failed, server.authority());
  co_return chain_of(stream.native_handle());
}

}  // namespace

asio::awaitable<Result<Chain>> shown_chain(Url server, std::chrono::nanoseconds deadline) {
  std::string what = server.authority();
  co_return co_await with_deadline(look(std::move(server)), deadline, std::move(what));
}

}  // namespace tidegate
