// Control: between the control link and the agent. In: offers go to the trial, commands to whoever answers the local control
// socket, a restart ends the agent as a signal does. Out: the report of what is so.
//
// It promises:
// - The report is published when it differs from the last one, at most once in publish_gap, and at least once in publish_every;
//   what an offer has come to is published at once.
// - A command is done once, however often it is repeated: answers are remembered by their ids, and one under way is not begun
//   again. At most commands_max are under way; one beyond is answered with 503 and not remembered, so that its repetition is done.
// - Where the sensor's file does not accept remote control, nothing is changed: offers and restarts are ignored, and commands may
//   only look (GET).
// - Nothing that the processor sends ends this, or holds up collection.
//
// A command's body is "METHOD TARGET", as on the local control socket, and of a POST that has a body a line feed and that; an
// answer's is "STATUS CONTENT_TYPE\n" and the body. What came as a body may hold secrets, and is in no log. Thread: the loop.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "agent/control_ports.h"
#include "agent/ports.h"
#include "agent/verdict.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "respond/sensor_messages.h"
#include "transport/http_server.h"
#include "transport/signal.h"
#include "transport/task_group.h"

namespace tidegate {

struct ControlLimits {
  std::size_t commands_max = 16;
  std::size_t answers_max = 256;              // remembered
  std::size_t answers_bytes_max = 4u << 20;   // of their bodies; of older ones only the ids are kept
  std::size_t answer_bytes_max = 256u << 10;  // of one body
  std::size_t request_bytes_max = 8u << 10;   // of its first line
  std::size_t body_bytes_max = sensor_message_bytes_max;
  std::chrono::nanoseconds look_every{std::chrono::seconds{1}};  // at a state that says of no change itself
  std::chrono::nanoseconds publish_gap{std::chrono::milliseconds{200}};
  std::chrono::nanoseconds publish_every{std::chrono::minutes{1}};
};

// Answers a request as the local control socket does.
using CommandHandler = std::function<asio::awaitable<HttpReply>(std::string method, std::string target, Secret body)>;

struct ControlHooks {
  std::function<ControlReport()> report;
  std::function<void(RemoteOffer)> offer;
  CommandHandler answer;
  std::function<void()> restart;  // to end as a signal does
};

class Control {
 public:
  //   requires: the link outlives this; the hooks are callable, and what they refer to outlives run()
  Control(ControlLink& link, ControlHooks hooks, bool accepts, asio::any_io_executor executor, Surroundings around, Log& log,
          Metrics& metrics, ControlLimits limits = {});

  // Until cancelled.
  asio::awaitable<Error> run();

  // The report may have changed; with `at_once` it is not held back.
  void changed(bool at_once);
  // The link as it was seen, and since when.
  StageState link_state() const;

 private:
  struct Kept {
    std::string id;
    Bytes body;
  };

  asio::awaitable<Error> take_events();
  asio::awaitable<Error> publish_changes();
  asio::awaitable<Error> serve(Command command);
  void take(Command command);
  void restart();
  void publish();
  Bytes answer_of(const HttpReply& reply) const;
  void answer(const std::string& id, const Bytes& body);
  void remember(const std::string& id, Bytes body);
  void count(std::string_view outcome);

  ControlLink& link_;
  ControlHooks hooks_;
  bool accepts_;
  Surroundings around_;
  Log& log_;
  Metrics& metrics_;
  ControlLimits limits_;

  std::set<std::string> under_way_;  // ids
  std::deque<Kept> answers_;         // the oldest first
  std::size_t answers_bytes_ = 0;
  std::optional<ControlReport> published_;
  SteadyTime published_at_{};
  StageState link_state_;
  bool dirty_ = false;
  bool at_once_ = false;
  Signal changed_;
  TaskGroup tasks_;  // last
};

}  // namespace tidegate
