// EventRoutes: what the processor's local control socket answers about the fleet's events, beside FleetRoutes and as that does.
//
//   GET  /events?open=…&sensor=…&since=…&limit=…    newest first; `since` is a moment, or a duration back from now
//   POST /notify/test?name=…                        one message that says that it is a test
//
// 200; 400 a value that cannot be used; 404 no such channel; 405; 409 the test failed, with the reason; 503, 504, 507 the store.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "processor/fleet/notifier.h"
#include "processor/notify_ports.h"
#include "processor/socket_routes.h"
#include "transport/http_server.h"

namespace tidegate {

class EventRoutes {
 public:
  //   requires: all of them outlive this
  EventRoutes(EventStore& store, Notifier& notifier, const Clock& clock, Log& log)
      : store_(store), notifier_(notifier), clock_(clock), log_(log) {}

  static bool serves(std::string_view target);

  //   requires: serves(request.target); this outlives the answering
  asio::awaitable<HttpReply> answer(HttpRequestView request);

 private:
  static const std::vector<SocketRoute<EventRoutes>>& routes();

  Result<EventQuery> query_of(const SocketAsked& asked) const;
  asio::awaitable<HttpReply> events(const SocketAsked& asked);
  asio::awaitable<HttpReply> test(const SocketAsked& asked);

  EventStore& store_;
  Notifier& notifier_;
  const Clock& clock_;
  Log& log_;
};

}  // namespace tidegate
