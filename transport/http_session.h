// One client's connection to our HttpServer: requests in, replies out, one after the other, each step bounded in bytes
// and time.
//
// Inside transport/. Thread: the server's.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "transport/byte_stream.h"
#include "transport/http_server.h"

namespace tidegate {

// Serves until the client is done, breaks a rule or keeps us waiting, or until cancelled.
//   requires: the handler outlives the wait
asio::awaitable<Error> serve_http(std::unique_ptr<ByteStream> stream, const HttpServer::Handler& handler, HttpServerLimits limits);

}  // namespace tidegate
