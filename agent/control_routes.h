// ControlRoutes: what the local control socket answers. Nothing is decided here: requests are read, checked and passed on, and what
// comes back is written as text for people or, under the same path with ".json", as one JSON document.
//
//   GET  /status[.json]
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

#include "agent/control/status.h"
#include "agent/control/steering.h"
#include "transport/http_server.h"
#include "transport/query_string.h"

namespace tidegate {

class ControlRoutes {
 public:
  using StatusOf = std::function<AgentStatus()>;

  //   requires: what is referred to outlives this
  ControlRoutes(StatusOf status, Steering& steering, const Clock& clock);

  //   requires: this outlives the answering
  asio::awaitable<HttpReply> answer(HttpRequestView request);

 private:
  struct Route;
  static const std::vector<Route>& routes();

  asio::awaitable<HttpReply> status(const QueryPairs& query);
  asio::awaitable<HttpReply> status_as_json(const QueryPairs& query);
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

  StatusOf status_;
  Steering& steering_;
  const Clock& clock_;
};

}  // namespace tidegate
