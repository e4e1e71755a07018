#include "transport/forward_session.h"

#include <algorithm>

#include "base/check.h"

namespace tidegate {

bool ForwardSession::has_room(std::size_t bytes) const {
  if (chunks_.empty()) return true;
  return chunks_.size() < limits_.in_flight_chunks_max && bytes_ < limits_.in_flight_bytes_max &&
         bytes <= limits_.in_flight_bytes_max - bytes_;
}

void ForwardSession::add(const Id128& chunk, std::size_t bytes, SteadyTime now) {
  TG_ASSERT(has_room(bytes), "no chunk is sent beyond the window");
  const bool added = chunks_.emplace(chunk, InFlight{.bytes = bytes, .since = now}).second;
  TG_ASSERT(added, "a chunk is in flight once");
  sent_.push_back({.chunk = chunk, .since = now});
  bytes_ += bytes;
}

Result<void> ForwardSession::on_bytes(ByteView received) {
  acks_.feed(received);
  while (true) {
    Result<std::optional<std::string>> ack = acks_.next();
    if (!ack) return std::move(ack).error();
    if (!ack->has_value()) break;
    const std::optional<Id128> chunk = id_from_chunk_text(**ack);
    const auto found = chunk ? chunks_.find(*chunk) : chunks_.end();
    if (found == chunks_.end()) return Error{Code::corrupt, "the receiver acknowledges a chunk that is not in flight"};
    bytes_ -= found->second.bytes;
    chunks_.erase(found);
    acked_.push_back(*chunk);
  }
  while (!sent_.empty()) {
    const auto front = chunks_.find(sent_.front().chunk);
    if (front != chunks_.end() && front->second.since == sent_.front().since) break;
    sent_.pop_front();
  }
  return {};
}

std::optional<Id128> ForwardSession::next_ack() {
  if (acked_.empty()) return std::nullopt;
  const Id128 chunk = acked_.front();
  acked_.pop_front();
  return chunk;
}

std::optional<SteadyTime> ForwardSession::next_expiry() const {
  if (sent_.empty()) return std::nullopt;
  return sent_.front().since + limits_.ack_wait_max;
}

bool ForwardSession::expired(SteadyTime now) const {
  const auto expiry = next_expiry();
  return expiry && now >= *expiry;
}

}  // namespace tidegate
