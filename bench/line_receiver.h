// The other end of the peers of `bench pipeline`: takes lines over mutual TLS, ended by a newline each (RFC 6587, 3.4.2), and
// counts the techniques among them by their own ids. The protocol knows no acknowledgement, so none is given.
//
// An id is found without parsing the line, so that counting takes little from the sender that shares the machine.
//
// It runs on a thread of its own. Thread: start() and stop() from one; the counters from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/result.h"
#include "tests/support/test_pki.h"

namespace tidegate {

class LineReceiver {
 public:
  LineReceiver();
  // Stops.
  ~LineReceiver();
  LineReceiver(const LineReceiver&) = delete;
  LineReceiver& operator=(const LineReceiver&) = delete;

  // Listens on 127.0.0.1 and serves from then on, each connection on its own.
  Result<void> start(std::uint16_t port, const Identity& identity, const std::filesystem::path& ca_file);
  void stop();

  std::uint64_t records() const { return records_; }    // lines with an id, repeats included
  std::uint64_t distinct() const { return distinct_; }  // by their ids

 private:
  struct Loop;

  std::unique_ptr<Loop> loop_;
  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> distinct_{0};
};

}  // namespace tidegate
