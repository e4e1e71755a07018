// Through an HTTP proxy: CONNECT and its answer (RFC 9110, section 9.3.6). The proxy is spoken to in plain HTTP and carries
// the target's bytes unseen from then on.
//
// ask_for_tunnel() and tunnel_result() are for use inside transport/. Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "transport/byte_stream.h"
#include "transport/http_client.h"
#include "transport/url.h"

namespace tidegate {

// "http://[user:password@]host:port". `invalid`: anything else; the text names no password.
Result<Url> parse_proxy(std::string_view text);

// Asks for a tunnel on a connection to the proxy; the status that it answers, which is 2xx when the tunnel is open.
// Errors are those of a connection that breaks or of an answer that is not HTTP.
//   requires: the stream and both URLs outlive the wait
asio::awaitable<Result<unsigned>> ask_for_tunnel(ByteStream& to_proxy, const Url& target, const Url& proxy, HttpLimits limits);

// What the proxy's status means: nothing for 2xx; `denied` for 407 and 403; else `unavailable`.
Result<void> tunnel_result(unsigned status, const Url& target, const Url& proxy);

}  // namespace tidegate
