// The command line of tidegate-processor: arguments in, exit code out. Design section 6.1 has commands and exit codes.
#pragma once

namespace tidegate {

int run_cli(int argc, const char* const* argv);

}  // namespace tidegate
