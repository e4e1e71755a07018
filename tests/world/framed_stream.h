// FramedStream: whole messages over a ByteStream, each behind its length in four bytes: what a WebSocket is to the control link.
//
// Thread: the loop. One read and one write may be under way at the same time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "transport/byte_stream.h"

namespace tidegate {

class FramedStream {
 public:
  explicit FramedStream(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {}

  // `unavailable`: the other side has closed. Else as ByteStream has it.
  asio::awaitable<Result<Bytes>> read();
  //   requires: the message outlives the wait
  asio::awaitable<Result<void>> write(ByteView message);
  void close() { stream_->close(); }

 private:
  std::unique_ptr<ByteStream> stream_;
  Bytes received_;
};

}  // namespace tidegate
