#include "respond/responder_rules.h"

#include <array>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/system/error_code.hpp>
#include <optional>
#include <utility>

#include "config/units.h"
#include "config/url.h"
#include "respond/document_rules.h"
#include "respond/responder_fields.h"
#include "respond/responders_document.h"
#include "respond/webhook_headers.h"

namespace tidegate {
namespace {

constexpr std::array<std::string_view, 10> webhook_keys{"method",   "path",      "headers",   "json_body", "auth",
                                                        "username", "token_url", "client_id", "scopes",    "header_name"};

// What is fit to protect something, and yet would protect other than what it says; absent: nothing is wrong.
std::optional<Complaint> flaw_in_protected(const std::string& entry) {
  const std::string value = shown(nullptr, entry);
  if (Result<void> known = check_protected_entry(entry); !known) return Complaint{{}, known.error().text(), {}};
  if (entry.find("://") != std::string::npos) return std::nullopt;
  boost::system::error_code failed;
  if (entry.find('/') != std::string::npos) {
    const auto flaw = [&](const auto& network) -> std::optional<Complaint> {
      if (failed) return Complaint{value, "is no network", "write for example 10.0.0.0/8, or 2001:db8::/32"};
      if (network.canonical() == network) return std::nullopt;
      return Complaint{value, "begins within the network", "write " + network.canonical().to_string()};
    };
    if (entry.find(':') == std::string::npos) return flaw(boost::asio::ip::make_network_v4(entry, failed));
    return flaw(boost::asio::ip::make_network_v6(entry, failed));
  }
  const bool dotted_numbers = entry.find_first_not_of("0123456789.") == std::string::npos && entry.find('.') != std::string::npos;
  if (!dotted_numbers) return std::nullopt;
  boost::asio::ip::make_address_v4(entry, failed);
  if (failed) return Complaint{value, "is no address", "write for example 192.0.2.7, or a network: 192.0.2.0/24"};
  return std::nullopt;
}

// One responder, with its place in the document.
class ResponderRules : SectionKeys {
 public:
  ResponderRules(Reader& reader, const std::string& prefix, const Responder& responder)
      : SectionKeys(reader, responders_fields(), prefix), responder_(responder) {}

  void check() {
    check_way();
    need_tenants();
    check_protect();
    if (responder_.secret.reveal() == secret_mask)
      refuse(given("api_key") ? "api_key" : "secret", {{},
                                                       "is what stands in place of a secret that is not shown",
                                                       "write the secret itself, or credential: NAME in its place"});
    if (!is_good("type")) return;
    if (responder_.type == ResponderType::webhook) check_webhook();
    else check_vision_one();
  }

 private:
  void check_way() {
    check_host();
    const bool plain = responder_.protocol == ResponderProtocol::http;
    const std::string where = plain ? "the protocol is http" : "verify_certificate is false";
    if (plain) useless("verify_certificate", where);
    if (plain || !responder_.verify_certificate) useless("ca_file", where);
    else if (!responder_.sensor.empty()) useless("ca_file", "a sensor carries it out, which reads no file for a processor");
    const std::optional<UrlParts> proxy = split_url(responder_.proxy);
    if (proxy && !proxy->user_info.empty())
      refuse("proxy",
             {{}, "holds credentials", "take user and password away, and let the proxy admit this machine by its address"});
  }

  void check_protect() {
    if (!is_good("protect")) return;
    for (const std::string& entry : responder_.guards.protect)
      if (std::optional<Complaint> flaw = flaw_in_protected(entry)) add("protect", *std::move(flaw));
  }

  void check_host() {
    const std::string& host = responder_.host;
    const std::string value = shown_of("host", host);
    if (!given("host") || is_host(host)) return;
    if (host.find("://") != std::string::npos)
      return refuse("host", {value, "holds a scheme", "write the host alone, and the scheme as protocol: https or http"});
    if (host.find('/') != std::string::npos)
      return refuse("host", {value, "holds a path", "write the host alone; a webhook's path is a key of its own"});
    if (host.find(':') != std::string::npos)
      return refuse("host", {value, "holds a port, or brackets", "write the host alone, and the port as port: 8443"});
    refuse("host", {value, "is not a host name or an address", "write for example api.eu.xdr.trendmicro.com"});
  }

