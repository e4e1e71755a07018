// Writes the configuration reference to the file that is named.
#include "config/reference.h"

#include <fstream>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: config-reference FILE\n";
    return 2;
  }
  std::ofstream out{argv[1]};
  out << "# Configuration\n\nWhat the programs know, made from the table that their parser uses.\n\n# agent.yaml\n\n"
      << tidegate::reference_markdown(tidegate::agent_fields()) << "\n# processor.yaml\n\n"
      << tidegate::reference_markdown(tidegate::processor_fields());
  out.close();
  return out ? 0 : 1;
}
