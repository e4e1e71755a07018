// The receiver's half of the handshake, written from the specification (Forward v1, "Handshake Messages") and from nothing of ours
// but the msgpack under it.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/transport/msgpack_test_bytes.h"
#include "transport/msgpack_view.h"
#include "transport/msgpack_write.h"

namespace tidegate::testkit {

inline std::string sha512(const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha512(), nullptr);
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text.push_back("0123456789abcdef"[digest[i] >> 4]);
    text.push_back("0123456789abcdef"[digest[i] & 15]);
  }
  return text;
}

// The texts of an array of texts; empty where it is none.
inline std::vector<std::string> texts_of(ByteView message) {
  std::vector<std::string> texts;
  const auto view = MsgpackView::open(message);
  if (!view || view->kind() != MsgpackKind::array) return texts;
  for (MsgpackItems items = view->items(); const auto item = items.next();) texts.emplace_back(item->as_str().value_or("?"));
  return texts;
}

struct HandshakeReceiver {
  std::string name = "dp1.example";
  std::string shared_key = "s3cret";
  Bytes nonce = hex("000102030405060708090a0b0c0d0e0f");
  Bytes auth{};  // empty: it asks for no user
  std::string username = "agent";
  std::string password = "pw";
  bool keepalive = true;

  Bytes helo() const {
    Bytes out;
    put_array(out, 2);
    put_str(out, "HELO");
    put_map(out, 3);
    put_str(out, "nonce");
    put_bin(out, nonce);
    put_str(out, "auth");
    put_bin(out, auth);
    put_str(out, "keepalive");
    put_bool(out, keepalive);
    return out;
  }

  static Bytes pong(bool let_in, std::string_view reason, std::string_view hostname, std::string_view proof) {
    Bytes out;
    put_array(out, 5);
    put_str(out, "PONG");
    put_bool(out, let_in);
    put_str(out, reason);
    put_str(out, hostname);
    put_str(out, proof);
    return out;
  }

  std::string digest(const std::string& salt, const std::string& hostname) const {
    return sha512(salt + hostname + nonce + shared_key);
  }

  // PONG to this PING.
  Bytes answer(ByteView ping) const {
    const std::vector<std::string> said = texts_of(ping);
    if (said.size() != 6 || said[0] != "PING") return pong(false, "invalid ping message", "", "");
    if (said[3] != digest(said[2], said[1])) return pong(false, "shared_key mismatch", "", "");
    const bool known = said[4] == username && said[5] == sha512(auth + username + password);
    if (!auth.empty() && !known) return pong(false, "username/password mismatch", "", "");
    return pong(true, "", name, digest(said[2], name));
  }
};

}  // namespace tidegate::testkit
