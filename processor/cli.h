// The command line of tidegate-processor: arguments in, exit code out: 0 done, 1 nothing found or failed,
// 2 wrong usage or configuration, 4 storage.
#pragma once

namespace tidegate {

int run_cli(int argc, const char* const* argv);

}  // namespace tidegate
