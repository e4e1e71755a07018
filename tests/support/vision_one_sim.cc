#include "tests/support/vision_one_sim.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>

#include "base/check.h"
#include "base/id128.h"
#include "tests/support/vision_one_actions.h"
#include "tests/support/vision_one_answers.h"
#include "tests/support/vision_one_faults.h"
#include "tests/support/vision_one_keys.h"
#include "tests/support/vision_one_lists.h"
#include "tests/support/vision_one_pipeline.h"

namespace tidegate {
namespace {

constexpr auto rate_interval = std::chrono::seconds{60};
constexpr std::size_t request_body_max = 1'000'000;
constexpr std::string_view alerts_path = "/v3.0/workbench/alerts";
constexpr std::string_view audit_logs_path = "/v3.0/audit/logs";
constexpr std::string_view techniques_path = "/v3.0/oat/detections";
constexpr std::string_view connectivity_path = "/v3.0/healthcheck/connectivity";
constexpr std::string_view tasks_path = "/v3.0/response/tasks";
constexpr std::string_view api_keys_path = "/v3.0/iam/apiKeys";

// Longest filters that the API takes, by feed.
constexpr std::array<std::size_t, feed_count> filter_bytes_max{5000, 1024, 4000};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The id behind "path/", where the whole is nothing else.
std::string_view id_below(std::string_view whole, std::string_view path) {
  if (!whole.starts_with(path) || whole.size() < path.size() + 2 || whole[path.size()] != '/') return {};
  whole.remove_prefix(path.size() + 1);
  return whole.find('/') == std::string_view::npos ? whole : std::string_view{};
}

Endpoint endpoint_of(std::string_view method, std::string_view path) {
  if (const auto endpoint = Pipelines::endpoint_of(method, path)) return *endpoint;
  if (method == "POST") return Actions::takes(path) ? Endpoint::actions : Endpoint::unknown;
  if (method != "GET") return Endpoint::unknown;
  if (path == alerts_path) return Endpoint::alerts;
  if (path == audit_logs_path) return Endpoint::audit_logs;
  if (path == techniques_path) return Endpoint::techniques;
  if (path == connectivity_path) return Endpoint::connectivity;
  if (path == tasks_path) return Endpoint::tasks;
  if (path == api_keys_path) return Endpoint::api_keys;
  if (!id_below(path, alerts_path).empty()) return Endpoint::alert;
  if (!id_below(path, tasks_path).empty()) return Endpoint::task;
  return Endpoint::unknown;
}

SimResponse unknown_path() { return error_answer({.status = 404, .code = "NotFound", .message = "Not found."}); }

}  // namespace

std::string_view header(const SimHeaders& headers, std::string_view name) {
  const auto same = [name](const auto& field) {
    return std::equal(field.first.begin(), field.first.end(), name.begin(), name.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
  };
  const auto found = std::find_if(headers.begin(), headers.end(), same);
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

struct VisionOneSim::Parts {
  Parts(const SimOptions& given, Seed seed)
      : options(given),
        archive(given.data, seed),
        pipelines(archive, Seed{seed.value ^ 0xC2B2AE3D27D4EB4Fu}),
        faults(Seed{seed.value ^ 0xA24BAED4963EE407u}),
        traces(Seed{seed.value ^ 0x9FB21C651E98DF25u}) {}

  SimOptions options;
  SimArchive archive;
  Pipelines pipelines;
  Actions actions;
  FaultPlan faults;
  Random traces;
  WallTime latest{};
  std::array<std::deque<WallTime>, endpoint_count> recent;  // of each endpoint's requests in the last minute
  SimStats totals;
  std::map<std::pair<Endpoint, unsigned>, std::uint64_t> requests;

  SimResponse answer(const SimRequest& request, const Target& target, Endpoint endpoint);
  SimResponse admitted(const SimRequest& request, const Target& target, Endpoint endpoint, std::optional<FaultKind> fault);
  SimResponse list(Feed feed, const SimRequest& request, const Target& target, const LinkRules& rules);
  SimResponse alert(std::string_view id) const;
  SimResponse ledger_file(WallTime now) const;
  std::optional<SimResponse> refuse(const SimRequest& request, Endpoint endpoint);
  LinkRules link_rules(const SimRequest& request, Endpoint endpoint, std::optional<FaultKind> fault) const;
};

// What keeps a request from the API itself.
std::optional<SimResponse> VisionOneSim::Parts::refuse(const SimRequest& request, Endpoint endpoint) {
  const ServeOptions& serve = options.serve;
  static constexpr std::string_view scheme = "Bearer ";
  const std::string_view credentials = header(request.headers, "Authorization");
  const std::string_view token = credentials.starts_with(scheme) ? credentials.substr(scheme.size()) : std::string_view{};
  const bool known = !token.empty() && std::find(serve.tokens.begin(), serve.tokens.end(), token) != serve.tokens.end();
  if (!known || (serve.tokens_expire && latest >= *serve.tokens_expire)) return invalid_credentials();
  if (std::find(serve.forbidden.begin(), serve.forbidden.end(), endpoint) != serve.forbidden.end())
    return error_answer({.status = 403, .code = "AccessDenied", .message = "Access denied. Insufficient permissions."});
  if (serve.rate_limit > 0) {
    std::deque<WallTime>& times = recent[static_cast<std::size_t>(endpoint)];
    while (!times.empty() && times.front() <= latest - rate_interval) times.pop_front();
    if (times.size() >= serve.rate_limit) return too_many_requests(serve);
    times.push_back(latest);
  }
  if (request.body.size() > request_body_max)
    return error_answer({.status = 413, .code = "RequestEntityTooLarge", .message = "Request body too large."});
  return std::nullopt;
}

LinkRules VisionOneSim::Parts::link_rules(const SimRequest& request, Endpoint endpoint, std::optional<FaultKind> fault) const {
  const ServeOptions& serve = options.serve;
  LinkRules rules;
  rules.base_url = serve.base_url;
  if (rules.base_url.empty()) {
    const std::string_view host = header(request.headers, "Host");
    rules.base_url.append(request.secure ? "https://" : "http://").append(host.empty() ? "api.xdr.trendmicro.com" : host);
  }
  rules.lifetime = serve.link_lifetime;
  rules.raw_spaces = serve.spaces_in_alert_links && endpoint == Endpoint::alerts;
  rules.beta = serve.beta_links;
  rules.endless = fault == FaultKind::endless_pages;
  rules.foreign = fault == FaultKind::foreign_host;
  return rules;
}

SimResponse VisionOneSim::Parts::list(Feed feed, const SimRequest& request, const Target& target, const LinkRules& rules) {
  const std::string_view filter = header(request.headers, "TMV1-Filter");
  if (filter.size() > filter_bytes_max[static_cast<std::size_t>(feed)]) return bad_request("Invalid TMV1-Filter (too long)");
  if (!filter.empty()) return bad_request("Invalid TMV1-Filter (the simulator evaluates none)");
  archive.advance(latest);
  const auto selection = feed == Feed::alerts       ? select_alerts(archive, target)
                         : feed == Feed::audit_logs ? select_audit_logs(archive, target)
                                                    : select_techniques(archive, target);
  if (!selection) return bad_request(selection.error().text());
  ServedPage page = serve_page(archive, *selection, target, rules);
  if (page.whole) {
    ++totals.pages[static_cast<std::size_t>(feed)];
    totals.served[static_cast<std::size_t>(feed)] += page.records;
  }
  return std::move(page.response);
}

SimResponse VisionOneSim::Parts::alert(std::string_view id) const {
  const auto record = archive.alerts().record(id, latest);
  const std::size_t version = record ? archive.schedule().alert(*record).current(latest) : no_version;
  if (version == no_version)
    return error_answer(
        {.status = 404, .code = "NotFound", .message = "Alert not found. (Error code: 3090007)", .number = 3090007});
  Bytes body;
  archive.alerts().append(body, *record, version);
  SimResponse response = json_answer(std::move(body));
  response.headers.emplace_back("ETag", "\"" + to_hex(hash128(response.body)) + "\"");
  return response;
}

SimResponse VisionOneSim::Parts::admitted(const SimRequest& request, const Target& target, Endpoint endpoint,
                                          std::optional<FaultKind> fault) {
  const LinkRules rules = link_rules(request, endpoint, fault);
  switch (endpoint) {
    case Endpoint::alerts: return list(Feed::alerts, request, target, rules);
    case Endpoint::audit_logs: return list(Feed::audit_logs, request, target, rules);
    case Endpoint::techniques: return list(Feed::techniques, request, target, rules);
    case Endpoint::alert: return alert(id_below(target.path, alerts_path));
    case Endpoint::connectivity: return json_answer(R"({"status":"available"})");
    case Endpoint::actions: return actions.act(target.path, request.body, options.serve, rules.base_url, latest);
    case Endpoint::tasks: return actions.list(target, options.serve, rules, latest);
    case Endpoint::task: return actions.task(id_below(target.path, tasks_path), options.serve, latest);
    case Endpoint::api_keys: return api_keys_answer(options.serve, latest);
    case Endpoint::pipelines:
    case Endpoint::pipeline:
    case Endpoint::packages:
    case Endpoint::package: return pipelines.answer(endpoint, request, target, options.serve, rules, latest);
    case Endpoint::unknown: return unknown_path();
  }
  return unknown_path();
}

SimResponse VisionOneSim::Parts::answer(const SimRequest& request, const Target& target, Endpoint endpoint) {
  const std::optional<FaultKind> fault = faults.strike(options.serve.faults, endpoint);
  if (fault)
    if (std::optional<SimResponse> spoilt = fault_answer(*fault, options.serve)) return std::move(*spoilt);
  if (std::optional<SimResponse> refusal = refuse(request, endpoint)) return std::move(*refusal);
  SimResponse response = admitted(request, target, endpoint, fault);
  if (fault) spoil(response, *fault);
  return response;
}

SimResponse VisionOneSim::Parts::ledger_file(WallTime now) const {
  SimResponse response;
  response.headers.emplace_back("Content-Type", "application/x-ndjson");
  archive.each_entry(now, [&response](const LedgerEntry& entry) { append_ledger_line(response.body, entry); });
  return response;
}

VisionOneSim::VisionOneSim(SimOptions options, Seed seed) : parts_(std::make_unique<Parts>(options, seed)) {
  const auto checked = check(options);
  TG_ASSERT(checked.has_value(), "a simulator is made from options that were checked");
}

VisionOneSim::~VisionOneSim() = default;

SimResponse VisionOneSim::handle(const SimRequest& request, WallTime now) {
  Parts& parts = *parts_;
  parts.latest = std::max(parts.latest, now);
  std::optional<Target> target = parse_target(request.target);
  // What links under the other prefix name is the same API.
  static constexpr std::string_view beta = "/beta/xdr/";
  if (target && target->path.starts_with(beta)) target->path.replace(0, beta.size(), "/v3.0/");
  if (target && request.method == "GET" && target->path == "/sim/ledger") return parts.ledger_file(parts.latest);
  if (target && request.method == "GET" && target->path == "/sim/stats") return json_answer(stats_json(stats(parts.latest)));

  const Endpoint endpoint = target ? endpoint_of(request.method, target->path) : Endpoint::unknown;
  SimResponse response = target ? parts.answer(request, *target, endpoint) : bad_request("Invalid request format.");
  ++parts.requests[{endpoint, response.status}];
  parts.totals.body_bytes += response.body.size() + response.filler_bytes;

  response.headers.emplace_back("Date", http_date(parts.latest));
  std::string trace{header(request.headers, "x-trace-id")};
  if (trace.empty()) append_uuid(trace, parts.traces);
  response.headers.emplace_back("x-trace-id", std::move(trace));
  return response;
}

std::vector<LedgerEntry> VisionOneSim::ledger(WallTime now) const {
  std::vector<LedgerEntry> entries;
  parts_->archive.each_entry(now, [&entries](const LedgerEntry& entry) { entries.push_back(entry); });
  return entries;
}

SimStats VisionOneSim::stats(WallTime now) {
  Parts& parts = *parts_;
  parts.latest = std::max(parts.latest, now);
  parts.archive.advance(parts.latest);
  SimStats stats = parts.totals;
  for (std::size_t i = 0; i < feed_count; ++i) stats.held[i] = parts.archive.holdings().held(static_cast<Feed>(i));
  for (const auto& [key, count] : parts.requests) stats.requests.push_back({key.first, key.second, count});
  return stats;
}

ServeOptions& VisionOneSim::serve() { return parts_->options.serve; }

std::string stats_json(const SimStats& stats) {
  std::string text = "{";
  const auto per_feed = [&text](std::string_view key, const std::uint64_t(&counts)[feed_count]) {
    text.append("\"").append(key).append("\":{");
    for (std::size_t i = 0; i < feed_count; ++i) {
      text.append(i > 0 ? ",\"" : "\"").append(content_type(static_cast<Feed>(i))).append("\":");
      text.append(std::to_string(counts[i]));
    }
    text.append("},");
  };
  per_feed("held", stats.held);
  per_feed("pages", stats.pages);
  per_feed("served", stats.served);
  text.append(R"("body_bytes":)").append(std::to_string(stats.body_bytes)).append(R"(,"requests":{)");
  for (std::size_t i = 0; i < stats.requests.size(); ++i) {
    const SimStats::Requests& group = stats.requests[i];
    const bool first_of_endpoint = i == 0 || stats.requests[i - 1].endpoint != group.endpoint;
    if (first_of_endpoint) text.append(i > 0 ? "},\"" : "\"").append(name(group.endpoint)).append("\":{");
    if (!first_of_endpoint) text.append(",");
    text.append("\"").append(std::to_string(group.status)).append("\":").append(std::to_string(group.count));
  }
  return text.append(stats.requests.empty() ? "}}" : "}}}");
}

}  // namespace tidegate
