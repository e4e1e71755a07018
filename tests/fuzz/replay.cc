// Runs a fuzz target over its corpus where there is no libFuzzer: in plain ctest, with every compiler and sanitizer. Each
// input has a process of its own, so that one that ends the process is named and the others still run.
//
//   fuzz_NAME FOLDER…      exit code 0: every input was taken; 1: some were not; 2: there is no corpus
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr unsigned seconds_per_input_max = 30;

std::vector<std::filesystem::path> inputs_in(int count, char** folders) {
  std::vector<std::filesystem::path> inputs;
  for (int at = 1; at < count; ++at) {
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator{folders[at], failure}) {
      if (entry.is_regular_file()) inputs.push_back(entry.path());
    }
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

[[noreturn]] void take(const std::filesystem::path& input) {
  ::alarm(seconds_per_input_max);  // an input that takes for ever is a failure as well
  std::ifstream file{input, std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
  // A copy of the exact size, so that a read beyond it is seen.
  const std::vector<std::uint8_t> data{bytes.begin(), bytes.end()};
  const int result = LLVMFuzzerTestOneInput(data.data(), data.size());
  std::exit(result);
}

bool taken(const std::filesystem::path& input) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) take(input);
  int status = -1;
  ::waitpid(child, &status, 0);
  if (status == 0) return true;
  const char* how = WIFSIGNALED(status) ? "signal" : "exit code";
  std::printf("FAILED: %s: %s %d\n", input.c_str(), how, WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  return false;
}

}  // namespace

int main(int count, char** folders) {
  const std::vector<std::filesystem::path> inputs = inputs_in(count, folders);
  if (inputs.empty()) {
    std::printf("no inputs: a fuzz target has a corpus\n");
    return 2;
  }
  const auto failed = std::count_if(inputs.begin(), inputs.end(), [](const auto& input) { return !taken(input); });
  std::printf("%zu inputs, %td failed\n", inputs.size(), failed);
  return failed == 0 ? 0 : 1;
}
