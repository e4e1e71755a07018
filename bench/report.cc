#include "bench/report.h"

#include <simdjson.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>

#include "base/log.h"

namespace tidegate {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t key_width = 34;
constexpr std::size_t value_width = 15;
constexpr std::size_t ratio_width = 10;
constexpr std::size_t name_bytes_max = 64;
constexpr double figure_max = 1e15;  // up to there a double tells whole numbers from their neighbours
constexpr std::uint64_t report_runs_max = 1000;

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

void append_value(std::string& out, const std::string& fact) { append_json_string(out, fact); }
void append_value(std::string& out, double figure) { out.append(number_text(figure)); }

// {"key":value,…}
template <class Value>
void append_value(std::string& out, const std::vector<std::pair<std::string, Value>>& members) {
  out.push_back('{');
  for (std::size_t at = 0; at < members.size(); ++at) {
    if (at > 0) out.push_back(',');
    append_json_string(out, members[at].first);
    out.push_back(':');
    append_value(out, members[at].second);
  }
  out.push_back('}');
}

// ,"key":{…}
template <class Members>
void append_member(std::string& out, const char* key, const Members& members) {
  out.append(",\"").append(key).append("\":");
  append_value(out, members);
}

std::optional<Figure> figure_of(const Figures& values, const Figures* least, const Figures* greatest, std::string_view key) {
  const std::optional<double> value = value_of(values, key);
  if (!value) return std::nullopt;
  Figure figure{.value = *value, .least = {}, .greatest = {}};
  if (least) figure.least = value_of(*least, key);
  if (greatest) figure.greatest = value_of(*greatest, key);
  return figure;
}

const Figures* figures_of(const Peers& peers, std::string_view name) {
  const auto found = std::find_if(peers.begin(), peers.end(), [&](const auto& peer) { return peer.first == name; });
  return found == peers.end() ? nullptr : &found->second;
}

using Row = std::vector<std::string>;

// In characters, of which one may be several bytes.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// The first column at its left edge, the others at their right; each as wide as its longest cell, and no less than usual.
std::string aligned(const std::vector<Row>& rows) {
  std::string out;
  for (const Row& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      std::size_t width = column == 0 ? key_width : column > 1 && column % 2 == 1 ? ratio_width : value_width;
      for (const Row& other : rows) width = std::max(width, width_of(other[column]) + 2);
      const std::string padding(width - width_of(row[column]), ' ');
      out.append(column == 0 ? row[column] + padding : padding + row[column]);
    }
    out.push_back('\n');
  }
  return out;
}

// The figures, a line each; with peers each has two columns, its own figure and how many times the agent's that is.
std::string table(const Report& report) {
  std::vector<Row> rows;
  if (!report.peers.empty()) {
    Row& titles = rows.emplace_back(Row{"", "agent"});
    for (const auto& [peer, theirs] : report.peers) titles.insert(titles.end(), {peer, "/ agent"});
  }
  for (const auto& [key, value] : report.figures) {
    Row& row = rows.emplace_back(Row{"  " + key, agent_figure(report, key)->text()});
    for (std::size_t peer = 0; peer < report.peers.size(); ++peer) {
      const std::optional<Figure> other = peer_figure(report, peer, key);
      row.insert(row.end(), {other ? other->text() : "-", other ? ratio_text(other->value, value) : "-"});
    }
  }
  return aligned(rows);
}

Error wrong(std::string_view where, std::string_view what) { return Error{Code::corrupt, std::string{what}}.in(where); }

// Names of benchmarks, keys and peers: they become file names, and cells of a table.
bool plain(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return !name.empty() && name.size() <= name_bytes_max && name.front() != '.' &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

Result<void> read_into(dom::element element, std::string& fact) {
  std::string_view text;
  if (element.get(text) != simdjson::SUCCESS) return Error{Code::corrupt, "not a string"};
  fact = text;
  return {};
}

Result<void> read_into(dom::element element, double& figure) {
  if (element.get(figure) != simdjson::SUCCESS) return Error{Code::corrupt, "not a number"};
  if (std::abs(figure) > figure_max) return Error{Code::corrupt, "out of range"};
  return {};
}

template <class Value>
Result<void> read_into(dom::element element, std::vector<std::pair<std::string, Value>>& members) {
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS) return Error{Code::corrupt, "not an object"};
  for (const dom::key_value_pair member : object) {
    if (!plain(member.key)) return Error{Code::corrupt, "a key that is no plain name"};
    auto& [key, value] = members.emplace_back(member.key, Value{});
    if (Result<void> read = read_into(member.value, value); !read) return std::move(read).error().in(key);
  }
  return {};
}

template <class Value>
Result<void> read_member(const dom::object& root, const char* key, Value& into) {
  dom::element element;
  if (root[key].get(element) != simdjson::SUCCESS) return wrong(key, "missing");
  if (Result<void> read = read_into(element, into); !read) return std::move(read).error().in(key);
  return {};
}

