// SimControlLink: the sensor's end of the control link in a simulation: the real OpAMP session and the real mapping of its
// messages, over a connection of the simulation's instead of a WebSocket. It connects, and connects again, as OpampClient does: at
// most connect_max for a connection, answer_max for an answer, full jitter in between.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/control_ports.h"
#include "agent/edges/opamp_mapping.h"
#include "agent/ports.h"
#include "tests/world/framed_stream.h"
#include "transport/backoff.h"
#include "transport/opamp_connection.h"

namespace tidegate {

struct SimControlLinkOptions {
  std::function<asio::awaitable<Result<std::unique_ptr<ByteStream>>>()> dial;
  SensorFacts facts;
  Id128 instance_uid;
};

class SimControlLink final : public ControlLink {
 public:
  SimControlLink(SimControlLinkOptions options, Surroundings around);

  // Until cancelled.
  asio::awaitable<Error> run();
  // The process has died: nothing more is sent or taken on the connection that stands.
  void hang_up();

  asio::awaitable<Result<ControlEvent>> next() override;
  asio::awaitable<Result<void>> renew() override;
  void publish(ControlReport report) override;
  Result<void> answer(CommandAnswer answer) override;
  LinkView view() const override { return {link_.connected, link_.connected ? std::string{} : trouble_}; }

 private:
  struct Renewal {
    bool begun = false;
    std::optional<Result<void>> result;
    Signal done;
  };

  asio::awaitable<Error> connect_once();
  asio::awaitable<Error> read();
  asio::awaitable<Error> write();
  asio::awaitable<void> pause();
  void end(Error reason);
  void on_answer();
  void finish_renewal(const Result<void>& result);

  SimControlLinkOptions options_;
  Surroundings around_;
  OpampSession session_;
  OpampClientOptions client_;
  OpampConnection link_;
  Backoff backoff_;
  std::unique_ptr<FramedStream> stream_;        // of the connection that stands
  std::optional<Error> ended_;                  // why it ended
  std::optional<SteadyTime> unanswered_since_;  // on it
  std::string trouble_;
  std::shared_ptr<Renewal> renewal_;  // shared with who waits for it
};

}  // namespace tidegate
