#include "bench/chunk_receiver.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>

#include "base/bytes.h"
#include "base/id128.h"
#include "bench/rethrow.h"
#include "transport/as_values.h"
#include "transport/compression.h"
#include "transport/forward_entries.h"
#include "transport/forward_reader.h"
#include "transport/msgpack_view.h"
#include "transport/tls_context.h"

namespace tidegate {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Stream = asio::ssl::stream<tcp::socket>;

constexpr std::size_t chunk_read_bytes_max = 64u << 10;

std::optional<Id128> record_id(ByteView bytes) {
  const std::optional<MsgpackView> record = MsgpackView::open(bytes);
  const std::optional<MsgpackView> text = record ? record->find("record_id") : std::nullopt;
  return text && text->as_str() ? id_from_hex(*text->as_str()) : std::nullopt;
}

}  // namespace

struct ChunkReceiver::Loop {
  Loop(ChunkReceiver& receiver, TlsContextPtr tls) : owner(receiver), context(std::move(tls)) {}

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
    ForwardReader reader;
    for (;;) {
      const std::span<char> room = reader.prepare(chunk_read_bytes_max);
      auto [failure, bytes] = co_await stream.async_read_some(asio::buffer(room.data(), room.size()), as_values);
      if (failure) co_return;
      reader.commit(bytes);
      for (;;) {
        Result<std::optional<ForwardMessage>> message = reader.next();
        if (!message) {
          ++owner.refused_;
          co_return;
        }
        if (!*message) break;
        // Taken before it is acknowledged: what the sender may forget is counted.
        take(**message);
        if (!(*message)->chunk) continue;
        const Bytes ack = encode_ack(*(*message)->chunk);
        auto [unsent, sent] = co_await asio::async_write(stream, asio::buffer(ack), as_values);
        if (unsent) co_return;
      }
    }
  }

  void take(const ForwardMessage& message) {
    const bool known = message.chunk && !chunks.insert(hash128(*message.chunk)).second;
    const Result<Bytes> plain = decompress_entries(message.entries(), message.compression);
    if (!plain) {
      ++owner.refused_;
      return;
    }
    EntryReader entries{*plain};
    for (;;) {
      const Result<std::optional<Entry>> entry = entries.next();
      if (entry && !*entry) return;
      const std::optional<Id128> id = entry ? record_id((*entry)->record) : std::nullopt;
      if (!id) {
        ++owner.refused_;
        return;
      }
      if (known) ++owner.resent_;
      else if (records.insert(*id).second) ++owner.distinct_;
      else ++owner.twins_;
    }
  }

  ChunkReceiver& owner;
  TlsContextPtr context;
  asio::io_context loop{1};
  tcp::acceptor acceptor{loop};
  std::unordered_set<Id128> records;
  std::unordered_set<Id128> chunks;
  std::thread thread;
};

ChunkReceiver::ChunkReceiver() = default;
ChunkReceiver::~ChunkReceiver() { stop(); }

Result<void> ChunkReceiver::start(std::uint16_t port, const Identity& identity, const std::filesystem::path& ca_file) {
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

void ChunkReceiver::stop() {
  if (!loop_ || !loop_->thread.joinable()) return;
  loop_->loop.stop();
  loop_->thread.join();
}

}  // namespace tidegate
