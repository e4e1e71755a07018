#include "transport/forward_handshake.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <initializer_list>
#include <memory>
#include <utility>

#include "base/check.h"
#include "base/id128.h"
#include "transport/msgpack_view.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

constexpr std::size_t answer_depth_max = 4;
constexpr std::size_t helo_elements = 2;
constexpr std::size_t pong_elements = 5;

// In parts, so that no secret is copied to stand beside the others.
std::string sha512_hex(std::initializer_list<ByteView> parts) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned bytes = 0;
  bool done = context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha512(), nullptr) == 1;
  for (const ByteView part : parts) done = done && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  done = done && EVP_DigestFinal_ex(context.get(), digest.data(), &bytes) == 1;
  TG_ASSERT(done, "SHA-512 is in every OpenSSL");
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (std::size_t i = 0; i < bytes; ++i) {
    hex.push_back(digits[digest[i] >> 4]);
    hex.push_back(digits[digest[i] & 15]);
  }
  return hex;
}

// How much of them agrees is not to be told from the time.
bool same_digest(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// A receiver's words, fit for a log: printable ASCII, cut.
std::string printable_words(std::string_view text) {
  std::string plain{text.substr(0, handshake_reason_bytes_max)};
  for (char& c : plain) {
    if (c < ' ' || c > '~') c = '?';
  }
  return plain;
}

// Text or bytes: receivers disagree on which. Absent: neither.
std::optional<ByteView> bytes_of(const std::optional<MsgpackView>& value) {
  if (!value) return std::nullopt;
  if (const auto text = value->as_str()) return text;
  return value->as_bin();
}

// An option of HELO that may be left out. Absent: there, and neither text nor bytes.
std::optional<ByteView> option_of(const MsgpackView& options, std::string_view key) {
  const auto value = options.find(key);
  if (!value || value->is_nil()) return ByteView{};
  return bytes_of(value);
}

bool is_called(std::optional<MsgpackView> first, std::string_view name) {
  const auto word = bytes_of(first);
  return word && *word == name;
}

}  // namespace

std::string handshake_salt(Random& random) {
  const std::uint64_t high = random.next();
  return to_hex(Id128{.high = high, .low = random.next()});
}

ForwardHandshake::ForwardHandshake(HandshakeOptions options)
    : options_(std::move(options)), scan_(handshake_answer_bytes_max, answer_depth_max) {
  TG_ASSERT(!options_.self_hostname.empty() && !options_.shared_key.empty(), "a handshake needs a name and a key");
  TG_ASSERT(options_.self_hostname.size() + options_.username.size() <= handshake_names_bytes_max &&
                options_.salt.size() <= 2 * sizeof(Id128),
            "PING is small enough to be read at once");
}

Error ForwardHandshake::fail(Code code, std::string why) {
  failed_ = Error{code, std::move(why)};
  return *failed_;
}

Result<Bytes> ForwardHandshake::on_bytes(ByteView received) {
  if (failed_) return *failed_;
  buffer_.append(received);
  Bytes answer;
  while (!buffer_.empty()) {
    if (done()) return fail(Code::corrupt, "the receiver sends more than PONG");
    Result<bool> whole = whole_message();
    if (!whole) return std::move(whole).error();
    if (!*whole) break;
    const Bytes message = buffer_.substr(0, scan_.bytes());
    buffer_.erase(0, scan_.bytes());
    scan_.restart();
    if (state_ == State::helo) {
      Result<Bytes> ping = take_helo(message);
      if (!ping) return ping;
      answer = *std::move(ping);
      state_ = State::pong;
    } else {
      if (Result<void> taken = take_pong(message); !taken) return std::move(taken).error();
      state_ = State::done;
    }
  }
  return answer;
}

