// One GET, blocking, for tests and tools that look at a running part from outside: metrics, health, the simulator's
// ledger. Plain or over TLS, with a bounded answer and a deadline.
//
// Thread: any; each call has a loop of its own.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace tidegate {

struct GetOptions {
  std::filesystem::path ca_file{};  // who may vouch for a server over TLS
  std::chrono::nanoseconds deadline{std::chrono::seconds{10}};
  std::size_t body_bytes_max = 1u << 30;
};

// The body of an answer 200. `unavailable`: any other status, or what HttpClient says.
Result<Bytes> http_get(const std::string& url, const GetOptions& options = {});

}  // namespace tidegate
