#include "agent/cli.h"

int main(int argc, char** argv) { return tidegate::agent_main(argc, argv); }
