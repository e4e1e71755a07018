#include "tests/support/vision_one_keys.h"

#include "base/log.h"
#include "tests/support/vision_one_answers.h"
#include "transport/base64.h"

namespace tidegate {
namespace {

constexpr std::size_t signature_bytes = 256;

std::string base64url(ByteView bytes) {
  std::string text = to_base64(bytes);
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  while (text.ends_with('=')) text.pop_back();
  return text;
}

void append_key(Bytes& body, const SimApiKey& key, WallTime now) {
  body.append("{\"id\":");
  append_json_string(body, key.id);
  body.append(R"(,"name":"Tidegate","role":"SIEM","description":"","status":")").append(key.enabled ? "enabled" : "disabled");
  body.append(R"(","expiredDateTime":)");
  if (key.expires) append_json_string(body, to_iso8601(*key.expires));
  else body.append("null");
  body.append(",\"lastUsedDateTime\":\"").append(to_iso8601(now)).append("\"}");
}

}  // namespace

SimResponse api_keys_answer(const ServeOptions& options, WallTime now) {
  std::vector<SimApiKey> keys = options.api_keys;
  if (keys.empty())
    for (std::size_t i = 0; i < options.tokens.size(); ++i)
      keys.push_back({.id = "key-" + std::to_string(i + 1), .enabled = true, .expires = options.tokens_expire});
  Bytes body = "{\"items\":[";
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i > 0) body.push_back(',');
    append_key(body, keys[i], now);
  }
  const std::string count = std::to_string(keys.size());
  body.append("],\"totalCount\":").append(count).append(",\"count\":").append(count).append("}");
  return json_answer(std::move(body));
}

std::string token_of_shape(const TokenLook& look) {
  Bytes payload = R"({"cid":"11111111-1111-4111-8111-111111111111","cpid":"svp","it":1700000000,"tokenUse":"customer","id":)";
  append_json_string(payload, look.id);
  if (look.expires)
    payload.append(",\"et\":")
        .append(std::to_string(std::chrono::floor<std::chrono::seconds>(look.expires->time_since_epoch()).count()));
  payload.push_back('}');
  return base64url(R"({"alg":"RS256","typ":"JWT"})") + "." + base64url(payload) + "." + base64url(Bytes(signature_bytes, '\x5a'));
}

}  // namespace tidegate
