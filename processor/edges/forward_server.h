// The data port: Forward v1 over mutual TLS. Whoever has no certificate of our authority is refused in the handshake; the
// certificate's common name is the sensor. Where there is a gate, it decides who that is and whether he may still come; a sensor
// whose access is revoked is cut off within deadlines_every.
//
// Thread: the loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "processor/edges/forward_connection.h"
#include "processor/edges/forward_shared.h"
#include "transport/task_group.h"
#include "transport/tls_context.h"

namespace tidegate {

class ForwardServer {
 public:
  //   requires: all of them outlive the server, `gate` included, which may be null; the intake answers no more once the server is
  //   destroyed
  ForwardServer(asio::any_io_executor executor, Clock& clock, Log& log, Metrics& metrics, Intake& intake, TlsContextPtr tls,
                ForwardServerLimits limits = {}, SensorGate* gate = nullptr);
  //   requires: run() has returned, or was never called
  ~ForwardServer();

  // Binds before it returns, so that a port that is taken is known at start. Port 0: any free one.
  Result<void> listen(const std::string& host, std::uint16_t port);
  std::uint16_t port() const;

  // For the connections to come.
  void set_tls(TlsContextPtr tls) { tls_ = std::move(tls); }

  // Serves a connection that came from elsewhere than the port.   requires: run() is under way
  void admit(std::unique_ptr<IncomingStream> stream, const std::string& peer);

  // Serves until cancelled, then closes every connection and returns `cancelled`.
  //   requires: listen() was ok, or connections come through admit() alone
  asio::awaitable<Error> run();

 private:
  asio::awaitable<Error> accept();
  asio::awaitable<Error> watch_deadlines();

  ForwardShared shared_;
  TlsContextPtr tls_;
  asio::ip::tcp::acceptor acceptor_;
  std::vector<std::shared_ptr<ForwardConnection>> connections_;
  TaskGroup tasks_;  // last: run() joins it
};

}  // namespace tidegate
