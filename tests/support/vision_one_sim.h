// VisionOneSim: the Vision One public API v3.0 as a value in the process: no socket, no thread, no clock of its own. The
// tests' double and the heart of tidegate-sim. A request and a time go in, an answer comes out; the same options, seed,
// requests and times give the same bytes.
//
// Endpoints: GET /v3.0/workbench/alerts[/{id}], /v3.0/audit/logs, /v3.0/oat/detections, /v3.0/healthcheck/connectivity,
// /v3.0/response/tasks[/{id}], /v3.0/iam/apiKeys, POST of the five response actions; the data pipelines below
// /v3.0/oat/dataPipelines; beside the API, without a token: GET /sim/ledger, /sim/stats. The rules, and what is uncertain about the
// real API, are in DESIGN.md.
//
// Time given to handle() does not run backwards; an earlier time counts as the latest seen.
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "tests/support/vision_one_options.h"

namespace tidegate {

using SimHeaders = std::vector<std::pair<std::string, std::string>>;

// The value of the first header of that name in any case; empty where there is none.
std::string_view header(const SimHeaders& headers, std::string_view name);

struct SimRequest {
  std::string method = "GET";
  std::string target;  // "/v3.0/oat/detections?top=200"
  SimHeaders headers;  // Authorization, x-trace-id, TMV1-Filter, Host, …
  Bytes body;
  bool secure = true;  // came over TLS: links then say https
};

enum class Delivery : std::uint8_t {
  whole,        // the body, then `filler_bytes` spaces, under one Content-Length
  unannounced,  // the same without Content-Length
  cut_off,      // all of the header and half of the body, then the connection closes
};

struct SimResponse {
  unsigned status = 200;
  SimHeaders headers;  // Content-Type, Date, x-trace-id, …; no Content-Length
  Bytes body;
  std::uint64_t filler_bytes = 0;  // of spaces after the body, so that no huge body need be held
  Delivery delivery = Delivery::whole;
};

// One record that the simulator holds: what a receiver must have in the end.
struct LedgerEntry {
  Feed feed = Feed::alerts;
  std::string id;           // of the alert or the uuid; without one, the 128-bit hash of the record's bytes in hexadecimal
  std::string version;      // updatedDateTime of an alert; else empty
  bool superseded = false;  // a later update replaced this version: it can only have been collected while it was current
  std::uint32_t count = 1;  // records of this id that cannot be told apart (only without uuid)

  bool operator==(const LedgerEntry&) const = default;
};

struct SimStats {
  struct Requests {
    Endpoint endpoint = Endpoint::unknown;
    unsigned status = 0;
    std::uint64_t count = 0;
  };
  std::uint64_t held[feed_count] = {};    // records listed as of now (for alerts: alerts, not versions)
  std::uint64_t pages[feed_count] = {};   // served whole
  std::uint64_t served[feed_count] = {};  // records in them, repeats included
  std::uint64_t body_bytes = 0;
  std::vector<Requests> requests;  // sorted by endpoint and status
};

class VisionOneSim {
 public:
  //   requires: check(options)
  VisionOneSim(SimOptions options, Seed seed);
  ~VisionOneSim();
  VisionOneSim(const VisionOneSim&) = delete;
  VisionOneSim& operator=(const VisionOneSim&) = delete;

  SimResponse handle(const SimRequest& request, WallTime now);

  // All that is listed at `now` or was before: every record once, every alert version that ever was current.
  std::vector<LedgerEntry> ledger(WallTime now) const;
  SimStats stats(WallTime now);

  // How requests are answered from the next one on.
  ServeOptions& serve();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// The ledger as NDJSON, one entry a line: {"content_type":…,"id":…,"version":…} and, where they say something,
// "superseded":true and "count":n.
std::string ledger_ndjson(const std::vector<LedgerEntry>& entries);

// One JSON object: held, pages and served per content type, requests per endpoint and status, body bytes.
std::string stats_json(const SimStats& stats);

}  // namespace tidegate
