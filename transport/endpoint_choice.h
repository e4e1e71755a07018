// EndpointChoice: which of several receivers to try, in order of preference. Each that failed waits for itself, longer each time,
// so that one that is away does not hold up the way to one that is there.
//
// Pure: time is told. Thread: the owner's.
#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "transport/backoff.h"

namespace tidegate {

class EndpointChoice {
 public:
  //   requires: at least one endpoint
  EndpointChoice(std::size_t endpoints, Random& random, BackoffLimits retry);

  // What to try now, one after the other: those whose wait is over; where there is none, the one whose wait ends first.
  std::vector<std::size_t> order(SteadyTime now) const;

  // It could not be reached, or took chunks and acknowledged none.
  void failed(std::size_t endpoint, SteadyTime now);
  // It has acknowledged a chunk.
  void proven(std::size_t endpoint);

 private:
  struct Place {
    Backoff backoff;
    SteadyTime not_before{};
  };
  std::vector<Place> places_;
};

}  // namespace tidegate
