#include "tests/world/framed_stream.h"

namespace tidegate {
namespace {

constexpr std::size_t frame_head_bytes = 4;
constexpr std::size_t frame_read_bytes = std::size_t{16} << 10;

}  // namespace

asio::awaitable<Result<Bytes>> FramedStream::read() {
  Bytes room(frame_read_bytes, '\0');
  for (;;) {
    const bool headed = received_.size() >= frame_head_bytes;
    const std::size_t end = headed ? frame_head_bytes + get_u32_be(received_) : 0;
    if (headed && received_.size() >= end) {
      Bytes message = received_.substr(frame_head_bytes, end - frame_head_bytes);
      received_.erase(0, end);
      co_return message;
    }
    const std::span<char> span{room};
    Result<std::size_t> came = co_await stream_->read_some(span);
    if (!came) co_return std::move(came).error();
    if (*came == 0) co_return Error{Code::unavailable, "the other side has closed"};
    received_.append(room, 0, *came);
  }
}

asio::awaitable<Result<void>> FramedStream::write(ByteView message) {
  Bytes head;
  put_u32_be(head, static_cast<std::uint32_t>(message.size()));
  const Parts parts{head, message, {}};
  co_return co_await stream_->write(parts);
}

}  // namespace tidegate
