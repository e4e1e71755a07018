#include "processor/cli.h"

int main(int argc, char** argv) { return tidegate::run_cli(argc, argv); }
