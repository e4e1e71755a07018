// What a WebSocket stands on, and its server's opening: for those inside transport/ who have read the upgrade request.
//
// Thread: the loop.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "transport/tls_async_stream.h"
#include "transport/web_socket.h"

namespace tidegate {

class WebSocketStream {
 public:
  using Stream = boost::beast::websocket::stream<TlsAsyncStream, false>;  // false: no compression

  WebSocketStream(std::shared_ptr<TlsSocket> socket, std::size_t message_bytes_max);

  Stream& stream() { return stream_; }
  const Stream& stream() const { return stream_; }
  bool closing = false;  // Beast closes once

 private:
  Stream stream_;
};

using UpgradeRequest = boost::beast::http::request<boost::beast::http::string_body>;

// Answers the request with 101, or with 400 where it is no upgrade that can be understood.
//   requires: the request outlives the wait; nothing was read behind it
asio::awaitable<Result<std::shared_ptr<WebSocket>>> accept_web_socket(std::shared_ptr<TlsSocket> socket,
                                                                      const UpgradeRequest& request, std::size_t message_bytes_max);

}  // namespace tidegate
