#include "bench/results_page.h"

#include <algorithm>
#include <fstream>

#include "bench/plot.h"

namespace tidegate {
namespace {

constexpr std::size_t document_bytes_max = 1u << 20;
constexpr std::size_t documents_max = 100;
constexpr const char* page_name = "README.md";
constexpr const char* chart_name = "peers.svg";
constexpr const char* opening =
    R"(# Results of the benchmarks

Made by `./dev bench all`, or a part of it by `./dev bench NAME --save bench/results`; `bench/DESIGN.md` says what each benchmark measures, and what limits what. Of several runs a figure is
the median, but what was lost or came twice (`…lost`, `…missing`, `…twins`) is the worst of them. Beside a peer's figure stands
how many times the agent's it is: for a cost the agent is ahead above 1, for a rate the peer is.
)";

// As it is, whatever Markdown makes of some characters.
std::string markdown_text(std::string_view text) {
  constexpr std::string_view special = "\\`*_[]<>|#&~";
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  return out;
}

std::string code(std::string_view name) { return "`" + std::string{name} + "`"; }

void append_row(std::string& out, const std::vector<std::string>& cells) {
  for (const std::string& cell : cells) out.append("| ").append(cell).append(" ");
  out.append("|\n");
}

// Its titles and the line below them: the first column at its left edge, the others at their right.
void append_head(std::string& out, const std::vector<std::string>& titles) {
  append_row(out, titles);
  for (std::size_t column = 0; column < titles.size(); ++column) out.append(column == 0 ? "|---" : "|--:");
  out.append("|\n");
}

void append_facts(std::string& out, const Facts& facts) {
  for (const auto& [key, text] : facts)
    out.append("- ").append(markdown_text(key)).append(": ").append(markdown_text(text)).append("\n");
}

std::vector<std::string> titles_of(const Report& report) {
  std::vector<std::string> titles{"figure"};
  if (report.runs > 1) titles.insert(titles.end(), {"median", "least", "greatest"});
  else titles.push_back("agent");
  for (const auto& [peer, figures] : report.peers) titles.insert(titles.end(), {markdown_text(peer), "/ agent"});
  return titles;
}

std::vector<std::string> row_of(const Report& report, const std::string& key) {
  const std::optional<Figure> agent = agent_figure(report, key);
  std::vector<std::string> row{code(key), number_text(agent->value)};
  if (report.runs > 1) {
    for (const std::optional<double>& bound : {agent->least, agent->greatest}) row.push_back(bound ? number_text(*bound) : "-");
  }
  for (std::size_t peer = 0; peer < report.peers.size(); ++peer) {
    const std::optional<Figure> theirs = peer_figure(report, peer, key);
    row.push_back(theirs ? theirs->text() : "-");
    row.push_back(theirs ? ratio_text(theirs->value, agent->value) : "-");
  }
  return row;
}

void append_report(std::string& out, const Report& report, const Facts& usual) {
  out.append("\n## ").append(markdown_text(report.name)).append("\n\n");
  out.append("`./dev bench ").append(report.name);
  if (report.runs > 1) out.append(" --runs ").append(std::to_string(report.runs));
  out.append("`\n\n");
  append_facts(out, report.parameters);
  if (report.environment != usual) {
    out.append("\nIn another environment:\n\n");
    append_facts(out, report.environment);
  }
  out.push_back('\n');
  append_head(out, titles_of(report));
  for (const auto& [key, value] : report.figures) append_row(out, row_of(report, key));
}

std::string page_text(const std::vector<Report>& reports, bool with_chart) {
  std::string out = opening;
  if (reports.empty()) return out;
  const Facts& usual = reports.front().environment;
  out.append("\n## Environment\n\n");
  append_facts(out, usual);
  if (with_chart)
    out.append("\n## Beside the peers\n\n![Bars of the agent's figures and the peers'](").append(chart_name).append(")\n");
  for (const Report& report : reports) append_report(out, report, usual);
  return out;
}

Result<void> replace_file(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::path beside = file;
  beside += ".tmp";
  std::ofstream stream{beside, std::ios::binary | std::ios::trunc};
  stream << text;
  stream.close();
  std::error_code failed;
  if (stream) std::filesystem::rename(beside, file, failed);
  if (stream && !failed) return {};
  std::error_code ignored;
  std::filesystem::remove(beside, ignored);
  return Error{Code::unavailable, file.string() + ": cannot be written"};
}

Result<std::string> read_document(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  if (!stream) return Error{Code::unavailable, "cannot be opened"};
  std::string text(document_bytes_max + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return Error{Code::unavailable, "cannot be read"};
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > document_bytes_max) return Error{Code::corrupt, "larger than 1 MiB"};
  return text;
}

Result<Report> load_report(const std::filesystem::path& file) {
  const Result<std::string> text = read_document(file);
  if (!text) return text.error();
  Result<Report> report = parse_report(*text);
  if (report && report->name != file.stem().string()) return Error{Code::corrupt, "name: not the file's"};
  return report;
}

}  // namespace

ResultsPage make_page(const std::vector<Report>& reports) {
  ResultsPage page;
  page.chart = peers_chart(reports);
  page.text = page_text(reports, !page.chart.empty());
  return page;
}

Result<void> save_report(const std::filesystem::path& folder, const Report& report) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return Error{Code::unavailable, folder.string() + ": " + failed.message()};
  return replace_file(folder / (report.name + ".json"), report.json());
}

Result<std::vector<Report>> load_reports(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  for (std::filesystem::directory_iterator at{folder, failed}, end; !failed && at != end; at.increment(failed)) {
    if (at->path().extension() == ".json") files.push_back(at->path());
    if (files.size() > documents_max) return Error{Code::corrupt, folder.string() + ": more than 100 documents"};
  }
  if (failed) return Error{Code::unavailable, folder.string() + ": " + failed.message()};
  if (files.empty()) return Error{Code::absent, folder.string() + ": no results"};
  std::sort(files.begin(), files.end());
  std::vector<Report> reports;
  for (const std::filesystem::path& file : files) {
    Result<Report> report = load_report(file);
    if (!report) return std::move(report).error().in(file.string());
    reports.push_back(std::move(*report));
  }
  return reports;
}

Result<void> write_page(const std::filesystem::path& folder) {
  const Result<std::vector<Report>> reports = load_reports(folder);
  if (!reports) return reports.error();
  const ResultsPage page = make_page(*reports);
  std::error_code ignored;
  if (page.chart.empty()) std::filesystem::remove(folder / chart_name, ignored);
  else if (Result<void> drawn = replace_file(folder / chart_name, page.chart); !drawn) return drawn;
  return replace_file(folder / page_name, page.text);
}

}  // namespace tidegate
