// RolloutRoutes: what the processor's local control socket answers about roll-outs, beside FleetRoutes and as that does.
//
//   POST /rollouts/begin?stages=5,25,100&failures=…&settle=…&file=…&dry_run=…     body: the documents, with --- between them
//   GET  /rollouts   /rollouts/show?id=…
//   GET  /rollouts/follow?id=…&seen=…      waits for other progress than was seen, 20 s at most; always JSON
//   POST /rollouts/resume?id=…&retry_failed=…   /rollouts/cancel?id=…   /rollouts/rollback?id=…
//
// 200; 400 a value or a file that cannot be used, with every reason; 404 no such roll-out; 405; 409 its state does not allow it;
// 503, 504, 507 the store.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string_view>

#include "processor/fleet/rollouts.h"
#include "processor/socket_routes.h"
#include "transport/http_server.h"

namespace tidegate {

class RolloutRoutes {
 public:
  //   requires: it outlives this
  explicit RolloutRoutes(Rollouts& rollouts) : rollouts_(rollouts) {}

  static bool serves(std::string_view target);

  //   requires: serves(request.target); this outlives the answering
  asio::awaitable<HttpReply> answer(HttpRequestView request);

 private:
  static const std::vector<SocketRoute<RolloutRoutes>>& routes();

  asio::awaitable<HttpReply> begin(const SocketAsked& asked);
  asio::awaitable<HttpReply> list(const SocketAsked& asked);
  asio::awaitable<HttpReply> show(const SocketAsked& asked);
  asio::awaitable<HttpReply> follow(const SocketAsked& asked);
  asio::awaitable<HttpReply> resume(const SocketAsked& asked);
  asio::awaitable<HttpReply> cancel(const SocketAsked& asked);
  asio::awaitable<HttpReply> roll_back(const SocketAsked& asked);

  Rollouts& rollouts_;
};

}  // namespace tidegate
