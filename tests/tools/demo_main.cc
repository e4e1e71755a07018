// tidegate-demo: the program behind `./dev demo`.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "tests/tools/demo_run.h"

namespace tidegate {
namespace {

constexpr const char* marker = "tidegate-demo";

// A folder for this run: `wanted`, emptied where an earlier demonstration stands in it, or a fresh one beside it.
Result<std::filesystem::path> folder_for(const std::filesystem::path& wanted, bool keep) {
  std::error_code failure;
  std::filesystem::path folder = wanted;
  for (int number = 1; keep && std::filesystem::exists(folder, failure); ++number) {
    folder = wanted.string() + "-" + std::to_string(number);
  }
  if (std::filesystem::exists(folder, failure) && !std::filesystem::is_empty(folder, failure)) {
    if (!std::filesystem::exists(folder / marker, failure)) {
      return Error{Code::invalid, folder.string() + ": not empty, and no demonstration made it; name another folder"};
    }
    std::filesystem::remove_all(folder, failure);
  }
  std::filesystem::create_directories(folder, failure);
  std::ofstream{folder / marker} << "Made by ./dev demo, which may empty this folder.\n";
  if (!std::filesystem::exists(folder / marker)) return Error{Code::invalid, folder.string() + ": cannot be written"};
  return std::filesystem::absolute(folder, failure);
}

int run(DemoOptions options, bool keep) {
  Result<std::filesystem::path> folder = folder_for(options.directory, keep);
  if (!folder) {
    std::fprintf(stderr, "tidegate-demo: %s\n", folder.error().text().c_str());
    return 2;
  }
  options.directory = *folder;
  const SystemClock clock;
  Demo demo{std::move(options), clock};
  const Result<bool> well = demo.run();
  if (!well) {
    std::fprintf(stderr, "tidegate-demo: %s\nThe logs are in %s\n", well.error().text().c_str(), folder->c_str());
    return 1;
  }
  return *well ? 0 : 1;
}

}  // namespace
}  // namespace tidegate

int main(int count, char** arguments) {
  std::error_code failure;
  const std::filesystem::path programs = std::filesystem::read_symlink("/proc/self/exe", failure).parent_path();
  tidegate::DemoOptions options;
  options.programs = programs;
  options.directory = programs.parent_path().parent_path() / "demo";
  std::string directory;
  std::string token_file;
  long long seconds = options.length.count();
  bool keep = false;

  CLI::App app{
      "Runs the whole way of the data on this machine: a simulated Vision One (or a real one), agent and processor, with an "
      "outage and a crash on the way. Ends with a verdict; exit code 0 only when nothing is missing and nothing is there "
      "twice.",
      "tidegate-demo"};
  app.add_option("--seconds", seconds, "Length of the live part; the replay comes after it")->check(CLI::Range(10, 86400));
  app.add_flag("--keep", keep, "Give this run a folder of its own, which the next run does not empty");
  app.add_option("--directory", directory, "Where to put everything; default: demo in the build folder");
  app.add_option("--techniques", options.techniques, "Techniques in the simulated backlog")->check(CLI::Range(1000, 10000000));
  app.add_option("--seed", options.seed, "Of the simulated data");
  CLI::Option* api =
      app.add_option("--api", options.api_base_url, "A real tenant's API, for example https://api.xdr.trendmicro.com");
  CLI::Option* token = app.add_option("--token-file", token_file, "A file with its API key")->check(CLI::ExistingFile);
  api->needs(token);
  token->needs(api);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }
  options.length = std::chrono::seconds{seconds};
  if (!directory.empty()) options.directory = directory;
  if (!token_file.empty()) options.token_file = std::filesystem::absolute(token_file, failure);
  return tidegate::run(std::move(options), keep);
}
