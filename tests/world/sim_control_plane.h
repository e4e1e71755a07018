// SimControlPlane: a processor's control plane in a simulation, for one sensor: the document that the sensor should run, all that
// were pushed before it, and what the sensor has said of each. Each connection has the real OpAMP session of the server's side; the
// bytes go over a SimNet. What is wanted and what was said outlive the plane's absences.
//
// What counts is said on the newest connection that was heard: a sensor has one at a time, and on one that it has left behind old
// news may still be under way.
//
// Thread: the loop's; the constructor and the destructor between its turns.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/world/sim_net.h"
#include "transport/opamp_messages.h"
#include "transport/task_group.h"

namespace tidegate {

struct PushedDocument {
  std::uint64_t number = 0;  // from 1
  Bytes hash;                // drawn: equal documents are told apart
  std::string text;
  opamp::ApplyStatus state = opamp::ApplyStatus::unset;  // as the sensor said last; unset: it has said nothing of it
  std::string reasons;

  bool answered() const { return state == opamp::ApplyStatus::applied || state == opamp::ApplyStatus::failed; }
};

struct SimControlPlanePorts {
  Random& random;
  SimNet& net;
  // Of a document that was written to a connection. It may call leave().
  std::function<void(const PushedDocument&)> offered;
  // When what is said of a document changes.
  std::function<void(const PushedDocument&)> reported;
};

class SimControlPlane {
 public:
  //   requires: what the ports refer to, and the loop, outlive it
  SimControlPlane(asio::io_context& loop, std::string place, SimControlPlanePorts ports);
  ~SimControlPlane();
  SimControlPlane(const SimControlPlane&) = delete;
  SimControlPlane& operator=(const SimControlPlane&) = delete;

  const std::string& place() const { return place_; }
  // It listens at its place in the net; nothing to do where it does so.
  void come();
  // It is gone without a word.
  void leave();

  // From now on the sensor should run this.   requires: it fits a message
  const PushedDocument& push(std::string text);
  // In their order.
  const std::vector<PushedDocument>& pushed() const { return pushed_; }

 private:
  struct Connection;

  void accept(std::unique_ptr<ByteStream> stream);
  asio::awaitable<Error> serve(Connection& connection);
  asio::awaitable<Error> read(Connection& connection);
  asio::awaitable<Error> write(Connection& connection);
  void take(const opamp::RemoteConfigStatus& status);
  PushedDocument* find(ByteView hash);

  asio::io_context& loop_;
  std::string place_;
  SimControlPlanePorts ports_;
  bool here_ = false;
  std::vector<PushedDocument> pushed_;
  std::uint64_t connections_made_ = 0;
  std::uint64_t heard_ = 0;  // the newest that was heard
  std::list<std::unique_ptr<Connection>> connections_;
  TaskGroup tasks_;  // last
};

}  // namespace tidegate
