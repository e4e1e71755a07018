// One connection of WebPort from its first byte on: its handshake, its requests, and the upgrade that may follow them.
//
// Inside transport/. Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>

#include "transport/tls_socket.h"
#include "transport/turns.h"
#include "transport/web_port.h"
#include "transport/web_socket_stream.h"

namespace tidegate {

// An upgrade that was let in, and not answered yet.
struct WebUpgrade {
  UpgradeRequest head;
  WebRequest request;
};

class WebConnection {
 public:
  //   requires: what is referred to outlives the connection
  WebConnection(std::string peer, const WebPort::Handlers& handlers, const WebPortLimits& limits)
      : peer_(std::move(peer)), handlers_(handlers), limits_(limits) {}

  // Waits for the first byte without any TLS, then for a turn, then shakes hands.
  asio::awaitable<Result<std::shared_ptr<TlsSocket>>> open(asio::ip::tcp::socket socket, Turns& turns,
                                                           const TlsContextPtr& tls) const;
  // Answers requests until one is an upgrade that is let in. Absent: the connection is over.
  asio::awaitable<std::optional<WebUpgrade>> serve_requests(TlsSocket& socket) const;

 private:
  class Requests;

  void refuse(WebPortRefusal refusal) const {
    if (handlers_.refused) handlers_.refused(refusal);
  }

  std::string peer_;
  const WebPort::Handlers& handlers_;
  const WebPortLimits& limits_;
};

}  // namespace tidegate
