// ResponseRoutes: what the processor's local control socket answers about responders and actions, beside FleetRoutes and as that
// does.
//
//   GET  /responders   /responders/show?name=…
//   POST /responders/apply?file=…&by=…     body: the document      POST /responders/delete?name=…&by=…   /responders/test?name=…
//   POST /actions/run                      body: one JSON object: responder, action, tenant, given {}, record {}, body, path,
//                                          dry_run, lasts ("4h"), by
//   GET  /actions?tenant=…&responder=…&action=…&state=…&record=…&text=…&since=…&until=…&limit=…&before=…     newest first
//   GET  /actions/show?id=…&without_warnings=true
//   GET  /actions/follow?id=…&seen=…       waits for other progress than was seen, 20 s at most; always JSON
//   POST /actions/retry?id=…&by=…   /actions/undo?…   /actions/approve?…   /actions/deny?…
//   POST /actions/stop?by=…   /actions/resume?by=…         the kill switch
//
// `by` is who asks, as the caller says. 200; 400 a value, document or order that cannot be used, with every reason; 404 what is not
// there, with what is; 405; 409 a guard holds it up, or a test failed; 503, 504, 507 the store. No secret is in an answer (P10).
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string_view>

#include "base/clock.h"
#include "processor/respond/action_desk.h"
#include "processor/respond_ports.h"
#include "processor/socket_routes.h"
#include "transport/http_server.h"
#include "transport/signal.h"

namespace tidegate {

class ResponseRoutes {
 public:
  //   requires: all of them outlive this
  ResponseRoutes(ActionDesk& desk, ActionHistory& history, Clock& clock) : desk_(desk), history_(history), clock_(clock) {}

  static bool serves(std::string_view target);

  //   requires: serves(request.target); this outlives the answering
  asio::awaitable<HttpReply> answer(HttpRequestView request);

  // A run has another state than before: those who follow look again.
  void changed() { changed_.notify(); }

 private:
  static const std::vector<SocketRoute<ResponseRoutes>>& routes();

  asio::awaitable<HttpReply> responders(const SocketAsked& asked);
  asio::awaitable<HttpReply> responder(const SocketAsked& asked);
  asio::awaitable<HttpReply> apply(const SocketAsked& asked);
  asio::awaitable<HttpReply> delete_responder(const SocketAsked& asked);
  asio::awaitable<HttpReply> test(const SocketAsked& asked);
  asio::awaitable<HttpReply> run(const SocketAsked& asked);
  asio::awaitable<HttpReply> runs(const SocketAsked& asked);
  asio::awaitable<HttpReply> show(const SocketAsked& asked);
  asio::awaitable<HttpReply> follow(const SocketAsked& asked);
  asio::awaitable<HttpReply> retry(const SocketAsked& asked);
  asio::awaitable<HttpReply> undo(const SocketAsked& asked);
  asio::awaitable<HttpReply> approve(const SocketAsked& asked);
  asio::awaitable<HttpReply> deny(const SocketAsked& asked);
  asio::awaitable<HttpReply> stop(const SocketAsked& asked);
  asio::awaitable<HttpReply> resume(const SocketAsked& asked);

  HttpReply outcome(const SocketAsked& asked, const Result<ActionRun>& run) const;
  HttpReply switched(const SocketAsked& asked, bool may);

  ActionDesk& desk_;
  ActionHistory& history_;
  Clock& clock_;
  Signal changed_;
};

}  // namespace tidegate
