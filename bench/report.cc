#include "bench/report.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <optional>

#include "base/log.h"

namespace tidegate {
namespace {

constexpr int key_width = 32;
constexpr int value_width = 15;
constexpr int ratio_width = 10;

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

// {"key":1,...}
void append_figures(std::string& out, const Figures& figures) {
  out.push_back('{');
  for (std::size_t at = 0; at < figures.size(); ++at) {
    if (at > 0) out.push_back(',');
    append_json_string(out, figures[at].first);
    out.append(":").append(number(figures[at].second));
  }
  out.push_back('}');
}

std::optional<double> value_of(const Figures& figures, const std::string& key) {
  for (const auto& [other, value] : figures) {
    if (other == key) return value;
  }
  return std::nullopt;
}

std::string ratio(double peer, double agent) {
  if (agent == 0) return "";  // nothing is a multiple of it
  char text[64];
  std::snprintf(text, sizeof text, "x%.2f", peer / agent);
  return text;
}

// One column: the text at its right edge.
std::string cell(const std::string& text, int width) {
  char padded[96];
  std::snprintf(padded, sizeof padded, "%*s", width, text.c_str());
  return padded;
}

// The figures, a line each; with peers each has two columns, its own figure and how many times the agent's that is.
std::string table(const Figures& figures, const Peers& peers) {
  std::string out;
  if (!peers.empty()) {
    out.append("  ").append(cell("", -key_width)).append(cell("agent", value_width));
    for (const auto& [peer, theirs] : peers) out.append(cell(peer, value_width)).append(cell("/ agent", ratio_width));
    out.push_back('\n');
  }
  for (const auto& [key, value] : figures) {
    out.append("  ").append(cell(key, -key_width)).append(cell(number(value), value_width));
    for (const auto& [peer, theirs] : peers) {
      const std::optional<double> other = value_of(theirs, key);
      out.append(cell(other ? number(*other) : "-", value_width)).append(cell(other ? ratio(*other, value) : "-", ratio_width));
    }
    out.push_back('\n');
  }
  return out;
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
  out.append(",\"figures\":");
  append_figures(out, figures);
  if (!peers.empty()) {
    out.append(",\"peers\":{");
    for (std::size_t at = 0; at < peers.size(); ++at) {
      if (at > 0) out.push_back(',');
      append_json_string(out, peers[at].first);
      out.push_back(':');
      append_figures(out, peers[at].second);
    }
    out.push_back('}');
  }
  return out.append("}\n");
}

std::string Report::text() const {
  std::string out = "bench " + name + "\n";
  for (const Facts* facts : {&environment, &parameters}) {
    for (const auto& [key, value] : *facts) out.append("  ").append(key).append(": ").append(value).append("\n");
  }
  return out + table(figures, peers);
}

}  // namespace tidegate
