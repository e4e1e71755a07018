// ForwardHandshake: the client's half of the handshake that receivers of others begin a connection with, once both sides share a
// key. Pure: bytes in, bytes out.
//
//   receiver   ["HELO", {"nonce": N, "auth": A, "keepalive": bool}]
//   we         ["PING", self_hostname, salt, hex(SHA512(salt, self_hostname, N, shared_key)), username, hex(SHA512(A, username,
//   password))] receiver   ["PONG", let in, reason, its name, hex(SHA512(salt, its name, N, shared_key))]
//
// Source: Forward Protocol Specification v1, "Handshake Messages". N and A are bin or str; without N it counts as empty, which
// is what receivers before it digest. Where A is empty, nobody asks for a user: both fields of PING are empty. PING goes out in one
// write and nothing behind it, because some receivers read it once and throw away what follows.
//
// Promises: whoever is let in has proven that he knows the key, and not by giving our own proof back. What a receiver sends is
// bounded; the key and the password are in no byte sent and in no error. Bytes that come one by one mean what they mean at once.
//
// Thread: the owner's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "transport/msgpack_scan.h"

namespace tidegate {

struct HandshakeOptions {
  std::string self_hostname;  // what we are called; the receiver must be called otherwise
  std::string salt;           // of this connection alone: handshake_salt()
  Secret shared_key;
  std::string username{};  // empty: none
  Secret password{};
};

inline constexpr std::size_t handshake_answer_bytes_max = 4096;  // HELO and PONG, each
inline constexpr std::size_t handshake_reason_bytes_max = 200;   // of what the receiver says, in our errors
inline constexpr std::size_t handshake_names_bytes_max = 512;    // host name and user name together: PING stays below 1,023 bytes

// 32 hexadecimal digits. It need not be secret, only new: a proof that was overheard is of no use for another salt.
std::string handshake_salt(Random& random);

class ForwardHandshake {
 public:
  //   requires: a host name, a key, and names within handshake_names_bytes_max
  explicit ForwardHandshake(HandshakeOptions options);

  // Takes what the receiver sent; gives what is to be sent now, in one write: PING, or nothing. `corrupt`: not the message
  // that is awaited. `denied`: we are not let in, or the receiver does not prove that it has the key. After an error it
  // stays in error: the connection must go.
  Result<Bytes> on_bytes(ByteView received);
  // Why there will be no session, where the receiver closes the connection now. `denied` once PING is out: with a wrong
  // key some receivers say nothing else.
  Error on_end() const;

  bool done() const { return state_ == State::done && !failed_; }
  // What is awaited: "HELO" or "PONG".
  std::string_view awaited() const { return state_ == State::helo ? "HELO" : "PONG"; }
  // False: the receiver closes the connection after each message.
  bool keepalive() const { return keepalive_; }

 private:
  enum class State : std::uint8_t { helo, pong, done };

  Error fail(Code code, std::string why);
  Result<bool> whole_message();
  Result<Bytes> take_helo(ByteView message);
  Result<void> take_pong(ByteView message);
  std::string key_digest(std::string_view hostname) const;

  HandshakeOptions options_;
  State state_ = State::helo;
  Bytes buffer_;
  MsgpackScan scan_;
  Bytes nonce_;
  bool keepalive_ = true;
  std::optional<Error> failed_;
};

// True where a receiver's first bytes are a HELO: it asks for a shared key.
bool begins_with_helo(ByteView received);

}  // namespace tidegate
