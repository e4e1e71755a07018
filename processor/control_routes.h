// FleetRoutes: what the processor's local control socket answers. Nothing is decided here: requests are read, checked and passed
// on, and what comes back is written as text for people or, under the same path with ".json", as one JSON document.
//
//   POST /tokens/create?uses=…&expires=…&replace=…&note=…   body: the tenants, one a line      GET /tokens   GET /tokens/uses?id=…
//   POST /tokens/revoke?id=…
//   GET  /sensors   GET /sensors/show?name=…   POST /sensors/revoke?name=…
//   POST /connectors/apply?sensor=…&file=…&dry_run=…        body: the file
//   GET  /connectors   /connectors/show?name=…   /connectors/history?name=…&sensor=…
//   POST /connectors/delete?name=…   /connectors/test?name=…   /connectors/rollback?name=…&revision=…&sensor=…
//   POST /connectors/move?name=…&to=…
//   POST /credentials/set?name=…   body: the value          GET /credentials   POST /credentials/delete?name=…
//
// Answers: 200 done; 202 written, and its sensor has not answered; 400 a value that cannot be used, with the reasons; 404 what is
// not there, with what is; 405; 409 it was tried and failed; 503, 504 the sensor is away, or the store is in the way. A secret
// comes in a body alone, and is in no answer but the one to /tokens/create.
//
// Thread: the loop. Who may ask is the file mode of the socket.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "processor/fleet/connectors.h"
#include "processor/fleet/enrolment.h"
#include "processor/fleet/sensor_desk.h"
#include "processor/socket_routes.h"
#include "transport/http_server.h"

namespace tidegate {

struct FleetRoutesParts {
  FleetStore& store;
  Enrolment& enrolment;
  SensorDesk& desk;
  Connectors& connectors;
  const Clock& clock;
  Log& log;
  std::string authority_fingerprint;  // SHA-256 of the authority's certificate, for the operator to pass on
};

class FleetRoutes {
 public:
  //   requires: what is referred to outlives this
  explicit FleetRoutes(FleetRoutesParts parts) : parts_(std::move(parts)) {}

  //   requires: this outlives the answering
  asio::awaitable<HttpReply> answer(HttpRequestView request);

 private:
  static const std::vector<SocketRoute<FleetRoutes>>& routes();

  asio::awaitable<HttpReply> create_token(const SocketAsked& asked);
  asio::awaitable<HttpReply> tokens(const SocketAsked& asked);
  asio::awaitable<HttpReply> token_uses(const SocketAsked& asked);
  asio::awaitable<HttpReply> revoke_token(const SocketAsked& asked);
  asio::awaitable<HttpReply> sensors(const SocketAsked& asked);
  asio::awaitable<HttpReply> sensor(const SocketAsked& asked);
  asio::awaitable<HttpReply> revoke_sensor(const SocketAsked& asked);
  asio::awaitable<HttpReply> apply(const SocketAsked& asked);
  asio::awaitable<HttpReply> connectors(const SocketAsked& asked);
  asio::awaitable<HttpReply> connector(const SocketAsked& asked);
  asio::awaitable<HttpReply> delete_connector(const SocketAsked& asked);
  asio::awaitable<HttpReply> test_connector(const SocketAsked& asked);
  asio::awaitable<HttpReply> history(const SocketAsked& asked);
  asio::awaitable<HttpReply> rollback(const SocketAsked& asked);
  asio::awaitable<HttpReply> move(const SocketAsked& asked);
  asio::awaitable<HttpReply> credentials(const SocketAsked& asked);
  asio::awaitable<HttpReply> set_credential(const SocketAsked& asked);
  asio::awaitable<HttpReply> delete_credential(const SocketAsked& asked);

  Result<TokenOrder> token_order(const SocketAsked& asked) const;
  HttpReply outcome(const SocketAsked& asked, const Result<ConnectorsOutcome>& result) const;
  void note(std::string_view what, const std::string& name) const;

  FleetRoutesParts parts_;
};

}  // namespace tidegate
