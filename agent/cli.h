// The command line of tidegate-agent. Arguments in, exit code out.
#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace tidegate {

// The parser with all its commands. Manual page and completion are made from the same one, without running it.
class AgentCommandLine {
 public:
  AgentCommandLine();
  ~AgentCommandLine();

  const CLI::App& app() const;
  // Once. Exit code: see daemon.h.
  int run(int argc, char** argv);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

int agent_main(int argc, char** argv);

}  // namespace tidegate
