#include "agent/remedies.h"

#include <array>

#include "base/check.h"

namespace tidegate {

namespace {

constexpr std::array table{
    CauseText{
        Cause::name_unknown, "name_unknown", "the host name does not resolve",
        "a typing error in api_base_url or proxy, no DNS server on this sensor, or DNS that only a proxy may ask",
        "check region or api_base_url of this connector and the sensor's DNS; where only a proxy reaches the internet, set proxy"},
    CauseText{Cause::refused, "refused", "nobody listens at that address and port, or a firewall answers in its place",
              "a wrong port, a proxy that is not running, or a firewall that rejects",
              "check host and port of api_base_url or proxy, and allow this sensor HTTPS (TCP 443) to the API"},
    CauseText{Cause::no_answer, "no_answer", "nothing came back in time",
              "a firewall that drops packets, a route that is missing, or an API or proxy that is overloaded",
              "allow this sensor HTTPS (TCP 443) to the API or set proxy; if the network is open, test again in some minutes"},
    CauseText{Cause::connection_broken, "connection_broken", "the connection failed or ended in the middle",
              "a firewall or TLS inspection that cuts connections, or no route to the network",
              "check routes, firewall and any inspection device between this sensor and the API"},
    CauseText{Cause::proxy_credentials, "proxy_credentials",
              "the proxy asks for a user name and password, or refuses those it got (407)",
              "proxy without credentials, a password that has changed, or a scheme other than Basic",
              "write proxy as http://user:password@host:port with credentials that the proxy takes"},
    CauseText{Cause::proxy_forbids, "proxy_forbids", "the proxy does not let this sensor through to the API (403)",
              "a rule of the proxy that does not know the API's host", "allow CONNECT to the API's host and port 443 at the proxy"},
    CauseText{Cause::proxy_fails, "proxy_fails", "the proxy did not open the way to the API",
              "the proxy cannot reach or resolve the API, or what listens there is no HTTP proxy",
              "check host and port of proxy, and that the proxy itself reaches the API"},
    CauseText{Cause::no_tls, "no_tls", "the other side does not speak TLS 1.2 or newer",
              "a plain HTTP port, or an old inspection device in between",
              "check the port of api_base_url; exempt the API's host from inspection"},
    CauseText{
        Cause::authority_unknown, "authority_unknown", "the certificate is signed by an authority that this sensor does not trust",
        "TLS inspection with an authority of its own, or a missing or wrong ca_file",
        "set ca_file to the PEM file of the inspecting authority, or exempt the API's host from inspection; without inspection "
        "leave ca_file empty"},
    CauseText{Cause::certificate_expired, "certificate_expired", "the certificate has expired",
              "a certificate of an inspection device that was not renewed, or a clock of this sensor that runs ahead",
              "compare this sensor's clock with the real time, then renew the certificate of whatever shows it"},
    CauseText{Cause::certificate_expires_soon, "certificate_expires_soon", "the certificate expires soon",
              "nothing is wrong yet; public certificates are renewed some weeks before they end",
              "nothing while it is Trend's own; a certificate of your inspection device or relay must be renewed before that day"},
    CauseText{Cause::certificate_not_yet, "certificate_not_yet", "the certificate is not valid yet",
              "a clock of this sensor that is behind", "set this sensor's clock, best by NTP"},
    CauseText{Cause::other_host, "other_host", "the certificate is for another host name",
              "api_base_url with an address or an alias instead of the API's name, or DNS that leads elsewhere",
              "write the API's own host name in api_base_url, or use region; check what the name resolves to"},
    CauseText{Cause::certificate_refused, "certificate_refused", "the certificate is not accepted",
              "a chain or key that breaks the rules, often an inspection device's",
              "see the words beside it; exempt the API's host from inspection, or mend the certificate"},
    CauseText{Cause::ca_file_unusable, "ca_file_unusable", "the authorities to trust cannot be read",
              "ca_file names a file that is missing, not readable for the agent, or not PEM",
              "correct ca_file and its permissions, or leave it empty for the system's authorities"},
    CauseText{Cause::http_400, "http_400", "the API refuses the request itself (400)",
              "an API at that address that does not know these parameters, or a relay in between that changes requests",
              "check region or api_base_url and whatever relays requests; if both are right, report it with the trace id"},
    CauseText{
        Cause::http_401, "http_401", "the API does not accept the token (401)",
        "a token that is malformed, cut, disabled, expired, or of another region",
        "check in the console (Administration, API Keys) that the key is enabled and not expired, that region is the tenant's own, "
        "and that the token was copied whole; else make a new key"},
    CauseText{Cause::http_403, "http_403", "the token is valid, but its role may not do this (403)",
              "a role without the permission, or a scope that excludes the data",
              "give the role of this API key the permission and test again"},
    CauseText{Cause::http_404, "http_404", "the API does not know this path (404)",
              "api_base_url with a path, or a host that is not the Vision One API",
              "use region, or an api_base_url of the form https://api.xdr.trendmicro.com"},
    CauseText{Cause::http_413, "http_413", "the request is too large (413)",
              "a proxy or relay with a small limit: requests of this agent are far below the API's limit of 1 MB",
              "raise the request limit of the proxy or relay in between"},
    CauseText{Cause::http_429, "http_429", "too many requests in the last minute (429)",
              "others who use the same token, or requests_per_minute above what this tenant is granted",
              "it passes by itself; if it lasts, lower requests_per_minute or give this connector an API key of its own"},
    CauseText{Cause::http_500, "http_500", "the API failed (500)", "a fault at Trend, usually brief",
              "test again in some minutes; if it lasts, ask Trend's support with the trace id"},
    CauseText{Cause::http_502, "http_502", "a gateway got no usable answer from the API (502)",
              "maintenance or a fault at Trend, or a proxy that cannot reach the API",
              "test again in some minutes; if it lasts, see whether the proxy in between answers so"},
    CauseText{Cause::http_503, "http_503", "the API is not available (503)",
              "maintenance or overload at Trend, or a proxy that answers in its place",
              "test again in some minutes; collection goes on by itself when the API does"},
    CauseText{Cause::http_504, "http_504", "the API did not finish in its 60 seconds (504)",
              "a slow moment at Trend, or too much asked for at once",
              "it passes by itself, since collection asks for smaller windows; if it lasts, lower window of this connector"},
    CauseText{Cause::http_other, "http_other", "an answer that the API is not known to give",
              "a proxy, relay or sign-in page that answers in its place",
              "see status and words beside it; check api_base_url and whatever stands between this sensor and the API"},
    CauseText{Cause::not_json, "not_json", "the answer is not the API's: no JSON",
              "a sign-in page or block page of a proxy, a console address instead of the API's, or an answer that was cut",
              "check that api_base_url names an API host (api.…) and that no proxy or portal answers in its place"},
    CauseText{Cause::link_expired, "link_expired", "the link to the next page has expired (error 1010550)",
              "pages that were read too slowly for the API",
              "nothing: the window is read again by itself; if it lasts, lower window or window_records_max"},
    CauseText{Cause::clock_off, "clock_off", "this sensor's clock and the API's differ",
              "no time service on this sensor, or a virtual machine that was paused",
              "set this sensor's clock by NTP: certificates are judged and log lines dated by it"},
    CauseText{Cause::token_unreadable, "token_unreadable", "there is no token to send",
              "bearer_token_file is missing, empty, not readable for the agent, or holds more than one line",
              "write the token into bearer_token_file as one line that the agent may read, or use bearer_token"},
    CauseText{Cause::token_odd, "token_odd", "the token does not look like one of Vision One",
              "a token that was cut when it was copied, or a key of another product: Vision One's are three parts with dots, "
              "usually more "
              "than 500 characters",
              "copy the token again, whole; it is shown once, so a new API key may be needed"},
    CauseText{Cause::token_expired, "token_expired", "the token has expired", "API keys live a year unless chosen otherwise",
              "make a new API key in the console (Administration, API Keys) and put its token into this connector"},
    CauseText{Cause::token_expires_soon, "token_expires_soon", "the token expires soon",
              "API keys live a year unless chosen otherwise",
              "make a new API key in the console (Administration, API Keys) before that day and put its token into this connector"},
};

}  // namespace

std::span<const CauseText> causes() { return table; }

const CauseText& text_of(Cause cause) {
  const auto at = static_cast<std::size_t>(cause);
  TG_ASSERT(at < table.size() && table[at].cause == cause, "the table of causes is in the order of the enumerators");
  return table[at];
}

std::string cause_sentence(Cause cause) {
  const CauseText& text = text_of(cause);
  return std::string{text.meaning}.append("; likely: ").append(text.likely);
}

std::string remedy_sentence(Cause cause, std::optional<ContentType> content) {
  std::string sentence{text_of(cause).remedy};
  if (cause == Cause::http_403 && content)
    sentence.append("; ").append(name(*content)).append(" needs \"").append(permission_of(*content)).append("\"");
  return sentence;
}

std::optional<Cause> cause_of_status(unsigned status) {
  switch (status) {
    case 400: return Cause::http_400;
    case 401: return Cause::http_401;
    case 403: return Cause::http_403;
    case 404: return Cause::http_404;
    case 407: return Cause::proxy_credentials;
    case 408: return Cause::no_answer;
    case 413: return Cause::http_413;
    case 429: return Cause::http_429;
    case 500: return Cause::http_500;
    case 502: return Cause::http_502;
    case 503: return Cause::http_503;
    case 504: return Cause::http_504;
    default: break;
  }
  if (status < 300) return std::nullopt;
  return Cause::http_other;
}

std::string_view permission_of(ContentType content) {
  switch (content) {
    case ContentType::alerts: return "Workbench: View, filter, and search";
    case ContentType::audit_logs: return "Audit Logs: View, filter, and search; Export and Download";
    case ContentType::observed_attack_techniques: return "Observed Attack Techniques: View, filter, and search";
  }
  return "";
}

}  // namespace tidegate
