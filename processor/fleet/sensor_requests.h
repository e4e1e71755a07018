// Requests to sensors (transport/opamp_requests.h): ids are given, and answers find those who wait for them.
//
// Promises: an answer counts only from the sensor that was asked. Bounded: requests, their targets, their answers.
// Pure. Thread: the loop.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "processor/fleet/views.h"
#include "transport/opamp_messages.h"
#include "transport/opamp_requests.h"
#include "transport/signal.h"

namespace tidegate {

inline constexpr std::size_t request_target_bytes_max = 2048;
inline constexpr std::size_t answer_body_bytes_max = 256u << 10;

// `invalid`: a method other than GET and POST, or a target that is no path of one line.
Result<void> check_request(std::string_view method, std::string_view target);

opamp::CustomMessage request_message(std::string_view id, std::string_view method, std::string_view target,
                                     const Secret& body = {});

struct SensorAnswer {
  std::string id;
  CommandOutcome outcome;
};

// `corrupt`: no answer in that form, or beyond its bounds.
Result<SensorAnswer> read_answer(ByteView data);

class SensorRequests {
 public:
  struct Pending {
    std::string sensor;
    std::optional<CommandOutcome> outcome;
    Signal answered;
  };

  // Shared: who waits keeps it, whoever is destroyed first.
  std::shared_ptr<Pending> add(const std::string& id, const std::string& sensor);
  void remove(const std::string& id) { pending_.erase(id); }
  // False when nobody waits for it.
  bool answer(std::string_view sensor, SensorAnswer answer);

  std::size_t waiting() const { return pending_.size(); }
  std::size_t waiting(std::string_view sensor) const;

 private:
  std::map<std::string, std::shared_ptr<Pending>, std::less<>> pending_;  // by id
};

}  // namespace tidegate
