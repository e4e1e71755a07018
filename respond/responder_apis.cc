#include "respond/responder_apis.h"

#include <memory>
#include <utility>

#include "respond/vision_one_actions.h"
#include "respond/webhook_request.h"
#include "transport/deadline.h"
#include "transport/http_client.h"
#include "transport/tls_probe.h"
#include "transport/url.h"

namespace tidegate {
namespace {

constexpr std::size_t responder_answer_bytes_max = 16u << 20;  // a page of the list of tasks
constexpr std::chrono::seconds reach_deadline{30};

Result<TlsContextPtr> responder_tls(const Responder& responder) {
  if (!responder.verify_certificate) return make_unverified_client_tls();
  return make_client_tls({responder.ca_file, {}, {}});
}

HttpClientOptions client_options(const Responder& responder, TlsContextPtr tls) {
  HttpClientOptions options;
  options.tls = std::move(tls);
  options.proxy = responder.proxy;
  options.limits.body_bytes_max = responder_answer_bytes_max;
  return options;
}

// Over a client of its own: it waits for no other request, and no connection is kept on which it might be sent twice (P9).
asio::awaitable<Result<HttpResponse>> send_alone(HttpClientOptions options, HttpRequest request,
                                                 std::chrono::nanoseconds deadline) {
  HttpClient client{std::move(options)};
  co_return co_await client.send(std::move(request), deadline);
}

HttpSend each_alone(HttpClientOptions options) {
  return [options = std::move(options)](HttpRequest request, std::chrono::nanoseconds deadline) {
    return send_alone(options, std::move(request), deadline);
  };
}

// What only reads may be repeated, and goes over one kept connection.
HttpSend writes_alone(HttpClientOptions options) {
  // Shared with the function that sends, which is copied, as clients are not.
  const auto reads = std::make_shared<HttpClient>(options);
  return [reads, options = std::move(options)](HttpRequest request, std::chrono::nanoseconds deadline) {
    return request.method == "GET" ? reads->send(std::move(request), deadline) : send_alone(options, std::move(request), deadline);
  };
}

std::shared_ptr<VisionOneActions> visionone_of(const Responder& responder, TlsContextPtr tls, Secret secret, Clock& clock,
                                               Random& random) {
  VisionOneActionsOptions options;
  options.origin = origin_of(responder);
  options.token = std::move(secret);
  HttpSend send = writes_alone(client_options(responder, std::move(tls)));
  return std::make_shared<VisionOneActions>(std::move(options), std::move(send), clock, random);
}

asio::awaitable<Result<std::string>> reach(Url url, std::optional<Url> proxy, TlsContextPtr tls) {
  TlsProbe way{url, std::move(proxy), std::move(tls)};
  const ResolvedName resolved = co_await way.resolve();
  if (resolved.trouble != ReachTrouble::none) co_return Error{Code::unavailable, resolved.words};
  const ConnectedTcp connected = co_await way.connect();
  if (connected.trouble != ReachTrouble::none) co_return Error{Code::unavailable, connected.words};
  const std::string there = url.authority() + " is reached";
  constexpr std::string_view rest = "; no request was sent, so whether it obeys is known only when it does";
  if (!url.tls()) co_return there + std::string{rest};
  const SecuredTls secured = co_await way.secure();
  if (secured.trouble != ReachTrouble::none) co_return Error{Code::unavailable, secured.words};
  co_return there + " over " + secured.protocol + std::string{rest};
}

}  // namespace

Result<ResponderApi> ResponderApis::make(const Responder& responder, Secret secret) {
  Result<TlsContextPtr> tls = responder_tls(responder);
  if (!tls) return std::move(tls).error();
  ResponderApi api;
  if (responder.type == ResponderType::trendmicro_visionone) {
    api.actions = visionone_of(responder, *std::move(tls), std::move(secret), clock_, random_);
    return api;
  }
  // The client's secret of OAuth 2 is shown to nobody whose certificate was not verified.
  Result<TlsContextPtr> verified = make_client_tls({responder.ca_file, {}, {}});
  if (!verified) return std::move(verified).error();
  WebhookRequestsOptions options;
  options.origin = origin_of(responder);
  options.spec = responder.webhook;
  options.secret = std::move(secret);
  Result<std::unique_ptr<WebhookRequests>> webhook =
      WebhookRequests::make(std::move(options), each_alone(client_options(responder, *std::move(tls))),
                            each_alone(client_options(responder, *std::move(verified))), clock_);
  if (!webhook) return std::move(webhook).error();
  api.webhook = *std::move(webhook);
  return api;
}

asio::awaitable<Result<std::string>> ResponderApis::probe(Responder responder, Secret secret) {
  Result<TlsContextPtr> tls = responder_tls(responder);
  if (!tls) co_return std::move(tls).error();
  if (responder.type == ResponderType::trendmicro_visionone) {
    const std::shared_ptr<VisionOneActions> actions = visionone_of(responder, *std::move(tls), std::move(secret), clock_, random_);
    co_return co_await actions->probe();
  }
  const Result<Url> url = parse_url(origin_of(responder));
  if (!url) co_return url.error();
  std::optional<Url> proxy;
  if (!responder.proxy.empty()) {
    Result<Url> through = parse_url(responder.proxy);
    if (!through) co_return std::move(through).error().in("proxy");
    proxy = *std::move(through);
  }
  co_return co_await with_deadline(reach(*url, std::move(proxy), *std::move(tls)), reach_deadline, url->authority());
}

}  // namespace tidegate
