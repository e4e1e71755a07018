// The processor: it lands what sensors send, acknowledges, indexes, and says how it fares. Where a fleet is given it is also the
// other end of the control link, and answers the commands on its local socket. Starts bottom up, stops top down; crash-only: a stop
// is a crash that waits for the write under way.
//
// Threads: the loop (network), the landing thread, the index thread; with a control plane those of the rules (what is landed, and
// searches) and the fleet's writer. Everything here is called on the loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "config/model.h"
#include "processor/control_plane.h"
#include "processor/edges/forward_server.h"
#include "processor/pipeline/index_worker.h"
#include "processor/pipeline/land.h"
#include "processor/pipeline/receive.h"
#include "processor/ports.h"
#include "transport/http_server.h"
#include "transport/task_group.h"
#include "transport/tls_context.h"

namespace tidegate {

// The certificates that the configuration names. `invalid`: which file, and what is wrong with it.
Result<TlsContextPtr> load_tls(const ProcessorConfig& config);

class Processor {
 public:
  //   requires: all of them outlive the processor; `control` may be null: there is no control plane then
  Processor(asio::any_io_executor executor, Clock& clock, Log& log, Metrics& metrics, Landing& landing, Index& index,
            TlsContextPtr tls, ControlPlane* control = nullptr);

  // Binds the data port and the metrics port, and with a control plane its port and socket. `invalid`: one of them cannot be bound.
  Result<void> listen(const ProcessorConfig& config);
  std::uint16_t data_port() const { return server_.port(); }
  std::uint16_t metrics_port() const { return http_.port(); }

  // Works until cancelled, then stops and returns `cancelled`; any other error is why it could not go on.
  //   requires: listen() was ok
  asio::awaitable<Error> run();

  // For the connections to come.
  void set_tls(TlsContextPtr tls) { server_.set_tls(std::move(tls)); }

  // Why it is not fit to take data, one reason a line; empty: it is (P12).
  std::string not_ready() const;

 private:
  asio::awaitable<HttpReply> answer(HttpRequestView request);
  std::string metrics_text();

  // Declared bottom up, destroyed top down: each part outlives those below it on the page.
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  Landing& landing_;
  ControlPlane* control_;
  IndexWorker worker_;
  Lander lander_;
  ChunkIntake intake_;
  ForwardServer server_;
  HttpServer http_;
  bool running_ = false;
  TaskGroup tasks_;  // last: run() joins it
};

}  // namespace tidegate
