#include "transport/endpoint_choice.h"

#include <algorithm>

#include "base/check.h"

namespace tidegate {

EndpointChoice::EndpointChoice(std::size_t endpoints, Random& random, BackoffLimits retry) {
  TG_ASSERT(endpoints > 0, "there is a receiver to choose");
  for (std::size_t i = 0; i < endpoints; ++i) places_.push_back({Backoff{random, retry}, {}});
}

std::vector<std::size_t> EndpointChoice::order(SteadyTime now) const {
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (places_[i].not_before <= now) ready.push_back(i);
  }
  if (!ready.empty()) return ready;
  const auto sooner = [](const Place& a, const Place& b) { return a.not_before < b.not_before; };
  const auto first = std::min_element(places_.begin(), places_.end(), sooner);
  return {static_cast<std::size_t>(first - places_.begin())};
}

void EndpointChoice::failed(std::size_t endpoint, SteadyTime now) {
  Place& place = places_.at(endpoint);
  place.not_before = now + place.backoff.next();
}

void EndpointChoice::proven(std::size_t endpoint) {
  Place& place = places_.at(endpoint);
  place.backoff.reset();
  place.not_before = {};
}

}  // namespace tidegate
