#include "bench/report.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "base/log.h"

namespace tidegate {
namespace {

// The value of the first line of that key in a file of "key : value" lines.
std::string value_in(const char* file, const std::string& key) {
  std::ifstream stream{file};
  for (std::string line; std::getline(stream, line);) {
    const std::size_t colon = line.find(':');
    if (line.compare(0, key.size(), key) != 0 || colon == std::string::npos) continue;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? std::string{} : line.substr(begin);
  }
  return "unknown";
}

std::string number(double value) {
  char text[64];
  const bool whole = value == static_cast<double>(static_cast<long long>(value));
  std::snprintf(text, sizeof text, whole ? "%.0f" : "%.3f", value);
  return text;
}

}  // namespace

Facts environment() {
  utsname system{};
  ::uname(&system);
#ifdef NDEBUG
  const char* build = "optimised, NDEBUG";
#elif defined(__OPTIMIZE__)
  const char* build = "optimised";
#else
  const char* build = "NOT OPTIMISED: the figures say nothing";
#endif
  return {{"cpu", value_in("/proc/cpuinfo", "model name")},
          {"cores", std::to_string(::sysconf(_SC_NPROCESSORS_ONLN))},
          {"memory", value_in("/proc/meminfo", "MemTotal")},
          {"kernel", std::string{system.sysname} + " " + system.release},
          {"compiler", __VERSION__},
          {"build", build},
          {"tidegate", TIDEGATE_VERSION}};
}

std::string Report::json() const {
  std::string out = "{\"name\":";
  append_json_string(out, name);
  for (const auto& [title, facts] : {std::pair{"environment", &environment}, {"parameters", &parameters}}) {
    out.append(",\"").append(title).append("\":{");
    for (std::size_t at = 0; at < facts->size(); ++at) {
      if (at > 0) out.push_back(',');
      append_json_string(out, (*facts)[at].first);
      out.push_back(':');
      append_json_string(out, (*facts)[at].second);
    }
    out.push_back('}');
  }
  out.append(",\"figures\":{");
  for (std::size_t at = 0; at < figures.size(); ++at) {
    if (at > 0) out.push_back(',');
    append_json_string(out, figures[at].first);
    out.append(":").append(number(figures[at].second));
  }
  return out.append("}}\n");
}

std::string Report::text() const {
  std::string out = "bench " + name + "\n";
  for (const Facts* facts : {&environment, &parameters}) {
    for (const auto& [key, value] : *facts) out.append("  ").append(key).append(": ").append(value).append("\n");
  }
  for (const auto& [key, value] : figures) {
    char line[96];
    std::snprintf(line, sizeof line, "  %-32s %14s\n", key.c_str(), number(value).c_str());
    out.append(line);
  }
  return out;
}

}  // namespace tidegate
