// tidegate-bench: the program behind `./dev bench NAME`.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/pipeline.h"

int main(int count, char** arguments) {
  std::error_code failure;
  tidegate::PipelineOptions options;
  options.programs = std::filesystem::read_symlink("/proc/self/exe", failure).parent_path();
  options.directory = options.programs.parent_path() / "bench-data";
  bool json = false;
  CLI::App app{"Measures, and prints the environment with the figures. Exit code 0: measured, nothing missing, nothing twice.",
               "tidegate-bench"};
  app.require_subcommand(1);
  CLI::App* pipeline =
      app.add_subcommand("pipeline", "The agent alone: simulator to agent to a receiver that acknowledges at once");
  pipeline->add_flag("--json", json, "One JSON document and nothing else");
  pipeline->add_option("--records", options.records, "Techniques in the backlog")->check(CLI::Range(1000, 10000000));
  pipeline->add_option("--technique-bytes", options.technique_bytes, "Mean size of a technique")->check(CLI::Range(1000, 100000));
  pipeline->add_option("--seed", options.seed, "Of the simulated data");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }
  const tidegate::SystemClock clock;
  const tidegate::Result<tidegate::Report> report = tidegate::bench_pipeline(options, clock);
  if (!report) {
    std::fprintf(stderr, "tidegate-bench: %s\n", report.error().text().c_str());
    return 1;
  }
  std::fputs((json ? report->json() : report->text()).c_str(), stdout);
  double wrong = 0;
  for (const auto& [key, value] : report->figures) wrong += key == "missing" || key == "twins" ? value : 0;
  return wrong == 0 ? 0 : 1;
}
