#include "tests/support/vision_one_server.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include "base/check.h"

namespace tidegate {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto returning = asio::as_tuple(asio::use_awaitable);
constexpr auto idle_max = std::chrono::minutes{2};
constexpr auto handshake_max = std::chrono::seconds{30};
constexpr std::size_t header_bytes_max = 64u << 10;
constexpr std::size_t body_bytes_max = 2u << 20;  // above the API's own limit, which it answers with 413
constexpr std::size_t read_bytes = 16u << 10;
constexpr std::size_t filler_piece = 256u << 10;
constexpr std::size_t connections_max = 1024;

using Plain = beast::tcp_stream;
using Secure = beast::ssl_stream<beast::tcp_stream>;

SimRequest request_from(http::request<http::string_body>&& message, bool secure) {
  SimRequest request;
  request.method = std::string{message.method_string()};
  request.target = std::string{message.target()};
  for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
  request.body = std::move(message.body());
  request.secure = secure;
  return request;
}

std::string head_of(const SimResponse& response, bool keep_alive) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head.append(http::obsolete_reason(static_cast<http::status>(response.status))).append("\r\n");
  for (const auto& [name, value] : response.headers) head.append(name).append(": ").append(value).append("\r\n");
  if (response.delivery == Delivery::unannounced) head.append("Transfer-Encoding: chunked\r\n");
  else head.append("Content-Length: ").append(std::to_string(response.body.size() + response.filler_bytes)).append("\r\n");
  return head.append(keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
}

// The length that stands before a chunk.
std::string chunk_head(std::size_t bytes) {
  char text[24];
  const int length = std::snprintf(text, sizeof text, "%zx\r\n", bytes);
  return {text, static_cast<std::size_t>(length)};
}

// Named parameters, no list: an initializer list does not survive a suspension with g++ 12.
template <class Stream>
asio::awaitable<error_code> write_all(Stream& stream, std::string_view first, std::string_view second = {},
                                      std::string_view third = {}) {
  const std::array<asio::const_buffer, 3> buffers{asio::buffer(first), asio::buffer(second), asio::buffer(third)};
  beast::get_lowest_layer(stream).expires_after(idle_max);
  auto [error, written] = co_await asio::async_write(stream, buffers, returning);
  co_return error;
}

template <class Stream>
asio::awaitable<error_code> write_filler(Stream& stream, std::uint64_t bytes, bool chunked) {
  const std::string spaces(filler_piece, ' ');
  while (bytes > 0) {
    const auto piece = std::string_view{spaces}.substr(0, std::min<std::uint64_t>(bytes, filler_piece));
    const std::string length = chunked ? chunk_head(piece.size()) : std::string{};
    const std::string_view end = chunked ? "\r\n" : "";
    if (const error_code error = co_await write_all(stream, length, piece, end)) co_return error;
    bytes -= piece.size();
  }
  co_return error_code{};
}

// True: the connection can serve another request.
template <class Stream>
asio::awaitable<bool> write_response(Stream& stream, const SimResponse& response, bool keep_alive) {
  const std::string head = head_of(response, keep_alive);
  const std::string_view body = response.body;
  if (response.delivery == Delivery::cut_off) {
    (void)co_await write_all(stream, head, body.substr(0, body.size() / 2));
    co_return false;
  }
  const bool chunked = response.delivery == Delivery::unannounced;
  error_code error;
  if (chunked) {
    const std::string length = head + chunk_head(body.size());
    error = co_await write_all(stream, length, body, "\r\n");
  } else {
    error = co_await write_all(stream, head, body);
  }
  if (!error && response.filler_bytes > 0) error = co_await write_filler(stream, response.filler_bytes, chunked);
  if (!error && chunked) error = co_await write_all(stream, "0\r\n\r\n");
  co_return !error && keep_alive;
}

}  // namespace

struct VisionOneServer::Shared {
  Shared(asio::any_io_executor loop, VisionOneSim& simulator, const Clock& time, VisionOneServerOptions given)
      : executor(std::move(loop)), sim(simulator), clock(time), options(std::move(given)), acceptor(executor) {}

  asio::any_io_executor executor;
  VisionOneSim& sim;
  const Clock& clock;
  VisionOneServerOptions options;
  std::optional<asio::ssl::context> tls;
  tcp::acceptor acceptor;
  std::uint16_t port = 0;
  std::mutex sim_mutex;
  std::list<Plain*> open;  // every connection's lowest layer, to be closed by stop()
  bool stopped = false;

  // A connection is in `open` as long as its coroutine's frame lives, however it ends.
  struct Registered {
    Registered(Shared& owner, Plain& stream) : shared(owner), place(owner.open.insert(owner.open.end(), &stream)) {}
    ~Registered() { shared.open.erase(place); }
    Registered(const Registered&) = delete;
    Registered& operator=(const Registered&) = delete;

    Shared& shared;
    std::list<Plain*>::iterator place;
  };

  Result<void> listen();
  void stop();
  SimResponse handle(const SimRequest& request) {
    const std::lock_guard lock{sim_mutex};
    return sim.handle(request, clock.wall());
  }

  static asio::awaitable<void> accept(std::shared_ptr<Shared> self);
  static asio::awaitable<void> serve(std::shared_ptr<Shared> self, tcp::socket socket);
  template <class Stream>
  asio::awaitable<void> converse(Stream& stream, bool secure);
};