bool has(const dom::object& root, const char* key) { return root[key].error() == simdjson::SUCCESS; }

Result<void> check_bounds(const Report& report) {
  for (const auto& [key, value] : report.figures) {
    const std::optional<Figure> figure = agent_figure(report, key);
    if (!figure->least) return wrong(key, "not in least");
    if (!figure->greatest) return wrong(key, "not in greatest");
  }
  for (std::size_t peer = 0; peer < report.peers.size(); ++peer) {
    for (const auto& [key, value] : report.peers[peer].second) {
      const std::optional<Figure> figure = peer_figure(report, peer, key);
      if (!figure->least || !figure->greatest) return wrong(key, "without its bounds").in(report.peers[peer].first);
    }
  }
  return {};
}

Result<void> read_runs(const dom::object& root, Report& report) {
  if (root["runs"].get(report.runs) != simdjson::SUCCESS || report.runs < 1 || report.runs > report_runs_max)
    return wrong("runs", "not a number of runs");
  if (report.runs == 1) return {};
  if (Result<void> read = read_member(root, "least", report.least.figures); !read) return read;
  if (Result<void> read = read_member(root, "greatest", report.greatest.figures); !read) return read;
  if (!report.peers.empty()) {
    if (Result<void> read = read_member(root, "peers_least", report.least.peers); !read) return read;
    if (Result<void> read = read_member(root, "peers_greatest", report.greatest.peers); !read) return read;
  }
  return check_bounds(report);
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
  append_member(out, "environment", environment);
  append_member(out, "parameters", parameters);
  append_member(out, "figures", figures);
  if (!peers.empty()) append_member(out, "peers", peers);
  if (runs > 1) {
    out.append(",\"runs\":").append(std::to_string(runs));
    append_member(out, "least", least.figures);
    append_member(out, "greatest", greatest.figures);
    if (!peers.empty()) {
      append_member(out, "peers_least", least.peers);
      append_member(out, "peers_greatest", greatest.peers);
    }
  }
  return out.append("}\n");
}

std::string Report::text() const {
  std::string out = "bench " + name + "\n";
  for (const Facts* facts : {&environment, &parameters}) {
    for (const auto& [key, value] : *facts) out.append("  ").append(key).append(": ").append(value).append("\n");
  }
  if (runs > 1) out.append("  runs: ").append(std::to_string(runs)).append(", of each figure: median (least … greatest)\n");
  return out + table(*this);
}

Result<Report> parse_report(std::string_view json) {
  dom::parser parser;
  dom::object root;
  if (const auto failed = parser.parse(json.data(), json.size()).get(root); failed != simdjson::SUCCESS)
    return Error{Code::corrupt, std::string{"not a report: "} + simdjson::error_message(failed)};
  Report report{.name = {}, .environment = {}, .parameters = {}, .figures = {}};
  if (Result<void> read = read_member(root, "name", report.name); !read) return std::move(read).error();
  if (!plain(report.name)) return wrong("name", "no plain name");
  if (Result<void> read = read_member(root, "environment", report.environment); !read) return std::move(read).error();
  if (Result<void> read = read_member(root, "parameters", report.parameters); !read) return std::move(read).error();
  if (Result<void> read = read_member(root, "figures", report.figures); !read) return std::move(read).error();
  if (has(root, "peers")) {
    if (Result<void> read = read_member(root, "peers", report.peers); !read) return std::move(read).error();
  }
  if (has(root, "runs")) {
    if (Result<void> read = read_runs(root, report); !read) return std::move(read).error();
  }
  return report;
}

std::string Figure::text() const {
  std::string out = number_text(value);
  if (least && greatest) out.append(" (").append(number_text(*least)).append(" … ").append(number_text(*greatest)).append(")");
  return out;
}

std::optional<Figure> agent_figure(const Report& report, std::string_view key) {
  return figure_of(report.figures, &report.least.figures, &report.greatest.figures, key);
}

std::optional<Figure> peer_figure(const Report& report, std::size_t peer, std::string_view key) {
  const auto& [name, values] = report.peers[peer];
  return figure_of(values, figures_of(report.least.peers, name), figures_of(report.greatest.peers, name), key);
}

std::optional<double> value_of(const Figures& figures, std::string_view key) {
  const auto found = std::find_if(figures.begin(), figures.end(), [&](const auto& figure) { return figure.first == key; });
  return found == figures.end() ? std::nullopt : std::optional{found->second};
}

std::string number_text(double value, int decimals) {
  char text[400];  // the greatest double has 309 digits
  const bool whole = value == std::trunc(value);
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, whole ? 0 : decimals);
  return {text, end.ptr};
}

std::string ratio_text(double peer, double agent) {
  if (agent == 0) return "";
  std::string text = "x";
  char digits[400];
  const auto end = std::to_chars(digits, digits + sizeof digits, peer / agent, std::chars_format::fixed, 2);
  return text.append(digits, end.ptr);
}

}  // namespace tidegate
