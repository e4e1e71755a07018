// ResponderApis: how the requests of a responder are sent: over its proxy and TLS, by the API or the webhook. Built anew where a
// responder or its credential has changed. Each request that may change something has a connection of its own, so that none waits
// for another, and none is sent twice (P9); those that follow tasks share one.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "respond/ports.h"
#include "respond/responder.h"

namespace tidegate {

// Of a responder, how its requests are sent. Made anew when the responder or its credential has changed.
using MakeResponderApi = std::function<Result<ResponderApi>(const Responder& responder, Secret secret)>;
// What a responder is fit for, in words, found out without side effects.
using ProbeResponder = std::function<asio::awaitable<Result<std::string>>(Responder responder, Secret secret)>;

class ResponderApis {
 public:
  //   requires: both outlive this and whatever it makes
  ResponderApis(Clock& clock, Random& random) : clock_(clock), random_(random) {}

  // `invalid`: ca_file cannot be used, or a setting of a custom responder.
  Result<ResponderApi> make(const Responder& responder, Secret secret);

  // Without side effects: of Vision One the list of tasks, which proves the key; of a custom responder the way to it, on which no
  // request is sent. What that proves, in words.
  asio::awaitable<Result<std::string>> probe(Responder responder, Secret secret);

 private:
  Clock& clock_;
  Random& random_;
};

}  // namespace tidegate