  // Exactly one of both: a kept credential, or the secret itself.
  void need_secret(std::string_view secret_key) {
    if (given("credential") && given(secret_key))
      return refuse("credential", {{}, "stands beside " + std::string{secret_key}, "keep one of the two"});
    if (!given("credential") && !given(secret_key))
      refuse("credential", {{},
                            "is missing, and so is " + std::string{secret_key},
                            "keep the secret with `tidegate-processor credential set NAME` and name it here, or give " +
                                std::string{secret_key}});
  }

  void check_vision_one() {
    const std::string where = "the type is trendmicro_visionone";
    for (const std::string_view key : webhook_keys) useless(key, where);
    useless("secret", where + ", whose secret is api_key");
    need_secret("api_key");
    for (const ResponseAction action : all_response_actions) {
      const std::string key = "bodies." + std::string{name(action)};
      if (!responder_.actions.contains(action) && is_good("actions")) useless(key, "actions does not name that action");
      if (const auto body = responder_.bodies.find(action); body != responder_.bodies.end())
        check_template(key, body->second, TemplatePlace::json_body);
    }
  }

  void check_webhook() {
    const std::string where = "the type is webhook";
    useless("api_key", where + ", whose secret is secret");
    useless("actions", where);
    for (const ResponseAction action : all_response_actions) useless("bodies." + std::string{name(action)}, where);
    useless("protect", where + ": what its request does is not known here");
    need("host", where, "write for example tickets.example.net");
    need("path", where, "write for example /hooks/{{record_id}}");
    check_template("path", responder_.webhook.path, TemplatePlace::path_and_query);
    check_template("json_body", responder_.webhook.json_body, TemplatePlace::json_body);
    check_headers();
    if (is_good("auth")) check_auth();
  }

  void check_headers() {
    if (!is_good("headers")) return;
    for (WebhookFlaw& flaw : flaws_in_headers(responder_.webhook))
      add("headers", {shown(nullptr, flaw.header), std::move(flaw.problem), std::move(flaw.remedy)});
  }

  void check_auth() {
    const WebhookSpec& webhook = responder_.webhook;
    const std::string where = "auth is " + std::string{name(webhook.auth)};
    if (webhook.auth != WebhookAuth::basic) useless("username", where);
    if (webhook.auth != WebhookAuth::oauth2)
      for (const std::string_view key : {"token_url", "client_id", "scopes"}) useless(key, where);
    if (webhook.auth != WebhookAuth::header) useless("header_name", where);
    if (webhook.auth == WebhookAuth::none) {
      useless("credential", where);
      return useless("secret", where);
    }
    need_secret("secret");
    if (std::optional<WebhookFlaw> flaw = flaw_in_webhook_secret(webhook.auth, responder_.secret.reveal()); flaw && given("secret"))
      refuse("secret", {{}, std::move(flaw->problem), std::move(flaw->remedy)});
    if (webhook.auth == WebhookAuth::basic) check_basic(where);
    else if (webhook.auth == WebhookAuth::oauth2) check_oauth2(where);
    else check_header(where);
  }

  void check_basic(const std::string& where) {
    need("username", where, "write the name that signs in");
    const std::string& user = responder_.webhook.username;
    if (user.find(':') != std::string::npos)
      refuse("username",
             {shown_of("username", user), "holds a colon, which ends a name in basic authentication", "use another name"});
  }

  void check_oauth2(const std::string& where) {
    need("token_url", where, "write for example https://login.example.net/oauth2/token");
    need("client_id", where, "write the client's id");
    if (const std::string& url = responder_.webhook.token_url; !url.empty() && !url.starts_with("https://"))
      refuse("token_url",
             {shown_of("token_url", url), "is not https, and the client's secret is sent there", "write an https URL"});
    if (!is_good("scopes")) return;
    for (const std::string& scope : responder_.webhook.scopes)  // RFC 6749, section 3.3
      if (scope.find_first_of(" \"\\") != std::string::npos)
        add("scopes", {shown_of("scopes", scope), "is no scope", "write each scope as an element of its own, without blanks"});
  }

  void check_header(const std::string& where) {
    need("header_name", where, "write for example X-Api-Key");
    const WebhookSpec& webhook = responder_.webhook;
    if (webhook.header_name.empty()) return;
    if (std::optional<WebhookFlaw> flaw = flaw_in_secret_header(webhook))
      refuse("header_name", {shown_of("header_name", webhook.header_name), std::move(flaw->problem), std::move(flaw->remedy)});
  }

  const Responder& responder_;
};

}  // namespace

void check_responder(Reader& reader, const std::string& prefix, const Responder& responder) {
  ResponderRules{reader, prefix, responder}.check();
}

}  // namespace tidegate
