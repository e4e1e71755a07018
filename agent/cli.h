// The command line of tidegate-agent. Arguments in, exit code out.
#pragma once

namespace tidegate {

int agent_main(int argc, char** argv);

}  // namespace tidegate
