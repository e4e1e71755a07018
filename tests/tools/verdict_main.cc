// tidegate-verdict: a ledger against what `tidegate-processor search … --limit 0 --json` printed.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/support/verdict.h"
#include "tests/support/verdict_hits.h"

namespace tidegate {
namespace {

Result<VerdictFigures> judged(const std::string& ledger, const std::string& hits) {
  Judge judge;
  if (Result<void> added = judge.add_ledger_file(ledger); !added) return std::move(added).error();
  FILE* input = hits == "-" ? stdin : std::fopen(hits.c_str(), "re");
  if (input == nullptr) return Error{Code::absent, hits + ": cannot be read"};
  HitSplitter splitter{[&](std::string& hit) { return judge.add_hit(hit); }};
  std::vector<char> buffer(1u << 20);
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), input)) {
    if (Result<void> fed = splitter.feed({buffer.data(), count}); !fed) return std::move(fed).error();
  }
  if (input != stdin) std::fclose(input);
  if (Result<void> whole = splitter.finish(); !whole) return std::move(whole).error();
  return judge.figures();
}

int run(const std::string& ledger, const std::string& hits) {
  const Result<VerdictFigures> figures = judged(ledger, hits);
  if (!figures) {
    std::fprintf(stderr, "tidegate-verdict: %s\n", figures.error().text().c_str());
    return 2;
  }
  for (const std::string& example : figures->examples) std::printf("%s\n", example.c_str());
  if (figures->foreign > 0) std::printf("foreign: %llu\n", static_cast<unsigned long long>(figures->foreign));
  std::printf("%s\n", figures->line().c_str());
  return figures->ok() ? 0 : 1;
}

}  // namespace
}  // namespace tidegate

int main(int count, char** arguments) {
  std::string ledger;
  std::string hits = "-";
  CLI::App app{
      "Compares a simulator's ledger with the index. Exit code 0: nothing missing, no twins, nothing foreign; 1: something, "
      "or an empty ledger; "
      "2: one of the two cannot be read.",
      "tidegate-verdict"};
  app.add_option("--ledger", ledger, "The simulator's ledger, one JSON object a line")->required();
  app.add_option("--index", hits, "What `tidegate-processor search QUERY --limit 0 --json` printed; - is the standard input");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }
  return tidegate::run(ledger, hits);
}
