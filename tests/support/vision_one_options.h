// What the Vision One simulator holds and how it behaves: plain values. DataOptions say which records there are and when;
// they are fixed for the life of a simulator, because every record is a function of them and the seed. ServeOptions say
// how requests are answered; a test may change them between two requests.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tidegate {

// The three lists of records that the API serves.
enum class Feed : std::uint8_t { alerts = 0, audit_logs = 1, techniques = 2 };
inline constexpr std::size_t feed_count = 3;

// "alerts", "audit_logs", "observed_attack_techniques": the content type's name in the ledger.
std::string_view content_type(Feed feed);
// "trendmicro_visionone_alerts", …: what its records are called on the wire and in the index.
std::string_view msg_class(Feed feed);
inline constexpr std::array<Feed, feed_count> all_feeds{Feed::alerts, Feed::audit_logs, Feed::techniques};

// `pipelines`: the list of data pipelines, their registration and deletion.
enum class Endpoint : std::uint8_t {
  alerts,
  alert,
  audit_logs,
  techniques,
  connectivity,
  actions,
  tasks,
  task,
  pipelines,
  pipeline,
  packages,
  package,
  api_keys,
  unknown,
};
inline constexpr std::size_t endpoint_count = 14;

// The enumerator's own name.
std::string_view name(Endpoint endpoint);
std::optional<Endpoint> endpoint_from_name(std::string_view text);

struct FeedOptions {
  std::uint32_t backlog = 0;  // records of the time before the origin
  double per_second = 0;      // records that arrive after it
};

struct DataOptions {
  WallTime origin{};  // where the backlog ends and the live records begin
  std::chrono::seconds backlog_period = std::chrono::hours{24};
  // How long after the origin records go on arriving and changing. Absent: they arrive for ever, and each alert changes
  // within an hour of its creation, those of the backlog within an hour of the origin.
  std::optional<std::chrono::seconds> live;
  FeedOptions alerts;
  FeedOptions audit_logs;
  FeedOptions techniques;
  double updates_share = 0.3;          // of alerts that are updated after they were created, one to three times
  double late_share = 0;               // of records that are listed later than their time says
  std::chrono::seconds late_max{60};   // how much later at most
  std::size_t technique_bytes = 1600;  // mean size of a technique, about; not less than technique_bytes_least
  std::uint32_t technique_burst = 1;   // techniques come in groups of that many, each within one second
  std::uint32_t audit_copies = 1;      // audit logs come in groups of that many; without uuid they agree to the byte
  bool audit_uuid = true;              // false: audit logs have no uuid, as connectors of other makers report
  bool audit_ingested = true;          // false: no ingestedDateTime, and asking for it answers 400: a tenant not upgraded
};

inline constexpr std::size_t technique_bytes_least = 1000;

// How an answer is spoiled.
enum class FaultKind : std::uint8_t {
  too_many_requests,  // 429
  internal_error,     // 500, JSON
  bad_gateway,        // 502, HTML
  unavailable,        // 503, HTML
  gateway_timeout,    // 504, HTML
  garbage,            // 200, bytes that are no JSON
  truncated,          // 200, the right answer with its second half missing, and a length that agrees
  html,               // 200, a page for people
  endless_pages,      // the right answer, and from it on a link to one more page for ever
  foreign_host,       // the right answer, its link names another host
  huge_announced,     // 200, huge_body_bytes of white space, with Content-Length
  huge_unannounced,   // the same without Content-Length
  cut_off,            // the connection closes in the middle of the answer
};

inline constexpr std::size_t fault_kind_count = 13;

// The enumerator's own name.
std::string_view name(FaultKind kind);

// One rule: of the requests to `endpoint` (any when absent), each is spoiled with probability `rate`, and the `nth` is
// for certain (the first is 1; 0: none).
struct Fault {
  FaultKind kind = FaultKind::internal_error;
  double rate = 0;
  std::uint64_t nth = 0;
  std::optional<Endpoint> endpoint;

  bool operator==(const Fault&) const = default;
};

// "KIND:RATE" or "KIND@NTH", each with "/ENDPOINT" behind it where it is meant for one: "bad_gateway:0.01",
// "truncated@7/techniques".
Result<Fault> parse_fault(std::string_view text);

// One entry of the list of API keys.
struct SimApiKey {
  std::string id;
  bool enabled = true;
  std::optional<WallTime> expires;  // absent: never
};

struct ServeOptions {
  std::vector<std::string> tokens;        // any of them is let in; none: nobody is
  std::optional<WallTime> tokens_expire;  // from then on 401
  std::vector<SimApiKey> api_keys;        // empty: one for each token, with its end
  std::vector<Endpoint> forbidden;        // 403: the role lacks the permission
  std::string base_url;                   // of links; empty: taken from the request
  std::chrono::seconds link_lifetime{300};
  bool spaces_in_alert_links = true;                // the raw spaces of orderBy, as the API echoes them
  bool beta_links = false;                          // links under /beta/xdr/ instead of /v3.0/
  std::uint32_t rate_limit = 0;                     // requests per endpoint in any 60 s; 0: no limit
  std::optional<std::chrono::seconds> retry_after;  // sent with 429 where set; the API documents none
  std::vector<Fault> faults;
  std::uint64_t huge_body_bytes = 5ull << 30;
  double package_missing_rate = 0;                 // of requests for a package that are answered 404, though it is listed
  std::vector<std::string> packages_missing;       // ids of those that are answered 404 always
  std::optional<WallTime> pipelines_forgotten_at;  // pipelines registered before are unknown from then on
  std::chrono::seconds task_queued{2};             // a response task waits so long
  std::chrono::seconds task_running{5};            // and then runs so long
};

struct SimOptions {
  DataOptions data;
  ServeOptions serve;
};

// What is wrong with the options, in words for the command line.
Result<void> check(const SimOptions& options);

}  // namespace tidegate
