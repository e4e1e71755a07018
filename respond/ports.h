// What the running of actions asks of the world: a ledger that survives, and the API. The processor answers with SQLite and HTTPS,
// a simulation with its own.
//
// Thread: the loop. Awaitables of ActionApi end early, with `cancelled`, when the coroutine that waits is cancelled; those of the
// ledger are short and their results are always looked at.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "respond/action.h"
#include "respond/run.h"

namespace tidegate {

namespace asio = boost::asio;

struct UnsettledRuns {
  std::vector<ActionRun> runs;
  std::vector<std::string> unreadable;  // each with the reason: a person has to look what it was
};

// Promises: all runs of one put() are in, or none; they are on stable storage when it returns. After an error they may be in or
// not.
class ActionLedger {
 public:
  virtual ~ActionLedger() = default;

  // Replaces each by its id.   `full`: as many runs as can be kept are not settled.
  virtual asio::awaitable<Result<void>> put(std::vector<ActionRun> runs) = 0;
  virtual asio::awaitable<Result<ActionRun>> read(std::string id) = 0;  // `absent`
  // Those that are not settled (run.h), the oldest first.
  virtual asio::awaitable<Result<UnsettledRuns>> unsettled() = 0;
};

// What the API says of one element that was sent.
struct SentElement {
  enum class Fate : std::uint8_t {
    accepted,   // with a task
    duplicate,  // the same task was under way already: that one is followed
    refused,    // nothing was done, and the same would be refused again
    unknown,    // the API failed inside: it may have been done
  };
  Fate fate = Fate::unknown;
  std::string task_id;  // of accepted and duplicate
  std::string reason;   // the API's code and words, bounded
};

// A task as the API tells it.
struct TaskView {
  std::string id;
  ResponseState state = ResponseState::queued;  // queued … canceled; a status that is not known counts as running
  std::string action;                           // the API's name of it
  std::string description;
  std::string reason;  // of its error, and of those of its parts; may be there while it runs
  WallTime created{};
  std::vector<std::string> objects;  // the values of the object types that it names
};

// Of an error of a request that was to be sent: it did nothing for certain. Any other may have been obeyed.
inline bool nothing_was_done(const Error& error) {
  return error.code() == Code::denied || error.code() == Code::invalid || error.code() == Code::throttled;
}

// An element as it is sent.
struct ActionElement {
  ActionTarget target;
  std::string description;  // with the marker
};

// The API of one responder.
class ActionApi {
 public:
  virtual ~ActionApi() = default;

  // One answer for each element, in order. An error is of the whole request: `denied`, `invalid`, `throttled`: nothing was done;
  // any other: it may have been done.   requires: 1 to elements_per_request_max elements
  virtual asio::awaitable<Result<std::vector<SentElement>>> send(ResponseAction action, std::vector<ActionElement> elements) = 0;
  // `absent`: the API knows no such task (any more).
  virtual asio::awaitable<Result<TaskView>> task(std::string id) = 0;
  // All tasks created since then, whoever asked for them. It is complete, or an error.
  virtual asio::awaitable<Result<std::vector<TaskView>>> tasks_since(WallTime since) = 0;
};

// The one request of a custom responder.
class WebhookApi {
 public:
  virtual ~WebhookApi() = default;

  struct Answer {
    unsigned status = 0;
    std::string body;  // its beginning
  };
  // Any status is an answer. `denied`, `invalid`: it was not sent; any other error: it may have been.
  virtual asio::awaitable<Result<Answer>> send(std::string method, std::string path_and_query, std::string body) = 0;
};

// By what a run is done; held for as long as it is used, so that a responder may be changed meanwhile.
struct ResponderApi {
  std::shared_ptr<ActionApi> actions;  // exactly one of both
  std::shared_ptr<WebhookApi> webhook;
};

// Who gives them, and says whether anything may be sent at all.
class Responders {
 public:
  virtual ~Responders() = default;

  // By what the run is sent and followed, whatever it may do now. `absent`: there is no such responder any more. `unavailable`:
  // what it needs is missing for the moment.
  virtual Result<ResponderApi> api_for(const ActionRun& run) = 0;
  // Whether it may be sent as things are now: the responder's tenants, actions and protected objects may have changed since it was
  // accepted. Of its targets it has those that are to be sent next. `denied`, `absent`: with every reason.
  virtual Result<void> permits(const ActionRun& run) = 0;
  // False: the kill switch is on. Nothing new is sent; what was sent is followed.
  virtual bool may_send() const = 0;
};

}  // namespace tidegate
