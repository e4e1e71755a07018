// A run of an action: what was asked for, by whom, and what has become of it, target by target. It is all that the history shows,
// and all that a restart needs to go on.
//
// Pure; any thread.   Source: design, P9 and section 9.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "respond/action.h"

namespace tidegate {

inline constexpr std::chrono::hours lasts_max{24 * 30};  // of a time-limited action

// How far one target is. The API's task states, and ours around them.
enum class ResponseState : std::uint8_t {
  waiting,  // not sent
  sending,  // it may have been sent: nobody knows until an answer, or the list of tasks, says so
  queued,   // the API has a task for it, as in the next two
  running,
  pending_approval,  // waits for a person in Vision One
  succeeded,
  failed,    // by the API's task
  rejected,  // a person in Vision One said no
  canceled,  // in Vision One
  refused,   // the API, or a guard of ours, did not take it: nothing was done
  unknown,   // it may have been done, and the API does not say: needs a person
};
std::string_view name(ResponseState state);
// Nothing more happens to it by itself.
bool settled(ResponseState state);

struct TargetRun {
  ActionTarget target;
  ResponseState state = ResponseState::waiting;
  std::string task_id;           // the API's; empty: none known
  std::string reason;            // the API's words, or ours; may be empty
  std::uint32_t attempts = 0;    // how often it was sent, or may have been
  std::optional<WallTime> sent;  // when the last attempt began
  WallTime changed{};            // the state, last
  bool given_back = false;       // it has succeeded, and a run that takes this one back has succeeded on it

  bool operator==(const TargetRun&) const = default;
};

// Whether a person has to say yes before anything is sent.
enum class Approval : std::uint8_t { not_needed, awaited, granted, denied };
std::string_view name(Approval approval);

// Of a custom responder: one request, rendered. Secrets are added when it is sent, and are never here.
struct WebhookRun {
  std::string method;
  std::string path_and_query;
  std::string body;
  ResponseState state = ResponseState::waiting;
  std::uint32_t status = 0;  // HTTP; 0: no answer
  std::string answer;        // the beginning of its body, without control characters
  std::string reason;
  std::optional<WallTime> sent;
  WallTime changed{};

  bool operator==(const WebhookRun&) const = default;
};

struct ActionRun {
  std::string id;                        // 32 hexadecimal digits
  std::string responder;                 // by name
  std::string tenant;                    // in whose name it acts
  std::string sensor;                    // by which it is carried out; empty: by the processor
  std::string handed_to;                 // the ledger of that sensor to which it was, or may have been, handed; empty: none yet
  std::optional<ResponseAction> action;  // absent: a custom responder's
  std::string requested_by;              // who asked for it
  std::string record_id;                 // of the record that it is about; may be empty
  WallTime created{};
  bool dry_run = false;  // shown and kept, never sent
  Approval approval = Approval::not_needed;
  std::string decided_by;                     // who granted or denied it
  std::optional<WallTime> decided;            // and when
  std::optional<std::chrono::seconds> lasts;  // time-limited: undone that long after it has succeeded
  std::optional<WallTime> undo_at;            // from then on known
  std::string undoes;                         // the id of the run that this one takes back; empty: none
  bool by_limit = false;                      // it takes that one back because its time was over
  std::string undone_by;                      // the id of the run that takes this one back; empty: none, or it did not succeed
  bool undone = false;                        // it has succeeded
  std::string retries;                        // the id of the run of which this is another try; empty: none
  std::string retried_by;                     // the id of the last run that tries this one again; empty: none
  std::vector<TargetRun> targets;             // of a Vision One action
  std::optional<WebhookRun> webhook;          // of a custom responder

  bool operator==(const ActionRun&) const = default;
};

// Of a whole run, from its parts: the one that needs a person or time most.
enum class RunState : std::uint8_t {
  awaiting_approval,  // ours
  denied,             // ours
  previewed,          // a dry run: nothing is ever sent
  under_way,
  pending_approval,
  succeeded,
  partly,  // some succeeded, some did not
  failed,  // none did, and each is settled
  unknown,
  undoing,  // a run that takes it back is not settled
  undone,
};
inline constexpr std::array all_run_states{
    RunState::awaiting_approval, RunState::denied,    RunState::previewed, RunState::under_way,
    RunState::pending_approval,  RunState::succeeded, RunState::partly,    RunState::failed,
    RunState::unknown,           RunState::undoing,   RunState::undone};
std::string_view name(RunState state);
std::optional<RunState> run_state_of(std::string_view name);
RunState state_of(const ActionRun& run);
// Nothing is left to do by itself; a time-limited run that has succeeded is not, until its undoing was begun.
bool settled(const ActionRun& run);
// Nothing of it is under way, or waits for a person; what is limited in time may still be undone.
bool ended(const ActionRun& run);

// What it was asked for is done, and was not taken back.
bool is_in_force(const TargetRun& target);

// What takes the run back: the inverse of its action, on the targets that are in force.
//   requires: the action has an inverse, and some target is in force
ActionRun inverse_run(const ActionRun& run, std::string id, std::string requested_by, WallTime now);

// What makes a task of the API findable as the target's: it stands at the end of the description that is sent.
std::string marker_of(const ActionRun& run, std::size_t target);
std::string sent_description(const ActionRun& run, std::size_t target);

}  // namespace tidegate
