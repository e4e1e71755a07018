#include "agent/edges/token_expiry.h"

#include <simdjson.h>

#include <algorithm>

#include "config/token.h"
#include "transport/base64.h"

namespace tidegate {
namespace {

constexpr std::string_view keys_path = "/v3.0/iam/apiKeys";
constexpr std::chrono::seconds keys_answer_max{30};
constexpr std::size_t keys_bytes_max = 1u << 20;
// Beyond the year 2200 a number of seconds is something else, or nanoseconds run over.
constexpr std::int64_t epoch_seconds_max = 7'258'118'400;

// RFC 7515, appendix C: Base64 with '-' and '_', without padding.
std::optional<Bytes> from_base64url(std::string_view text) {
  std::string plain{text};
  for (char& c : plain) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  plain.append((4 - plain.size() % 4) % 4, '=');
  return from_base64(plain);
}

std::optional<WallTime> epoch_time(const simdjson::dom::element& value) {
  std::int64_t count = 0;
  double real = 0;
  if (value.get_int64().get(count) != simdjson::SUCCESS) {
    if (value.get_double().get(real) != simdjson::SUCCESS || !(real >= 0 && real <= static_cast<double>(epoch_seconds_max)))
      return std::nullopt;
    count = static_cast<std::int64_t>(real);
  }
  if (count <= 0 || count > epoch_seconds_max) return std::nullopt;
  return WallTime{std::chrono::seconds{count}};
}

struct ApiKey {
  std::string_view id;
  bool enabled = false;
  TokenExpiry expiry;
};

ApiKey key_of(const simdjson::dom::object& item) {
  ApiKey key;
  std::string_view text;
  if (item["id"].get(text) == simdjson::SUCCESS) key.id = text;
  key.enabled = item["status"].get(text) == simdjson::SUCCESS && text == "enabled";
  simdjson::dom::element end;
  if (item["expiredDateTime"].get(end) != simdjson::SUCCESS || end.is_null()) {
    key.expiry.source = TokenExpiry::Source::api;  // it has no end
  } else if (end.get(text) == simdjson::SUCCESS) {
    key.expiry.expires = text.empty() ? std::nullopt : parse_time(text);
    if (text.empty() || key.expiry.expires) key.expiry.source = TokenExpiry::Source::api;
  }
  return key;
}

bool last_page(const simdjson::dom::object& root) {
  std::string_view link;
  return root["nextLink"].get(link) != simdjson::SUCCESS || link.empty();
}

VisionOneOptions options_of(const ConnectorConfig& connector) {
  VisionOneOptions options;
  options.lane = Lane::own_events;  // it is about the agent itself, no content type
  options.connector = connector.name;
  options.api_base_url = connector.api_base_url;
  options.token = [connector] { return load_token(connector); };
  options.deadline = keys_answer_max;
  return options;
}

}  // namespace

TokenShape shape_of(std::string_view token) {
  TokenShape shape{.bytes = token.size(), .dots = static_cast<std::size_t>(std::count(token.begin(), token.end(), '.'))};
  shape.printable = !token.empty() && std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  return shape;
}

std::optional<TokenClaims> read_claims(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  const std::string_view payload = token.substr(first + 1, second - first - 1);
  if (payload.empty() || payload.size() > token_payload_bytes_max) return std::nullopt;
  const std::optional<Bytes> json = from_base64url(payload);
  if (!json) return std::nullopt;
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  if (parser.parse(*json).get(root) != simdjson::SUCCESS) return std::nullopt;
  TokenClaims claims;
  std::string_view id;
  if (root["id"].get(id) == simdjson::SUCCESS && id.size() <= claim_bytes_max) claims.id = id;
  simdjson::dom::element end;
  if (root["et"].get(end) == simdjson::SUCCESS) claims.expires = epoch_time(end);
  return claims;
}

TokenExpiry expiry_from_claims(const std::optional<TokenClaims>& claims) {
  if (!claims || !claims->expires) return {};
  return {TokenExpiry::Source::hint, claims->expires};
}

TokenExpiry expiry_from_keys(ByteView body, const std::optional<TokenClaims>& claims) {
  if (body.size() > keys_bytes_max) return {};
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  simdjson::dom::array items;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) return {};
  if (root["items"].get(items) != simdjson::SUCCESS) return {};
  std::size_t enabled = 0;
  TokenExpiry only;
  for (const simdjson::dom::element& element : items) {
    simdjson::dom::object item;
    if (element.get(item) != simdjson::SUCCESS) continue;
    const ApiKey key = key_of(item);
    if (claims && !claims->id.empty() && key.id == claims->id) return key.expiry;
    if (!key.enabled) continue;
    ++enabled;
    only = key.expiry;
  }
  return enabled == 1 && last_page(root) ? only : TokenExpiry{};
}

TokenExpiryReader::TokenExpiryReader(const ConnectorConfig& connector, HttpSend send, Surroundings around, Metrics& metrics)
    : connector_(connector),
      budget_(around.clock, connector.requests_per_minute),
      call_(options_of(connector), std::move(send), budget_, around, metrics) {}

asio::awaitable<TokenExpiry> TokenExpiryReader::read() {
  status_.reset();
  const Result<Secret> token = load_token(connector_);
  if (!token) co_return TokenExpiry{};
  const Id128 token_hash = hash128(token->reveal());
  if (token_hash != known_of_) known_ = {};
  known_of_ = token_hash;
  const std::optional<TokenClaims> claims = read_claims(token->reveal());

  HttpRequest request;
  request.url = connector_.api_base_url;
  request.url.append(keys_path);
  request.headers.push_back({"Accept", "application/json"});
  const Result<ApiAnswer> answer = co_await call_.send(std::move(request));
  if (answer) status_ = answer->response.status;
  if (status_ == 200) {
    const TokenExpiry told = expiry_from_keys(answer->response.body, claims);
    if (told.source == TokenExpiry::Source::api) known_ = told;
  }
  TokenExpiry expiry = known_.source == TokenExpiry::Source::api ? known_ : expiry_from_claims(claims);
  expiry.clock_offset = call_.clock_offset();
  co_return expiry;
}

}  // namespace tidegate
