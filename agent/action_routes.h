// ActionRoutes: what the processor asks of a sensor that carries out response actions: the four requests of
// respond/sensor_messages.h. They come over the control link alone: the local control socket does not have them, since whoever may
// steer the sensor there is not yet one who may act in a tenant's name.
//
// Answers: 200, with what sensor_messages.h says, as JSON or as words; 400 a value that cannot be used, or responders that the
// sensor's own file does not permit, with every reason; 404 a path or a responder that is not there; 405; 409 a run that
// takes back what is taken back already, or a test that failed; 410 a run that was taken, and whose row is damaged: nobody knows
// what was done; 412 a run of another ledger; 413; 503 ask again.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "agent/control/responder.h"
#include "transport/http_server.h"
#include "transport/query_string.h"

namespace tidegate {

class ActionRoutes {
 public:
  //   requires: the responder outlives this
  explicit ActionRoutes(SensorResponder& responder) : responder_(responder) {}

  // The request is for these routes, be it right or wrong.
  static bool takes(std::string_view target) { return target.starts_with("/actions/"); }

  //   requires: this outlives the answering
  asio::awaitable<HttpReply> answer(HttpRequestView request);

 private:
  asio::awaitable<HttpReply> take_responders(HttpRequestView request);
  asio::awaitable<HttpReply> take_run(HttpRequestView request, std::string ledger);
  asio::awaitable<HttpReply> changes(const std::string& after);
  asio::awaitable<HttpReply> test(std::string name);

  SensorResponder& responder_;
};

}  // namespace tidegate
