#include "bench/receiver.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <ctime>
#include <deque>
#include <exception>
#include <thread>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "base/id128.h"
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

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_bytes_max = 1u << 20;

void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace

struct CountingReceiver::Loop {
  Loop(CountingReceiver& receiver, TlsContextPtr tls) : owner(receiver), context(std::move(tls)) {}

  asio::awaitable<void> accept() {
    for (;;) {
      auto [failure, socket] = co_await acceptor.async_accept(as_result);
      if (failure) co_return;
      asio::co_spawn(loop, serve(std::move(socket)), rethrow);
    }
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    socket.set_option(tcp::no_delay{true});
    Stream stream{std::move(socket), context->native()};
    auto [refused] = co_await stream.async_handshake(Stream::server, as_result);
    if (refused) co_return;
    ForwardReader reader;
    for (;;) {
      const std::span<char> room = reader.prepare(read_bytes_max);
      auto [failure, bytes] = co_await stream.async_read_some(asio::buffer(room.data(), room.size()), as_result);
      if (failure) co_return;
      if (!owner.first_byte()) owner.first_byte_ = now();
      reader.commit(bytes);
      for (;;) {
        Result<std::optional<ForwardMessage>> message = reader.next();
        if (!message) {
          ++owner.refused_;
          co_return;
        }
        if (!*message) break;
        if ((*message)->chunk) {
          const Bytes ack = encode_ack(*(*message)->chunk);
          auto [unsent, sent] = co_await asio::async_write(stream, asio::buffer(ack), as_result);
          if (unsent) co_return;
        }
        take(**std::move(message));
      }
    }
  }

  SteadyTime now() const { return owner.options_.clock != nullptr ? owner.options_.clock->steady() : SteadyTime{}; }

  // What was acknowledged: counted now, or later.
  void take(ForwardMessage message) {
    const ReceiverOptions& options = owner.options_;
    ++owner.chunks_;
    owner.wire_bytes_ += message.entries().size();
    const bool timed = !options.timed_tag.empty() && message.tag == options.timed_tag;
    if (!timed && (!message.chunk || known_chunks.insert(hash128(*message.chunk)).second)) {
      owner.last_announced_ = now();
      owner.announced_ += message.size_hint;
    }
    const bool keep = options.counting == Counting::later && kept_bytes + message.bytes.size() <= options.kept_bytes_max;
    if (timed || (options.counting != Counting::never && !keep)) return count(message, timed);
    if (!keep) return;
    kept_bytes += message.bytes.size();
    kept.push_back(std::move(message));
  }

  void count(const ForwardMessage& message, bool timed) {
    const Result<Bytes> plain = decompress_entries(message.entries(), message.compression);
    if (!plain) {
      ++owner.refused_;
      return;
    }
    EntryReader entries{*plain};
    for (;;) {
      const Result<std::optional<Entry>> entry = entries.next();
      if (!entry) ++owner.refused_;
      if (!entry || !*entry) return;
      const std::optional<MsgpackView> record = MsgpackView::open((*entry)->record);
      const std::optional<MsgpackView> text = record ? record->find("record_id") : std::nullopt;
      const std::optional<Id128> id = text && text->as_str() ? id_from_hex(*text->as_str()) : std::nullopt;
      if (!id) {
        ++owner.refused_;
        return;
      }
      ++owner.records_;
      if (!ids.insert(*id).second) continue;
      ++owner.distinct_;
      if (!timed) continue;
      owner.timed_.push_back({(*entry)->time, now()});
      owner.latest_timed_ = std::max<WallTime>(owner.latest_timed_, (*entry)->time);
    }
  }

  CountingReceiver& owner;
  TlsContextPtr context;
  asio::io_context loop{1};
  tcp::acceptor acceptor{loop};
  std::unordered_set<Id128> ids;
  std::unordered_set<Id128> known_chunks;
  std::deque<ForwardMessage> kept;
  std::uint64_t kept_bytes = 0;
  std::thread thread;
};

CountingReceiver::CountingReceiver(ReceiverOptions options) : options_(std::move(options)) {}
CountingReceiver::~CountingReceiver() { stop(); }

Result<void> CountingReceiver::start(std::uint16_t port, const Identity& identity, const std::filesystem::path& ca_file) {
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

void CountingReceiver::stop() {
  if (!loop_ || !loop_->thread.joinable()) return;
  loop_->loop.stop();
  loop_->thread.join();
}

void CountingReceiver::count_kept() {
  if (!loop_) return;
  TG_ASSERT(!loop_->thread.joinable(), "what was kept is counted once nothing more comes");
  for (std::deque<ForwardMessage>& kept = loop_->kept; !kept.empty(); kept.pop_front()) loop_->count(kept.front(), false);
  loop_->kept_bytes = 0;
}

double CountingReceiver::cpu_seconds() const {
  TG_ASSERT(loop_ && loop_->thread.joinable(), "a thread's use is told while it runs");
  clockid_t id{};
  timespec used{};
  if (::pthread_getcpuclockid(loop_->thread.native_handle(), &id) != 0 || ::clock_gettime(id, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace tidegate
