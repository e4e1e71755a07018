#include "bench/line_receiver.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <optional>
#include <thread>
#include <unordered_set>

#include "base/bytes.h"
#include "base/id128.h"
#include "bench/rethrow.h"
#include "transport/as_values.h"
#include "transport/tls_context.h"

namespace tidegate {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Stream = asio::ssl::stream<tcp::socket>;

constexpr std::size_t tls_record_bytes_max = 16u << 10;
constexpr std::size_t line_bytes_max = 4u << 20;

// Of the first member of that name, which is the technique's own: none comes before it, and its text has no escapes.
std::optional<Id128> technique_id(std::string_view line) {
  constexpr std::string_view key = R"("uuid":")";
  const std::size_t found = line.find(key);
  if (found == std::string_view::npos) return std::nullopt;
  const std::size_t begin = found + key.size();
  const std::size_t end = line.find('"', begin);
  if (end == std::string_view::npos) return std::nullopt;
  return hash128(line.substr(begin, end - begin));
}

}  // namespace

struct LineReceiver::Loop {
  Loop(LineReceiver& receiver, TlsContextPtr tls) : owner(receiver), context(std::move(tls)) {}

  asio::awaitable<void> accept() {
    for (;;) {
      auto [failure, socket] = co_await acceptor.async_accept(as_values);
      if (failure) co_return;
      asio::co_spawn(loop, serve(std::move(socket)), rethrow);
    }
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    Stream stream{std::move(socket), context->native()};
    auto [refused] = co_await stream.async_handshake(Stream::server, as_values);
    if (refused) co_return;
    Bytes held;  // the beginning of a line whose end has not come yet
    while (held.size() < line_bytes_max) {
      const std::size_t before = held.size();
      held.resize(before + tls_record_bytes_max);
      auto [failure, bytes] = co_await stream.async_read_some(asio::buffer(held.data() + before, tls_record_bytes_max), as_values);
      if (failure) co_return;
      held.resize(before + bytes);
      held.erase(0, count_lines(held));
    }
  }

  // Counts the whole lines; gives back where the rest begins.
  std::size_t count_lines(std::string_view text) {
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', begin)) {
      const std::optional<Id128> id = technique_id(text.substr(begin, end - begin));
      begin = end + 1;
      if (!id) continue;
      ++owner.records_;
      if (ids.insert(*id).second) ++owner.distinct_;
    }
    return begin;
  }

  LineReceiver& owner;
  TlsContextPtr context;
  asio::io_context loop{1};
  tcp::acceptor acceptor{loop};
  std::unordered_set<Id128> ids;
  std::thread thread;
};

LineReceiver::LineReceiver() = default;
LineReceiver::~LineReceiver() { stop(); }

Result<void> LineReceiver::start(std::uint16_t port, const Identity& identity, const std::filesystem::path& ca_file) {
  TlsServerFiles files;
  files.ca_file = ca_file.string();
  files.certificate_file = identity.certificate_file.string();
  files.private_key_file = identity.private_key_file.string();
  Result<TlsContextPtr> context = make_server_tls(files);
  if (!context) return std::move(context).error();
  loop_ = std::make_unique<Loop>(*this, std::move(*context));
  boost::system::error_code failure;
  tcp::acceptor& acceptor = loop_->acceptor;
  acceptor.open(tcp::v4(), failure);
  if (!failure) acceptor.set_option(tcp::acceptor::reuse_address{true}, failure);
  if (!failure) acceptor.bind({asio::ip::address_v4::loopback(), port}, failure);
  if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (failure) return Error{Code::unavailable, "port " + std::to_string(port) + ": " + failure.message()};
  asio::co_spawn(loop_->loop, loop_->accept(), rethrow);
  loop_->thread = std::thread{[this] { loop_->loop.run(); }};
  return {};
}

void LineReceiver::stop() {
  if (!loop_ || !loop_->thread.joinable()) return;
  loop_->loop.stop();
  loop_->thread.join();
}

}  // namespace tidegate
