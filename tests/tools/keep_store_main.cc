// tidegate-keep-store: writes a store as this program writes it, for the tree to keep under tests/data/stores (CONTRIBUTING.md).
#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/support/kept_store.h"

int main(int count, char** arguments) {
  std::string folder;
  CLI::App app{"Writes the store that tests/unit/storage/kept_stores_test.cc knows. Exit code 0: it is written; 2: it is not.",
               "tidegate-keep-store"};
  app.add_option("folder", folder, "Where to; must not be there yet")->required();
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }
  const tidegate::Result<void> written = tidegate::write_kept_store(folder);
  if (written) return 0;
  std::fprintf(stderr, "tidegate-keep-store: %s\n", written.error().text().c_str());
  return 2;
}
