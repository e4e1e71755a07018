#include "respond/webhook_request.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "config/ascii.h"
#include "respond/foreign_json.h"
#include "respond/template.h"
#include "respond/webhook_headers.h"
#include "transport/base64.h"
#include "transport/query_string.h"
#include "transport/url.h"

namespace tidegate {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr ForeignJsonLimits token_answer_limits{.bytes_max = 64u << 10, .depth_max = 8};
constexpr seconds token_margin{60};       // a token is not used in the last minute of its life
constexpr seconds token_life_usual{300};  // where the server tells none
constexpr seconds token_life_max{24 * 3600};
constexpr std::size_t shown_header_bytes = 64;
constexpr std::size_t token_reason_bytes = 200;
// That are looked through for secrets: more than is kept, as what is masked gets shorter.
constexpr std::size_t answer_bytes_masked = 4 * webhook_answer_bytes_max;

// Upper case; empty: none of those that a responder may use.
std::string_view http_method(std::string_view method) {
  for (const std::string_view known : {"GET", "POST", "PUT", "PATCH", "DELETE"})
    if (same_but_for_case(known, method)) return known;
  return {};
}

// Text that a header carries in some encoding of its own.
bool is_plain_text(std::string_view text) { return one_line(text, webhook_header_bytes_max) == text; }

// `field`: of responders.yaml.
Error webhook_field(std::string_view field, std::string_view why) {
  return Error{Code::invalid, std::string{field} + ": " + std::string{why}};
}

Error header_error(std::string_view field, const WebhookFlaw& flaw) {
  return webhook_field(field, "\"" + one_line(flaw.header, shown_header_bytes) + "\" " + flaw.problem + ": " + flaw.remedy);
}

Result<void> check_headers(const WebhookSpec& spec) {
  if (spec.headers.size() > webhook_headers_max)
    return webhook_field("headers", "has more than " + std::to_string(webhook_headers_max));
  const std::vector<WebhookFlaw> flaws = flaws_in_headers(spec);
  if (!flaws.empty()) return header_error("headers", flaws.front());
  return {};
}

Result<void> check_auth(const WebhookSpec& spec) {
  switch (spec.auth) {
    case WebhookAuth::none: return {};
    case WebhookAuth::header:
      if (const std::optional<WebhookFlaw> flaw = flaw_in_secret_header(spec)) return header_error("header_name", *flaw);
      return {};
    case WebhookAuth::basic:
      // RFC 7617, section 2: the first colon ends the name.
      if (spec.username.empty() || spec.username.find(':') != std::string::npos || !is_plain_text(spec.username))
        return webhook_field("username", "is empty, or has a colon or a control character, which Basic cannot carry");
      return {};
    case WebhookAuth::oauth2: break;
  }
  const Result<Url> url = parse_url(spec.token_url);
  if (!url) return webhook_field("token_url", url.error().text());
  if (!url->tls() || !url->user_info.empty())
    return webhook_field("token_url", "write an https URL without a user: the client's secret is sent there");
  if (spec.client_id.empty() || !is_plain_text(spec.client_id))
    return webhook_field("client_id", "is empty, or has a control character");
  for (const std::string& scope : spec.scopes)
    if (scope.empty() || !is_plain_text(scope) || scope.find(' ') != std::string::npos)
      return webhook_field("scopes", "\"" + one_line(scope, shown_header_bytes) + "\" is no scope: write them as a list");
  return {};
}

Result<void> check_rendered(std::string_view method, std::string_view path_and_query, std::string_view body) {
  if (http_method(method).empty()) return webhook_field("method", "is none of get, post, put, patch, delete");
  const bool printable = std::ranges::all_of(path_and_query, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
  if (!path_and_query.starts_with('/') || !printable || path_and_query.size() > rendered_path_bytes_max)
    return webhook_field("path", "begin it with a slash, and encode what no URL may hold as it is; " +
                                     std::to_string(rendered_path_bytes_max) + " bytes at most");
  if (body.size() > rendered_body_bytes_max)
    return webhook_field("json_body", "is larger than " + std::to_string(rendered_body_bytes_max) + " bytes");
  return {};
}

// A number, or its digits as text, as some servers write it.
seconds told_life(const json::object& answer) {
  const json::value* value = answer.if_contains("expires_in");
  if (value == nullptr) return token_life_usual;
  std::int64_t told = 0;
  if (const std::int64_t* number = value->if_int64()) told = *number;
  const std::string_view digits = text_member(answer, "expires_in");
  std::from_chars(digits.data(), digits.data() + digits.size(), told);
  return std::clamp(seconds{told}, seconds{0}, token_life_max);
}

bool is_bearer_text(std::string_view text) {
  return !text.empty() && text.size() <= access_token_bytes_max &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

// RFC 6749, section 5.2: {"error": "invalid_client", "error_description": …}.
Error token_refused(const HttpResponse& response) {
  std::string text = "token_url: no access token was given: HTTP " + std::to_string(response.status);
  const Result<json::value> parsed = parse_foreign_json(response.body, token_answer_limits);
  if (const json::object* object = parsed ? parsed->if_object() : nullptr) {
    std::string words{text_member(*object, "error")};
    const std::string_view description = text_member(*object, "error_description");
    if (!words.empty() && !description.empty()) words.append(": ");
    words.append(description);
    if (!words.empty()) text.append(" ").append(one_line(words, token_reason_bytes));
  }
  return Error{Code::denied, std::move(text)};
}

}  // namespace

Result<std::unique_ptr<WebhookRequests>> WebhookRequests::make(WebhookRequestsOptions options, HttpSend send, HttpSend ask_token,
                                                               Clock& clock) {
  const Result<Url> origin = parse_url(options.origin);
  if (!origin) return webhook_field("host", origin.error().text());
  if (origin->target != "/" || options.origin.ends_with('/') || !origin->user_info.empty())
    return webhook_field("host", "write a host alone, without a path and without a user");
  if (http_method(options.spec.method).empty()) return webhook_field("method", "is none of get, post, put, patch, delete");
  if (const Result<void> fit = check_auth(options.spec); !fit) return fit.error();
  if (const Result<void> fit = check_headers(options.spec); !fit) return fit.error();
  return std::unique_ptr<WebhookRequests>{new WebhookRequests{std::move(options), std::move(send), std::move(ask_token), clock}};
}

WebhookRequests::WebhookRequests(WebhookRequestsOptions options, HttpSend send, HttpSend ask_token, Clock& clock)
    : options_(std::move(options)), send_(std::move(send)), ask_token_(std::move(ask_token)), clock_(clock) {}

asio::awaitable<Result<WebhookApi::Answer>> WebhookRequests::send(std::string method, std::string path_and_query,
                                                                  std::string body) {
  if (const Result<void> fit = check_rendered(method, path_and_query, body); !fit) co_return fit.error();
  for (bool renewed = false;; renewed = true) {
    const Result<Credential> used = co_await credential();
    if (!used) co_return used.error();
    HttpRequest request;
    request.method = http_method(method);
    request.url = options_.origin + path_and_query;
    request.headers.push_back({"User-Agent", "Tidegate/" TIDEGATE_VERSION});
    if (!body.empty()) request.headers.push_back({"Content-Type", "application/json"});
    for (const auto& [name, value] : options_.spec.headers) request.headers.push_back({name, value});
    if (!used->header.empty()) request.headers.push_back({used->header, std::string{used->value.reveal()}});
    request.body = body;
    Result<HttpResponse> response = co_await send_(std::move(request), options_.deadline);
    if (!response) {
      const bool received = answer_was_too_large(response.error());
      co_return Error{received ? Code::corrupt : response.error().code(), response.error().text()};
    }
    if (response->status == 401 && used->cached && !renewed) {
      token_.reset();
      continue;
    }
    Answer answer;
    answer.status = response->status;
    answer.body = kept_of(std::move(response->body), *used);
    co_return answer;
  }
}

std::string WebhookRequests::kept_of(std::string body, const Credential& used) const {
  const bool cut = body.size() > answer_bytes_masked;
  if (cut) body.resize(answer_bytes_masked);
  const std::string_view sent = used.value.reveal();
  // Of "Bearer x" and "Basic x" the x alone, too.
  const std::array<std::string_view, 3> secrets{sent, sent.substr(sent.find(' ') + 1), options_.secret.reveal()};
  for (const std::string_view secret : secrets) mask_secret(body, secret);
  std::size_t end = body.size();
  for (const std::string_view secret : secrets)
    if (cut) end = std::min(end, begun_secret_at(body, secret));
  body.resize(end);
  return one_line(body, webhook_answer_bytes_max);
}

asio::awaitable<Result<WebhookRequests::Credential>> WebhookRequests::credential() {
  Credential made;
  const WebhookSpec& spec = options_.spec;
  if (spec.auth == WebhookAuth::none) co_return made;
  const std::optional<WebhookFlaw> flaw = flaw_in_webhook_secret(spec.auth, options_.secret.reveal());
  if (flaw) co_return Error{Code::denied, "no secret to send: it " + flaw->problem + ": " + flaw->remedy};
  if (spec.auth == WebhookAuth::header) {
    made.header = spec.header_name;
    made.value = options_.secret;
    co_return made;
  }
  made.header = "Authorization";
  if (spec.auth == WebhookAuth::basic) {
    made.value = Secret{"Basic " + to_base64(spec.username + ":" + std::string{options_.secret.reveal()})};
    co_return made;
  }
  made.cached = token_ && clock_.steady() < token_->until;
  if (!made.cached) {
    Result<AccessToken> token = co_await new_token();
    if (!token) co_return std::move(token).error();
    token_ = *std::move(token);
  }
  made.value = Secret{"Bearer " + std::string{token_->text.reveal()}};
  co_return made;
}

asio::awaitable<Result<WebhookRequests::AccessToken>> WebhookRequests::new_token() {
  HttpRequest request;
  request.method = "POST";
  request.url = options_.spec.token_url;
  const std::string client = percent_encoded(options_.spec.client_id) + ":" + percent_encoded(options_.secret.reveal());
  request.headers.push_back({"Authorization", "Basic " + to_base64(client)});
  request.headers.push_back({"User-Agent", "Tidegate/" TIDEGATE_VERSION});
  request.headers.push_back({"Accept", "application/json"});
  request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  request.body = "grant_type=client_credentials";
  std::string scopes;
  for (const std::string& scope : options_.spec.scopes) scopes.append(scopes.empty() ? "" : " ").append(scope);
  if (!scopes.empty()) request.body.append("&scope=").append(percent_encoded(scopes));
  const SteadyTime asked = clock_.steady();
  Result<HttpResponse> response = co_await ask_token_(std::move(request), options_.deadline);
  if (!response && response.error().code() == Code::cancelled) co_return std::move(response).error();
  // Whatever failed here: the responder's own request was not sent.
  if (!response) co_return Error{Code::denied, "token_url: no access token was given: " + response.error().text()};
  if (response->body.size() > token_answer_limits.bytes_max) response->body.clear();  // none that could be read
  mask_secret(response->body, options_.secret.reveal());
  mask_secret(response->body, to_base64(client));
  if (response->status != 200) co_return token_refused(*response);
  const Result<json::value> parsed = parse_foreign_json(response->body, token_answer_limits);
  const json::object* object = parsed ? parsed->if_object() : nullptr;
  const std::string_view text = object == nullptr ? std::string_view{} : text_member(*object, "access_token");
  const std::string_view type = object == nullptr ? std::string_view{} : text_member(*object, "token_type");
  if (!is_bearer_text(text) || (!type.empty() && !same_but_for_case(type, "Bearer")))
    co_return Error{Code::denied, "token_url: the answer has no access token of type Bearer"};
  AccessToken token;
  token.text = Secret{std::string{text}};
  token.until = asked + told_life(*object) - token_margin;
  co_return token;
}

}  // namespace tidegate