Result<void> VisionOneServer::Shared::listen() {
  error_code error;
  const auto fail = [&error](Code code, const std::string& what) { return Error{code, what + ": " + error.message()}; };
  if (!options.certificate_file.empty()) {
    tls.emplace(asio::ssl::context::tls_server);
    tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1,
                     error);
    if (!error) tls->use_certificate_chain_file(options.certificate_file, error);
    if (error) return fail(Code::invalid, "certificate " + options.certificate_file);
    tls->use_private_key_file(options.private_key_file, asio::ssl::context::pem, error);
    if (error) return fail(Code::invalid, "private key " + options.private_key_file);
  }
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return fail(Code::invalid, "address '" + options.address + "'");
  const tcp::endpoint endpoint{address, options.port};
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(Code::unavailable, "listening on " + options.address + ":" + std::to_string(options.port));
  port = acceptor.local_endpoint(error).port();
  return {};
}

void VisionOneServer::Shared::stop() {
  stopped = true;
  error_code ignored;  // closing what is closed already is no harm
  acceptor.close(ignored);
  for (Plain* connection : open) connection->close();
}

asio::awaitable<void> VisionOneServer::Shared::accept(std::shared_ptr<Shared> self) {
  while (!self->stopped) {
    auto [error, socket] = co_await self->acceptor.async_accept(returning);
    if (self->stopped || error == asio::error::operation_aborted) co_return;
    if (error || self->open.size() >= connections_max) continue;
    error_code ignored;  // a peer that is gone already is found by the first read
    socket.set_option(tcp::no_delay(true), ignored);
    asio::co_spawn(self->executor, serve(self, std::move(socket)), [self](std::exception_ptr) {});
  }
}

asio::awaitable<void> VisionOneServer::Shared::serve(std::shared_ptr<Shared> self, tcp::socket socket) {
  if (self->stopped) co_return;
  if (!self->tls) {
    Plain stream{std::move(socket)};
    const Registered registered{*self, stream};
    co_await self->converse(stream, false);
    co_return;
  }
  Secure stream{std::move(socket), *self->tls};
  const Registered registered{*self, beast::get_lowest_layer(stream)};
  beast::get_lowest_layer(stream).expires_after(handshake_max);
  auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, returning);
  if (!error) co_await self->converse(stream, true);
}

template <class Stream>
asio::awaitable<void> VisionOneServer::Shared::converse(Stream& stream, bool secure) {
  beast::flat_buffer buffer;
  buffer.reserve(read_bytes);
  for (bool more = true; more && !stopped;) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(header_bytes_max);
    parser.body_limit(body_bytes_max);
    beast::get_lowest_layer(stream).expires_after(idle_max);
    auto [error, read] = co_await http::async_read(stream, buffer, parser, returning);
    if (error) co_return;
    const bool keep_alive = parser.get().keep_alive();
    const SimRequest request = request_from(parser.release(), secure);
    if (options.heard) options.heard(request);
    const SimResponse response = handle(request);
    more = co_await write_response(stream, response, keep_alive);
  }
}

VisionOneServer::VisionOneServer(asio::any_io_executor executor, VisionOneSim& sim, const Clock& clock,
                                 VisionOneServerOptions options)
    : shared_(std::make_shared<Shared>(std::move(executor), sim, clock, std::move(options))) {}

VisionOneServer::~VisionOneServer() { stop(); }

Result<void> VisionOneServer::start() {
  if (auto listening = shared_->listen(); !listening) return listening;
  asio::co_spawn(shared_->executor, Shared::accept(shared_), [self = shared_](std::exception_ptr) {});
  return {};
}

void VisionOneServer::stop() { shared_->stop(); }

std::uint16_t VisionOneServer::port() const { return shared_->port; }

std::string VisionOneServer::base_url() const {
  return (shared_->tls ? "https://" : "http://") + shared_->options.address + ":" + std::to_string(shared_->port);
}

void VisionOneServer::with(const std::function<void(VisionOneSim&)>& use) {
  const std::lock_guard lock{shared_->sim_mutex};
  use(shared_->sim);
}

struct VisionOneServerThread::Loop {
  Loop(VisionOneSim& sim, const Clock& clock, VisionOneServerOptions options)
      : server(context.get_executor(), sim, clock, std::move(options)) {}

  asio::io_context context{1};
  VisionOneServer server;
  std::thread thread;
};

VisionOneServerThread::VisionOneServerThread(VisionOneSim& sim, const Clock& clock, VisionOneServerOptions options)
    : loop_(std::make_unique<Loop>(sim, clock, std::move(options))) {}

VisionOneServerThread::~VisionOneServerThread() { stop(); }

Result<void> VisionOneServerThread::start() {
  TG_ASSERT(!loop_->thread.joinable(), "a server is started once");
  if (auto listening = loop_->server.start(); !listening) return listening;
  loop_->thread = std::thread{[loop = loop_.get()] { loop->context.run(); }};
  return {};
}

// The loop runs until the last connection's coroutine has ended, so that nothing is left behind.
void VisionOneServerThread::stop() {
  if (!loop_->thread.joinable()) return;
  asio::post(loop_->context, [loop = loop_.get()] { loop->server.stop(); });
  loop_->thread.join();
}

std::uint16_t VisionOneServerThread::port() const { return loop_->server.port(); }
std::string VisionOneServerThread::base_url() const { return loop_->server.base_url(); }
void VisionOneServerThread::with(const std::function<void(VisionOneSim&)>& use) { loop_->server.with(use); }

}  // namespace tidegate