// Whether the buffer begins with a whole message. What cannot be one is refused by its first byte, so that nothing is waited for.
Result<bool> ForwardHandshake::whole_message() {
  const auto broken = [this] { return fail(Code::corrupt, "the receiver's answer is no " + std::string{awaited()}); };
  const MsgpackHead head = read_head(buffer_);
  const std::size_t elements = state_ == State::helo ? helo_elements : pong_elements;
  if (head.kind != MsgpackKind::partial && (head.kind != MsgpackKind::array || head.length != elements)) return broken();
  switch (scan_.scan(buffer_)) {
    case MsgpackScan::State::partial: return false;
    case MsgpackScan::State::whole: return true;
    case MsgpackScan::State::too_large:
      return fail(Code::corrupt, "the receiver's " + std::string{awaited()} + " is larger than " +
                                     std::to_string(handshake_answer_bytes_max) + " bytes");
    case MsgpackScan::State::broken:
    case MsgpackScan::State::too_deep: break;
  }
  return broken();
}

std::string ForwardHandshake::key_digest(std::string_view hostname) const {
  return sha512_hex({options_.salt, hostname, nonce_, options_.shared_key.reveal()});
}

Result<Bytes> ForwardHandshake::take_helo(ByteView message) {
  const auto helo = MsgpackView::open(message);
  TG_ASSERT(helo.has_value(), "what was scanned whole can be viewed");
  MsgpackItems items = helo->items();
  if (!is_called(items.next(), "HELO")) return fail(Code::corrupt, "the receiver's answer is no HELO");
  const auto options = items.next();
  const bool sound = options && (options->kind() == MsgpackKind::map || options->is_nil());
  const auto nonce = sound ? option_of(*options, "nonce") : std::nullopt;
  const auto auth = sound ? option_of(*options, "auth") : std::nullopt;
  if (!nonce || !auth) return fail(Code::corrupt, "the receiver's HELO has other options than are known");
  nonce_ = *nonce;
  if (const auto keepalive = options->find("keepalive")) keepalive_ = keepalive->as_bool().value_or(true);

  Bytes ping;
  put_array(ping, 6);
  put_str(ping, "PING");
  put_str(ping, options_.self_hostname);
  put_str(ping, options_.salt);
  put_str(ping, key_digest(options_.self_hostname));
  put_str(ping, auth->empty() ? std::string_view{} : options_.username);
  put_str(ping, auth->empty() ? std::string{} : sha512_hex({*auth, options_.username, options_.password.reveal()}));
  return ping;
}

Result<void> ForwardHandshake::take_pong(ByteView message) {
  const auto pong = MsgpackView::open(message);
  TG_ASSERT(pong.has_value(), "what was scanned whole can be viewed");
  MsgpackItems items = pong->items();
  const bool called = is_called(items.next(), "PONG");
  const auto let_in = items.next()->as_bool();
  if (!called || !let_in) return fail(Code::corrupt, "the receiver's answer is no PONG");
  const std::string reason = printable_words(bytes_of(items.next()).value_or(ByteView{}));
  if (!*let_in) return fail(Code::denied, "the receiver refuses us" + (reason.empty() ? ", and does not say why" : ": " + reason));
  const auto hostname = bytes_of(items.next());
  const auto digest = bytes_of(items.next());
  if (!hostname || !digest) return fail(Code::corrupt, "the receiver's answer is no PONG");
  // Our own digest, sent back with our own name, would pass for a proof.
  if (*hostname == options_.self_hostname)
    return fail(Code::denied,
                "the receiver has the name of this sensor, " + printable_words(*hostname) + ": give one of them another");
  if (!same_digest(*digest, key_digest(*hostname)))
    return fail(Code::denied, "the receiver does not prove that it has the shared key");
  return {};
}

Error ForwardHandshake::on_end() const {
  if (failed_) return *failed_;
  if (state_ == State::helo) return Error{Code::unavailable, "the receiver closed the connection before its HELO"};
  return Error{Code::denied, "the receiver closed the connection instead of answering: the shared key may be another one there"};
}

bool begins_with_helo(ByteView received) {
  const MsgpackHead head = read_head(received);
  if (head.kind != MsgpackKind::array || head.length != helo_elements) return false;
  const ByteView word = received.substr(head.head_bytes);
  const MsgpackHead name = read_head(word);
  return (name.kind == MsgpackKind::str || name.kind == MsgpackKind::bin) && word.substr(name.head_bytes).starts_with("HELO");
}

}  // namespace tidegate
