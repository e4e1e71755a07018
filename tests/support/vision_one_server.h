// VisionOneServer: a VisionOneSim behind a socket, HTTP/1.1 over TLS or plain, keep-alive, many connections.
//
// Two ways to run it: on an executor of the caller (VisionOneServer), or on a thread of its own (VisionOneServerThread).
// A request body above the API's 1 MB is answered with 413, as the API does; one above 2 MiB, a header above 64 KiB or silence for
// two minutes closes the connection. Large answers go out from the simulator's own buffer.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "tests/support/vision_one_sim.h"

namespace tidegate {

struct VisionOneServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;        // 0: any free one; port() says which
  std::string certificate_file;  // PEM; with private_key_file: TLS. Both empty: plain HTTP
  std::string private_key_file;
  std::function<void(const SimRequest&)> heard{};  // each request, before it is answered; on the server's thread
};

// Thread: the executor's, which runs on one thread; with() from any.
class VisionOneServer {
 public:
  // `sim` and `clock` outlive the server and every handler that its executor still holds.
  VisionOneServer(boost::asio::any_io_executor executor, VisionOneSim& sim, const Clock& clock, VisionOneServerOptions options);
  // Stops. What the executor still holds of the server ends by itself at its next turn.
  ~VisionOneServer();
  VisionOneServer(const VisionOneServer&) = delete;
  VisionOneServer& operator=(const VisionOneServer&) = delete;

  // Listens and serves from then on. `invalid`: certificate or key cannot be used. `unavailable`: the address is taken.
  Result<void> start();
  // Closes the listener and every connection.
  void stop();

  std::uint16_t port() const;
  // "https://127.0.0.1:4711", without a slash at the end.
  std::string base_url() const;

  // Runs `use` while no request is being answered, so that a test may look into the simulator or change its ways.
  void with(const std::function<void(VisionOneSim&)>& use);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // shared with the coroutines of listener and connections, which end after stop()
};

// A server with a loop and a thread of its own. Thread: start() and stop() from one; with() from any.
class VisionOneServerThread {
 public:
  VisionOneServerThread(VisionOneSim& sim, const Clock& clock, VisionOneServerOptions options);
  ~VisionOneServerThread();
  VisionOneServerThread(const VisionOneServerThread&) = delete;
  VisionOneServerThread& operator=(const VisionOneServerThread&) = delete;

  Result<void> start();
  void stop();
  std::uint16_t port() const;
  std::string base_url() const;
  void with(const std::function<void(VisionOneSim&)>& use);

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace tidegate
