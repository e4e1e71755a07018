#include "agent/edges/connector_probe.h"

#include <simdjson.h>

#include <utility>

#include "agent/edges/vision_one_sources.h"
#include "config/token.h"
#include "transport/proxy_tunnel.h"

namespace tidegate {
namespace {

constexpr std::string_view connectivity_path = "/v3.0/healthcheck/connectivity";
constexpr std::chrono::seconds connectivity_max{30};
constexpr std::size_t json_bytes_looked_at = 64u << 10;

std::optional<Cause> cause_of(ReachTrouble trouble) {
  switch (trouble) {
    case ReachTrouble::none: return std::nullopt;
    case ReachTrouble::name_unknown: return Cause::name_unknown;
    case ReachTrouble::refused: return Cause::refused;
    case ReachTrouble::silent:
    case ReachTrouble::stopped: return Cause::no_answer;
    case ReachTrouble::broken: return Cause::connection_broken;
    case ReachTrouble::proxy_credentials: return Cause::proxy_credentials;
    case ReachTrouble::proxy_forbids: return Cause::proxy_forbids;
    case ReachTrouble::proxy_fails: return Cause::proxy_fails;
    case ReachTrouble::no_tls: return Cause::no_tls;
    case ReachTrouble::authority_unknown: return Cause::authority_unknown;
    case ReachTrouble::certificate_expired: return Cause::certificate_expired;
    case ReachTrouble::certificate_not_yet: return Cause::certificate_not_yet;
    case ReachTrouble::other_host: return Cause::other_host;
    case ReachTrouble::certificate_refused: return Cause::certificate_refused;
  }
  return Cause::connection_broken;
}

// Of an error without an HTTP status.
Cause cause_of(const Error& error) {
  switch (error.code()) {
    case Code::timeout:
    case Code::cancelled: return Cause::no_answer;
    case Code::unavailable: return Cause::connection_broken;
    case Code::throttled: return Cause::http_429;
    case Code::corrupt: return Cause::not_json;
    case Code::absent: return Cause::link_expired;
    default: return Cause::http_other;
  }
}

void note(Evidence& evidence, std::string_view name, std::string text) {
  if (!text.empty()) evidence.push_back({std::string{name}, std::move(text)});
}

void note_number(Evidence& evidence, std::string_view name, std::int64_t number) {
  evidence.push_back({std::string{name}, number});
}

bool json_object(ByteView body) {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  return body.size() <= json_bytes_looked_at && parser.parse(body.data(), body.size()).get(root) == simdjson::SUCCESS;
}

void take(Finding& finding, const Reached& reached) {
  finding.cause = cause_of(reached.trouble);
  finding.words = reached.words;
}

// An error of the API, or of the way to it.
void take(Finding& finding, const Error& error) {
  finding.words = error.text();
  const std::optional<AnswerFacts> facts = answer_facts(error);
  if (!facts) {
    finding.cause = cause_of(error);
    return;
  }
  finding.cause = error.code() == Code::absent ? Cause::link_expired : cause_of_status(facts->status).value_or(Cause::http_other);
  note_number(finding.evidence, "http_status", facts->status);
  note(finding.evidence, "api_code", facts->code);
  note(finding.evidence, "api_message", facts->message);
  note(finding.evidence, "trace_id", facts->trace_id);
}

void note_certificate(TlsFinding& finding, const PeerCertificate& certificate) {
  finding.not_after = certificate.not_after;
  note(finding.evidence, "subject", certificate.subject);
  if (!certificate.names.empty()) finding.evidence.push_back({"names", certificate.names});
  note(finding.evidence, "issuer", certificate.issuer);
  note(finding.evidence, "not_before", to_iso8601(certificate.not_before));
  note(finding.evidence, "not_after", to_iso8601(certificate.not_after));
}

// The proxy's URL may hold a password: of it only the reason is told.
Result<std::unique_ptr<TlsProbe>> way_to(const ConnectorConfig& connector, const Result<TlsContextPtr>& tls) {
  Result<Url> target = parse_url(connector.api_base_url);
  if (!target)
    return Error{Code::invalid, "api_base_url '" + connector.api_base_url + "': " + target.error().text() +
                                    "; write it as https://api.xdr.trendmicro.com, or use region"};
  std::optional<Url> proxy;
  if (!connector.proxy.empty()) {
    Result<Url> parsed = parse_proxy(connector.proxy.reveal());
    if (!parsed) return Error{Code::invalid, parsed.error().text() + "; write it as http://user:password@host:port"};
    proxy = *std::move(parsed);
  }
  return std::make_unique<TlsProbe>(*std::move(target), std::move(proxy), tls ? *tls : TlsContextPtr{});
}

}  // namespace

VisionOneProbe::VisionOneProbe(const ConnectorConfig& connector, SourceFactory& sources, Surroundings around, Metrics& metrics)
    : connector_(connector),
      sources_(sources),
      around_(around),
      metrics_(metrics),
      tls_(make_client_tls({connector.ca_file, {}, {}})),
      way_(way_to(connector, tls_)) {}

VisionOneProbe::~VisionOneProbe() = default;

asio::awaitable<Finding> VisionOneProbe::resolve() {
  Finding finding;
  if (!way_) {
    finding.cause = parse_url(connector_.api_base_url) ? Cause::proxy_fails : Cause::http_other;
    finding.words = way_.error().text();
    co_return finding;
  }
  const ResolvedName name = co_await (*way_)->resolve();
  take(finding, name);
  note(finding.evidence, connector_.proxy.empty() ? "host" : "proxy_host", name.host);
  if (!name.addresses.empty()) finding.evidence.push_back({"addresses", name.addresses});
  co_return finding;
}

asio::awaitable<Finding> VisionOneProbe::connect() {
  Finding finding;
  const ConnectedTcp connected = co_await (*way_)->connect();
  take(finding, connected);
  note(finding.evidence, connector_.proxy.empty() ? "address" : "proxy_address", connected.endpoint);
  if (connected.proxy_status) note_number(finding.evidence, "proxy_status", *connected.proxy_status);
  co_return finding;
}

asio::awaitable<TlsFinding> VisionOneProbe::secure() {
  TlsFinding finding;
  if (!tls_) {
    finding.cause = Cause::ca_file_unusable;
    finding.words = tls_.error().text();
    co_return finding;
  }
  const SecuredTls secured = co_await (*way_)->secure();
  take(finding, secured);
  note(finding.evidence, "protocol", secured.protocol);
  if (secured.certificate) note_certificate(finding, *secured.certificate);
  co_return finding;
}

asio::awaitable<AnswerFinding> VisionOneProbe::ask() {
  AnswerFinding finding;
  const Result<Secret> secret = load_token(connector_);
  if (!secret) {
    finding.cause = Cause::token_unreadable;
    finding.words = secret.error().text();
    co_return finding;
  }
  Result<HttpSend> send = make_http_send(connector_);
  if (!send) {
    finding.cause = Cause::ca_file_unusable;
    finding.words = send.error().text();
    co_return finding;
  }
  VisionOneOptions options;
  options.lane = Lane::own_events;  // it is about the agent itself, no content type
  options.connector = connector_.name;
  options.api_base_url = connector_.api_base_url;
  options.token = [&secret] { return secret; };
  options.deadline = connectivity_max;
  RequestBudget budget{around_.clock, connector_.requests_per_minute};
  ApiCall call{std::move(options), *std::move(send), budget, around_, metrics_};
  HttpRequest request;
  request.url = connector_.api_base_url;
  request.url.append(connectivity_path);
  request.headers.push_back({"Accept", "application/json"});
  const Result<ApiAnswer> answer = co_await call.send(std::move(request));
  if (!answer) {
    take(finding, answer.error());
    co_return finding;
  }
  const HttpResponse& response = answer->response;
  finding.status = response.status;
  finding.clock_offset = call.clock_offset();
  const bool json = json_object(response.body);
  if (response.status == 200) {
    note_number(finding.evidence, "http_status", response.status);
    note(finding.evidence, "trace_id", answer->trace_id);
    if (!json) {
      finding.cause = Cause::not_json;
      finding.words = "HTTP 200 with a body that is no JSON";
    }
    co_return finding;
  }
  take(finding, answer->error(PageKind::first));
  // A 403 for people is a block page of something in between: the API refuses in JSON.
  if (response.status == 403 && !json && !response.body.empty()) finding.cause = Cause::not_json;
  co_return finding;
}

asio::awaitable<TokenFinding> VisionOneProbe::token(ReadToken how) {
  TokenFinding finding;
  const Result<Secret> secret = load_token(connector_);
  if (!secret) {
    finding.cause = Cause::token_unreadable;
    finding.words = secret.error().text();
    co_return finding;
  }
  const TokenShape shape = shape_of(secret->reveal());
  finding.shaped = shape.usual();
  note_number(finding.evidence, "length", static_cast<std::int64_t>(shape.bytes));
  note_number(finding.evidence, "dots", static_cast<std::int64_t>(shape.dots));
  note(finding.evidence, "region", connector_.region);
  finding.expiry = expiry_from_claims(read_claims(secret->reveal()));
  if (how == ReadToken::shape_only) co_return finding;
  Result<HttpSend> send = make_http_send(connector_);
  if (!send) co_return finding;
  TokenExpiryReader reader{connector_, *std::move(send), around_, metrics_};
  finding.expiry = co_await reader.read();
  if (reader.status()) note_number(finding.evidence, "api_keys_status", *reader.status());
  co_return finding;
}

asio::awaitable<Finding> VisionOneProbe::read(ContentType content, WallSeconds from, WallSeconds to) {
  Finding finding;
  // In the background: collection goes first, and no data pipeline is registered for a test.
  const Result<std::unique_ptr<Source>> source = sources_.make_source(connector_, lane_of(content), Urgency::background);
  if (!source) {
    take(finding, source.error());
    co_return finding;
  }
  PageRequest request;
  request.from = from;
  request.to = to;
  Result<Bytes> body = co_await (*source)->poll(request);
  note(finding.evidence, "from", to_iso8601(from));
  note(finding.evidence, "to", to_iso8601(to));
  if (!body) {
    take(finding, body.error());
    co_return finding;
  }
  const Result<Page> page = (*source)->parse(request, *std::move(body));
  if (!page) {
    take(finding, page.error());
    co_return finding;
  }
  note_number(finding.evidence, "http_status", 200);
  note_number(finding.evidence, "records", static_cast<std::int64_t>(page->records.size()));
  if (page->total_count >= 0) note_number(finding.evidence, "total_count", page->total_count);
  note(finding.evidence, "more_pages", page->next_link.empty() ? "no" : "yes");
  co_return finding;
}

}  // namespace tidegate
