// The command line of tidegate-processor: arguments in, exit code out: 0 done, 1 nothing found or failed,
// 2 wrong usage or configuration, 3 nobody answers, 4 storage.
#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace tidegate {

// The parser with all its commands. Manual page and completion are made from the same one, without running it.
class ProcessorCommandLine {
 public:
  ProcessorCommandLine();
  ~ProcessorCommandLine();

  const CLI::App& app() const;
  // Once.
  int run(int argc, const char* const* argv);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

int run_cli(int argc, const char* const* argv);

}  // namespace tidegate
