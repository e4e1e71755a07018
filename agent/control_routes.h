// ControlRoutes: what the local control socket answers. Nothing is decided here: requests are read, checked and passed on, and what
// comes back is written as text for people or, under the same path with ".json", as one JSON document.
//
//   GET  /status[.json]
//   GET  /configuration                            what the agent runs with, as YAML, secrets as ***
//   POST /connector/test?name=…                    the staged test as JSON; collection and status are not touched
//   GET  /cursor[.json]
//   POST /cursor/rewind?connector=…&content_type=…&to=…
//   GET  /queue[.json]
//   POST /queue/resend
//   GET  /backfill[.json]
//   POST /backfill/start?connector=…&content_type=…&from=…&to=…
//   POST /backfill/pause?number=…   /backfill/resume?number=…   /backfill/cancel?number=…
//
// Times as moment.h reads them. Answers: 200; 400 a value that cannot be used, with field, value and remedy; 404 a connector,
// number or path that is not there, with those that are; 405; 503 when the journal or another operation is in the way.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <vector>

#include "agent/control/status.h"
#include "agent/control/steering.h"
#include "config/model.h"
#include "transport/http_server.h"
#include "transport/query_string.h"

namespace tidegate {

// Runs the staged test of a connector; the report as report_json() has it.
using TestConnector = std::function<asio::awaitable<Result<std::string>>(ConnectorConfig)>;

class ControlRoutes {
 public:
  static constexpr std::size_t tests_max = 4;  // at once

  struct Sources {
    std::function<AgentStatus()> status;
    std::function<std::string()> effective;                    // YAML without secrets
    std::function<std::vector<ConnectorConfig>()> configured;  // in force
    TestConnector test;
  };

  //   requires: what is referred to outlives this; all of `sources` are callable
  ControlRoutes(Sources sources, Steering& steering, const Clock& clock);

  //   requires: this outlives the answering
  asio::awaitable<HttpReply> answer(HttpRequestView request);

 private:
  struct Route;
  static const std::vector<Route>& routes();

  asio::awaitable<HttpReply> status(const QueryPairs& query);
  asio::awaitable<HttpReply> status_as_json(const QueryPairs& query);
  asio::awaitable<HttpReply> configuration(const QueryPairs& query);
  asio::awaitable<HttpReply> test_connector(const QueryPairs& query);
  asio::awaitable<HttpReply> cursors(const QueryPairs& query);
  asio::awaitable<HttpReply> cursors_as_json(const QueryPairs& query);
  asio::awaitable<HttpReply> rewind(const QueryPairs& query);
  asio::awaitable<HttpReply> queue(const QueryPairs& query);
  asio::awaitable<HttpReply> queue_as_json(const QueryPairs& query);
  asio::awaitable<HttpReply> resend(const QueryPairs& query);
  asio::awaitable<HttpReply> backfills(const QueryPairs& query);
  asio::awaitable<HttpReply> backfills_as_json(const QueryPairs& query);
  asio::awaitable<HttpReply> start_backfill(const QueryPairs& query);
  asio::awaitable<HttpReply> pause_backfill(const QueryPairs& query);
  asio::awaitable<HttpReply> resume_backfill(const QueryPairs& query);
  asio::awaitable<HttpReply> cancel_backfill(const QueryPairs& query);

  // The connector and content type that the query names, if both are configured.
  Result<CursorKey> key_of(const QueryPairs& query) const;
  std::string not_read(std::uint32_t number) const;
  Result<WallSeconds> moment_of(const QueryPairs& query, std::string_view field) const;

  Sources sources_;
  Steering& steering_;
  const Clock& clock_;
  std::size_t tests_ = 0;  // under way
};

}  // namespace tidegate
