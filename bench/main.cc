// tidegate-bench: the program behind `./dev bench NAME`.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/options.h"
#include "bench/results_page.h"
#include "bench/runs.h"

namespace tidegate {
namespace {

int told(const Error& error) {
  std::fprintf(stderr, "tidegate-bench: %s\n", error.text().c_str());
  return 1;
}

int run(const Bench& bench, const Output& output) {
  const SystemClock clock;
  const auto once = [&] { return bench.run(clock); };
  const Result<Report> report = run_several(output.runs, once);
  if (!report) return told(report.error());
  std::fputs((output.json ? report->json() : report->text()).c_str(), stdout);
  if (!output.save.empty()) {
    if (const Result<void> saved = save_report(output.save, *report); !saved) return told(saved.error());
  }
  return nothing_lost(*report) ? 0 : 1;
}

int bench_main(int count, char** arguments) {
  std::error_code failure;
  const std::filesystem::path programs = std::filesystem::read_symlink("/proc/self/exe", failure).parent_path();
  Options options = default_options(programs);
  CLI::App app{"Measures, and prints the environment with the figures. Exit code 0: measured, nothing missing, nothing twice.",
               "tidegate-bench"};
  app.require_subcommand(1);
  const std::vector<Bench> benches = add_benches(app, options);
  std::string folder;
  CLI::App* const page = app.add_subcommand("page", "Makes README.md and peers.svg of what --save left in a folder");
  page->add_option("folder", folder, "With NAME.json of each benchmark")->required();
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }
  if (page->parsed()) {
    const Result<void> written = write_page(folder);
    return written ? 0 : told(written.error());
  }
  for (const Bench& bench : benches) {
    if (bench.app->parsed()) return run(bench, options.output);
  }
  return 2;
}

}  // namespace
}  // namespace tidegate

int main(int count, char** arguments) { return tidegate::bench_main(count, arguments); }
