// The control port of the processor: OpAMP for sensors that have a certificate of our authority, and enrolment for machines that
// have none yet. One port for both, so the TLS certificate of a client is optional there, and looked at for each request.
//
//   GET  /v1/opamp   upgrade to a WebSocket; a message each way, as opamp_codec has them
//   POST /v1/opamp   application/x-protobuf, a message and its answer; 429 to who polls beyond its rate is the fleet's answer
//   POST /v1/enroll  application/x-www-form-urlencoded: sensor=NAME&token=tge_…&csr=PEM
//                    200 application/x-pem-file: the sensor's certificate, then the authorities to trust; else one line of text
//
// Promises: /v1/opamp answers 401 to who has no certificate, 403 to who is not known or was revoked, 503 with Retry-After when
// there is no room. Enrolment is bounded for each address, and tells a peer no more than refusal_text(). Nobody is told what is
// wrong inside. Of each connection at most one answer and one unasked message wait to be written: who does not read is not read
// from.
//
// Thread: the loop.   Source: opamp.md, section 2; design, section 8 (enrolment).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "processor/fleet/fleet.h"
#include "transport/tls_context.h"
#include "transport/web_port.h"

namespace tidegate {

struct ControlPortLimits {
  std::size_t enrol_body_bytes_max = 32u << 10;
  std::size_t enrol_tries_max = 10;  // of one address within enrol_every
  std::chrono::nanoseconds enrol_every{std::chrono::minutes{1}};
  std::size_t enrol_addresses_max = 4096;  // remembered; beyond it nobody may enrol until enrol_every has passed
  std::size_t answers_waiting_max = 4;     // of one connection, not yet written
  WebPortLimits web{};
};

class ControlPort {
 public:
  //   requires: all of them outlive the port. `trusted_pem`: every authority that an enrolled sensor should trust, the fleet's
  //   first
  ControlPort(asio::any_io_executor executor, Clock& clock, Log& log, Fleet& fleet, std::string trusted_pem, TlsContextPtr tls,
              ControlPortLimits limits = {});
  //   requires: run() has returned, or was never called
  ~ControlPort();

  // Binds before it returns. Port 0: any free one.
  Result<void> listen(const std::string& host, std::uint16_t port) { return web_.listen(host, port); }
  std::uint16_t port() const { return web_.port(); }
  // For the connections to come.
  void set_tls(TlsContextPtr tls) { web_.set_tls(std::move(tls)); }

  // Serves until cancelled, then closes every connection and returns `cancelled`.
  asio::awaitable<Error> run() { return web_.run(); }

  // What the port answers, without a socket: for the web port, and for tests.
  asio::awaitable<WebReply> answer(const WebRequest& request);
  WebReply may_open(const WebRequest& request);

 private:
  class Connection;
  struct Tries {
    SteadyTime since{};
    std::size_t count = 0;
  };

  asio::awaitable<void> serve(std::shared_ptr<WebSocket> socket, WebRequest request);
  WebReply poll(const WebRequest& request);
  WebReply enrol(const WebRequest& request);
  // Set when the peer has to wait.
  std::optional<std::chrono::seconds> too_often(std::string_view peer);
  Result<SensorIdentity> admitted(const WebRequest& request, WebReply& refusal);

  asio::any_io_executor executor_;
  Clock& clock_;
  Log& log_;
  Fleet& fleet_;
  std::string trusted_pem_;
  ControlPortLimits limits_;
  std::map<std::string, Tries, std::less<>> tries_;  // by address
  WebPort web_;                                      // last: it calls into what is above
};

}  // namespace tidegate
