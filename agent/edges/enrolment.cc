#include "agent/edges/enrolment.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "transport/deadline.h"
#include "transport/http_client.h"
#include "transport/query_string.h"
#include "transport/shown_chain.h"
#include "transport/tls_probe.h"

namespace tidegate {
namespace {

using std::chrono::seconds;

constexpr seconds reach_max{20};  // of the name, TCP and TLS, each time they are gone through
constexpr seconds enrolment_answer_max{30};
constexpr std::size_t answer_bytes_max = identity_pem_bytes_max;
constexpr std::size_t refusal_bytes_max = 256;

std::string plural(std::size_t count, std::string_view what) {
  return std::to_string(count).append(" ").append(what).append(count == 1 ? "" : "s");
}

// The one certificate of that fingerprint among those that the server shows.
Result<std::string> pinned_root(const std::vector<std::string>& chain, const std::string& fingerprint) {
  std::string seen;
  for (const std::string& pem : chain) {
    const Result<CertificateFacts> facts = certificate_facts(pem);
    if (!facts) continue;
    if (facts->fingerprint != fingerprint) {
      seen.append(seen.empty() ? "" : ", ").append(facts->common_name).append(" ").append(facts->fingerprint);
      continue;
    }
    if (facts->signs_itself) return pem;
    return Error{Code::denied, "--ca-sha256 " + fingerprint + ": this is the certificate of '" + facts->common_name +
                                   "', which is no root authority; give the fingerprint of the authority itself, as the "
                                   "processor shows it beside the token"};
  }
  return Error{Code::denied,
               "--ca-sha256 " + fingerprint + ": none of the " + plural(chain.size(), "certificate") +
                   " that the server shows has this fingerprint (it shows " + seen +
                   "); the token was not sent: compare the fingerprint with the one that the processor shows, and make "
                   "sure that nothing stands between this sensor and the processor"};
}

asio::awaitable<Result<TlsContextPtr>> trust_of(const EnrolmentPlan& plan, const Url& url) {
  if (plan.ca_sha256.empty()) {
    const TlsClientFiles files{.ca_file = plan.ca_file};
    Result<TlsContextPtr> tls = make_client_tls(files);
    if (!tls) co_return std::move(tls).error().in("--ca-file");
    co_return tls;
  }
  Result<std::vector<std::string>> chain = co_await shown_chain(url, reach_max);
  if (!chain) co_return std::move(chain).error().in("processor");
  Result<std::string> root = pinned_root(*chain, plan.ca_sha256);
  if (!root) co_return std::move(root).error();
  TlsClientPems pems;
  pems.ca_pem = *std::move(root);
  co_return make_client_tls_of(pems);
}

std::string names_of(const std::optional<PeerCertificate>& certificate) {
  std::string names;
  if (!certificate) return "no name";
  for (const std::string& name : certificate->names) names.append(names.empty() ? "" : ", ").append(name);
  return names.empty() ? "no name" : names;
}

// Each with what to do about it.
Error reach_error(const SecuredTls& found, const EnrolmentPlan& plan, const Url& url, WallTime now) {
  const std::string place = url.authority();
  const auto denied = [&](std::string why) { return Error{Code::denied, place + ": " + std::move(why)}; };
  const std::optional<PeerCertificate>& shown = found.certificate;
  switch (found.trouble) {
    case ReachTrouble::authority_unknown:
      return denied("its certificate" + (shown ? ", issued by '" + shown->issuer + "'," : std::string{}) +
                    " is not signed by an authority that is trusted here; give the processor's authority with --ca-file, or its "
                    "fingerprint with --ca-sha256; the token was not sent");
    case ReachTrouble::other_host:
      return denied("its certificate is for another host name (it is for " + names_of(shown) + "), not for '" + plan.host +
                    "'; give --processor with one of its names, or add the name to processor.names there; the token was not sent");
    case ReachTrouble::certificate_expired:
      return denied("its certificate ended " + (shown ? to_iso8601(shown->not_after) : std::string{"already"}) +
                    ", and this sensor's clock says " + to_iso8601(now) +
                    "; set this sensor's clock, best by NTP, or renew the processor's certificate; the token was not sent");
    case ReachTrouble::certificate_not_yet:
      return denied("its certificate begins " + (shown ? to_iso8601(shown->not_before) : std::string{"later"}) +
                    ", and this sensor's clock says " + to_iso8601(now) +
                    "; set this sensor's clock, best by NTP; the token was not sent");
    case ReachTrouble::certificate_refused: return denied(found.words + "; the token was not sent");
    case ReachTrouble::no_tls:
      return Error{Code::unavailable, place + ": it does not speak TLS; give --processor with the control port, which is " +
                                          std::to_string(control_port) + " unless listen.control says otherwise"};
    default: return Error{Code::unavailable, found.words};
  }
}

Error not_reached(const Reached& found, const Url& url) {
  const std::string port = "TCP " + std::to_string(url.port);
  switch (found.trouble) {
    case ReachTrouble::name_unknown:
      return Error{Code::unavailable, found.words + "; check the name in --processor and this sensor's DNS"};
    case ReachTrouble::refused:
      return Error{Code::unavailable,
                   found.words + "; check that the processor runs with listen.control, and that " + port + " is its control port"};
    case ReachTrouble::stopped: return Error{Code::cancelled, found.words};
    default: return Error{Code::unavailable, found.words + "; allow this sensor " + port + " to the processor"};
  }
}

// The way to the processor, verified as the request's own connection will be, to say exactly where it ends.
asio::awaitable<Result<void>> go_the_way(const EnrolmentPlan& plan, const Url& url, TlsContextPtr tls, const Clock& clock) {
  TlsProbe probe{url, std::nullopt, std::move(tls)};
  const ResolvedName name = co_await probe.resolve();
  if (name.trouble != ReachTrouble::none) co_return not_reached(name, url);
  const ConnectedTcp connected = co_await probe.connect();
  if (connected.trouble != ReachTrouble::none) co_return not_reached(connected, url);
  const SecuredTls secured = co_await probe.secure();
  if (secured.trouble == ReachTrouble::stopped) co_return not_reached(secured, url);
  if (secured.trouble != ReachTrouble::none) co_return reach_error(secured, plan, url, clock.wall());
  co_return Result<void>{};
}

// What the processor says, as one line that does no harm to a terminal.
std::string one_line(std::string_view body) {
  std::string line{body.substr(0, std::min(body.find_first_of("\r\n"), refusal_bytes_max))};
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  return line.empty() ? "no reason given" : line;
}

Error refusal(const HttpResponse& response, const Url& url) {
  const std::string said = url.authority() + ": " + one_line(response.body) + " (HTTP " + std::to_string(response.status) + ")";
  switch (response.status) {
    case 400:
    case 413:
    case 415: return Error{Code::denied, said + "; check --name, and that agent and processor are of versions that fit"};
    case 401:
    case 403:
      return Error{Code::denied, said + "; ask for a new token, or see with `tidegate-processor token list` what became of it"};
    case 404:
    case 405: return Error{Code::denied, said + "; this is no control port of a Tidegate processor: check --processor"};
    case 409: return Error{Code::denied, said + "; choose another --name, or ask for a token that may replace this sensor"};
    case 429:
    case 503: {
      const std::optional<std::string_view> after = response.header("Retry-After");
      return Error{Code::unavailable, said + "; try again " + (after ? "in " + one_line(*after) + " s" : std::string{"later"})};
    }
    default: break;
  }
  const Code code = response.status < 500 ? Code::denied : Code::unavailable;
  return Error{code, said + "; see the log of the processor"};
}

// The sensor's certificate first, then the authorities.
Result<Enrolled> accepted(std::string_view body, const Secret& key, const Url& url, WallTime now) {
  const auto unusable = [&](std::string_view why) {
    return Error{Code::denied, url.authority() + ": its answer cannot be used: " + std::string{why}};
  };
  Result<std::vector<std::string>> certificates = split_certificates(body);
  if (!certificates) return unusable(certificates.error().text());
  if (certificates->size() < 2) return unusable("there is no authority beside the sensor's certificate");
  Enrolled enrolled;
  enrolled.certificate_pem = certificates->front();
  for (std::size_t i = 1; i < certificates->size(); ++i) enrolled.ca_pem.append((*certificates)[i]);
  if (const Result<void> ours = key_belongs_to(key, enrolled.certificate_pem); !ours) return unusable(ours.error().text());
  if (const Result<void> signature = signed_by(enrolled.certificate_pem, enrolled.ca_pem); !signature)
    return unusable(signature.error().text());
  Result<CertificateFacts> facts = certificate_facts(enrolled.certificate_pem);
  if (!facts) return unusable(facts.error().text());
  if (now < facts->not_before || now >= facts->not_after)
    return unusable("the certificate is valid from " + to_iso8601(facts->not_before) + " to " + to_iso8601(facts->not_after) +
                    ", and this sensor's clock says " + to_iso8601(now) +
                    "; set the clock, best by NTP, and run the command again: it costs no further use of the token");
  enrolled.certificate = *std::move(facts);
  return enrolled;
}

asio::awaitable<Result<Enrolled>> ask(const EnrolmentPlan& plan, const Url& url, TlsContextPtr tls, const Secret& key,
                                      const Clock& clock) {
  const Result<std::string> csr = make_certificate_request(key, plan.sensor);
  if (!csr) co_return csr.error();
  HttpRequest request;
  request.method = "POST";
  request.url = "https://" + url.authority() + url.target;
  request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  request.body.append("sensor=").append(percent_encoded(plan.sensor));
  request.body.append("&token=").append(percent_encoded(plan.token.reveal()));
  request.body.append("&csr=").append(percent_encoded(*csr));
  HttpClientOptions options;
  options.tls = std::move(tls);
  options.limits.body_bytes_max = answer_bytes_max;
  HttpClient client{std::move(options)};
  const Result<HttpResponse> response = co_await client.send(std::move(request), enrolment_answer_max);
  if (!response) co_return response.error();
  if (response->status != 200) co_return refusal(*response, url);
  co_return accepted(response->body, key, url, clock.wall());
}

}  // namespace

asio::awaitable<Result<Enrolled>> enrol(EnrolmentPlan plan, Secret key, const Clock& clock) {
  const bool v6 = plan.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + plan.host + "]" : plan.host;
  const Result<Url> url = parse_url("https://" + host + ":" + std::to_string(plan.port) + "/v1/enroll");
  if (!url) co_return Error{Code::invalid, "--processor: " + url.error().text()};
  const Result<TlsContextPtr> tls = co_await trust_of(plan, *url);
  if (!tls) co_return tls.error();
  const Result<void> way = co_await with_deadline(go_the_way(plan, *url, *tls, clock), reach_max, url->authority());
  if (!way && way.error().code() == Code::timeout)
    co_return Error{Code::timeout,
                    way.error().text() + "; allow this sensor TCP " + std::to_string(url->port) + " to the processor"};
  if (!way) co_return way.error();
  co_return co_await ask(plan, *url, *tls, key, clock);
}

}  // namespace tidegate
