// tidegate-bench: the program behind `./dev bench NAME`.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/collect.h"
#include "bench/pipeline.h"

int main(int count, char** arguments) {
  std::error_code failure;
  const std::filesystem::path programs = std::filesystem::read_symlink("/proc/self/exe", failure).parent_path();
  const std::filesystem::path directory = programs.parent_path() / "bench-data";
  tidegate::BacklogOptions pipeline_options{.directory = directory, .programs = programs, .records = 200'000};
  tidegate::BacklogOptions collect_options{.directory = directory, .programs = programs, .records = 1'000'000};
  bool json = false;
  CLI::App app{"Measures, and prints the environment with the figures. Exit code 0: measured, nothing missing, nothing twice.",
               "tidegate-bench"};
  app.require_subcommand(1);
  const auto add_data = [&json](CLI::App* bench, tidegate::BacklogOptions& options) {
    bench->add_flag("--json", json, "One JSON document and nothing else");
    bench->add_option("--records", options.records, "Techniques in the backlog")
        ->capture_default_str()
        ->check(CLI::Range(1000, 10000000));
    bench->add_option("--technique-bytes", options.technique_bytes, "Mean size of a technique")
        ->capture_default_str()
        ->check(CLI::Range(1000, 100000));
    bench->add_option("--seed", options.seed, "Of the simulated data");
  };
  CLI::App* const pipeline =
      app.add_subcommand("pipeline", "The agent alone: simulator to agent to a receiver that acknowledges at once");
  add_data(pipeline, pipeline_options);
  CLI::App* const collect = app.add_subcommand("collect", "Reading a backlog, against curl fetching the same pages");
  add_data(collect, collect_options);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }
  const tidegate::SystemClock clock;
  const tidegate::Result<tidegate::Report> report =
      collect->parsed() ? tidegate::bench_collect(collect_options, clock) : tidegate::bench_pipeline(pipeline_options, clock);
  if (!report) {
    std::fprintf(stderr, "tidegate-bench: %s\n", report.error().text().c_str());
    return 1;
  }
  std::fputs((json ? report->json() : report->text()).c_str(), stdout);
  double wrong = 0;
  for (const auto& [key, value] : report->figures) wrong += key == "missing" || key == "twins" ? value : 0;
  return wrong == 0 ? 0 : 1;
}
