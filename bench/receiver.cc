#include "bench/receiver.h"

#include <fcntl.h>
#include <pthread.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <ctime>
#include <deque>
#include <thread>
#include <unordered_set>
#include <utility>

#include "base/check.h"
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

constexpr std::size_t read_bytes_max = 1u << 20;

}  // namespace

struct CountingReceiver::Tally {
  explicit Tally(CountingReceiver& receiver) : owner(receiver) {}

  // Counted now, or later; not at all where the chunk came before.
  void take(ForwardMessage message) {
    const ReceiverOptions& options = owner.options_;
    ++owner.chunks_;
    owner.wire_bytes_ += message.entries().size();
    if (message.chunk && !known_chunks.insert(hash128(*message.chunk)).second) return;
    const bool timed = !options.timed_tag.empty() && message.tag == options.timed_tag;
    if (!timed) {
      owner.last_announced_ = owner.now();
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
      owner.timed_.push_back({(*entry)->time, owner.now()});
      owner.latest_timed_ = std::max<WallTime>(owner.latest_timed_, (*entry)->time);
    }
  }

  CountingReceiver& owner;
  std::unordered_set<Id128> ids;
  std::unordered_set<Id128> known_chunks;
  std::deque<ForwardMessage> kept;
  std::uint64_t kept_bytes = 0;
};

struct CountingReceiver::Loop {
  Loop(CountingReceiver& receiver, TlsContextPtr tls) : owner(receiver), context(std::move(tls)) {}

  asio::awaitable<void> accept() {
    for (;;) {
      auto [failure, socket] = co_await acceptor.async_accept(as_values);
      if (failure) co_return;
      asio::co_spawn(loop, serve(std::move(socket)), rethrow);
    }
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    socket.set_option(tcp::no_delay{true});
    Stream stream{std::move(socket), context->native()};
    auto [refused] = co_await stream.async_handshake(Stream::server, as_values);
    if (refused) co_return;
    ForwardReader reader;
    for (;;) {
      const std::span<char> room = reader.prepare(read_bytes_max);
      auto [failure, bytes] = co_await stream.async_read_some(asio::buffer(room.data(), room.size()), as_values);
      if (failure) co_return;
      if (!owner.first_byte()) owner.first_byte_ = owner.now();
      reader.commit(bytes);
      for (;;) {
        Result<std::optional<ForwardMessage>> message = reader.next();
        if (!message) {
          ++owner.refused_;
          co_return;
        }
        if (!*message) break;
        // Taken first: a stop comes between any two steps, and what was acknowledged never comes again.
        const Bytes ack = (*message)->chunk ? encode_ack(*(*message)->chunk) : Bytes{};
        owner.tally_->take(**std::move(message));
        if (ack.empty()) continue;
        auto [unsent, sent] = co_await asio::async_write(stream, asio::buffer(ack), as_values);
        if (unsent) co_return;
      }
    }
  }

  CountingReceiver& owner;
  TlsContextPtr context;
  asio::io_context loop{1};
  tcp::acceptor acceptor{loop};
  std::thread thread;
};

CountingReceiver::CountingReceiver(ReceiverOptions options)
    : options_(std::move(options)), tally_(std::make_unique<Tally>(*this)) {}
CountingReceiver::~CountingReceiver() { stop(); }

Result<void> CountingReceiver::start(std::uint16_t port, const Identity& identity, const std::filesystem::path& ca_file) {
  TG_ASSERT(!loop_, "a receiver is stopped before it is started again");
  TlsServerFiles files;
  files.ca_file = ca_file.string();
  files.certificate_file = identity.certificate_file.string();
  files.private_key_file = identity.private_key_file.string();
  Result<TlsContextPtr> context = make_server_tls(files);
  if (!context) return std::move(context).error();
  auto loop = std::make_unique<Loop>(*this, std::move(*context));
  boost::system::error_code failure;
  tcp::acceptor& acceptor = loop->acceptor;
  acceptor.open(tcp::v4(), failure);
  // A program started meanwhile must not inherit it: the port would stay open after stop().
  if (!failure && ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC) != 0)
    failure.assign(errno, boost::system::system_category());
  if (!failure) acceptor.set_option(tcp::acceptor::reuse_address{true}, failure);
  if (!failure) acceptor.bind({asio::ip::address_v4::loopback(), port}, failure);
  if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (failure) return Error{Code::unavailable, "port " + std::to_string(port) + ": " + failure.message()};
  loop_ = std::move(loop);
  asio::co_spawn(loop_->loop, loop_->accept(), rethrow);
  loop_->thread = std::thread{[running = loop_.get()] { running->loop.run(); }};
  return {};
}

void CountingReceiver::stop() {
  if (!loop_) return;
  loop_->loop.stop();
  loop_->thread.join();
  loop_.reset();  // connections end with the coroutines that serve them
}

void CountingReceiver::count_kept() {
  TG_ASSERT(!loop_, "what was kept is counted once nothing more comes");
  for (std::deque<ForwardMessage>& kept = tally_->kept; !kept.empty(); kept.pop_front()) tally_->count(kept.front(), false);
  tally_->kept_bytes = 0;
}

double CountingReceiver::cpu_seconds() const {
  TG_ASSERT(loop_, "a thread's use is told while it runs");
  clockid_t id{};
  timespec used{};
  if (::pthread_getcpuclockid(loop_->thread.native_handle(), &id) != 0 || ::clock_gettime(id, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace tidegate
