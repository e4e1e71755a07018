// The certificates that a TLS server shows, read without trusting it: to find in them the one whose fingerprint somebody was
// told.
//
// This is the one connection whose certificate is not verified. Nothing is sent on it and nothing else is read from it; whoever
// wants to talk to the server makes a fresh connection that trusts what was found, and verifies all of it.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "transport/url.h"

namespace tidegate {

namespace asio = boost::asio;

// As PEM, the server's own first, at most identity_certificates_max. `unavailable`: not reached, or it speaks no TLS. `timeout`:
// not within `deadline`.
asio::awaitable<Result<std::vector<std::string>>> shown_chain(Url server, std::chrono::nanoseconds deadline);

}  // namespace tidegate
