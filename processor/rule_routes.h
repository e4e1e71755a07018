// RuleRoutes: what the processor's local control socket answers about rules, beside ResponseRoutes and as that does.
//
//   GET  /rules   /rules/show?name=…
//   POST /rules/apply?file=…&by=…&dry_run=true          body: the document; with dry_run it is checked, and nothing changes
//   POST /rules/delete?name=…&by=…
//   POST /rules/run?name=…&from=…&to=…&act=true&by=…    without act: what it would have done, and nothing is written
//   GET  /rules/decisions?name=…&outcome=…&since=…&limit=…                   newest first, rule_decisions_shown_max at most
//   GET  /rules/mutes?name=…
//   POST /rules/unmute?name=…&action=…&entity=…&by=…
//
// `by` is who asks, as the caller says. 200; 400 a value or document that cannot be used, with every reason; 404 what is not there,
// with what is; 405; 409 a rule whose responder or channel may not act for its tenants; 503, 504, 507 the store, or the index.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "processor/respond/rule_desk.h"
#include "processor/rule_ports.h"
#include "processor/rule_texts.h"
#include "processor/socket_routes.h"
#include "transport/http_server.h"

namespace tidegate {

class RuleRoutes {
 public:
  //   requires: all of them outlive this
  RuleRoutes(RuleDesk& desk, RuleStore& store, Clock& clock, Log& log) : desk_(desk), store_(store), clock_(clock), log_(log) {}

  static bool serves(std::string_view target);

  //   requires: serves(request.target); this outlives the answering
  asio::awaitable<HttpReply> answer(HttpRequestView request);

 private:
  static const std::vector<SocketRoute<RuleRoutes>>& routes();

  asio::awaitable<HttpReply> rules(const SocketAsked& asked);
  asio::awaitable<HttpReply> show(const SocketAsked& asked);
  asio::awaitable<HttpReply> apply(const SocketAsked& asked);
  asio::awaitable<HttpReply> remove(const SocketAsked& asked);
  asio::awaitable<HttpReply> run(const SocketAsked& asked);
  asio::awaitable<HttpReply> decisions(const SocketAsked& asked);
  asio::awaitable<HttpReply> mutes(const SocketAsked& asked);
  asio::awaitable<HttpReply> unmute(const SocketAsked& asked);

  RuleView view_of(const KeptRule& kept, const std::map<std::string, RuleTotals>& totals) const;

  RuleDesk& desk_;
  RuleStore& store_;
  Clock& clock_;
  Log& log_;
};

}  // namespace tidegate
