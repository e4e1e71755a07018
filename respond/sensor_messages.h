// What a processor and a sensor tell each other of actions that the sensor carries out: the bodies of the requests of the control
// link (transport/opamp_requests.h).
//
//   POST /actions/responders           SensorResponders: by what the sensor may act, whole
//   POST /actions/run?ledger=ID        a run (run_store_form.h), taken once by its id; the answer is the run as the sensor has it
//   GET  /actions/changes?after=N      SensorChanges: the runs that changed after change N
//   POST /actions/test?responder=NAME  what it is fit for, in words
//
// Each can be repeated: a run is known by its id, the responders replace what is there, and changes are only read. A ledger has an
// id of its own, drawn when it is begun: a run that was handed to one is never handed to another (P9).
//
// Pure; any thread. Both ends take what comes as foreign: bounded and checked.   Source: design, section 8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "respond/responder.h"
#include "respond/run.h"
#include "transport/opamp_requests.h"

namespace tidegate {

inline constexpr std::string_view responders_route = "/actions/responders";
inline constexpr std::string_view hand_over_route = "/actions/run";
inline constexpr std::string_view changes_route = "/actions/changes";
inline constexpr std::string_view test_route = "/actions/test";

inline constexpr std::size_t sensor_message_bytes_max = request_body_bytes_max;
inline constexpr std::size_t changes_runs_max = 100;  // of one answer

// By what a sensor may act: all of its responders, each with its secret, and whether anything is to be sent at all.
struct SensorResponders {
  bool may_send = true;
  std::vector<Responder> responders;  // names are unique

  bool operator==(const SensorResponders&) const = default;
};

// `invalid`: it is larger than a message may be.
Result<Secret> sensor_responders_text(const SensorResponders& all);
// `corrupt`: naming what cannot be read; `invalid`: a newer version wrote it, or it is too large.
Result<SensorResponders> sensor_responders_from(const Secret& text);
// Tells whether two are the same. Between the sensor and its processor alone: it is in no log and no status.
std::string digest_of(const Secret& sensor_responders_text);

struct SensorChanges {
  std::string ledger;         // the id of the sensor's ledger
  std::string responders;     // the digest of what it acts by; empty: nothing
  std::uint64_t through = 0;  // the change up to which these are all; where `more`, ask again after it
  bool more = false;
  std::vector<ActionRun> runs;          // by change
  std::vector<std::string> unreadable;  // of those that came, the reasons; never sent
};

std::string stored_changes(const SensorChanges& changes);
// `corrupt`: naming what cannot be read; `invalid`: a newer version wrote it, or it is too large.
Result<SensorChanges> changes_from_stored(std::string_view bytes);

}  // namespace tidegate
