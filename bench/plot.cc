#include "bench/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace tidegate {
namespace {

struct Subject {
  const char* key;
  const char* title;
};

constexpr std::array<Subject, 4> subjects{
    {{"cpu_s_per_million", "CPU seconds per million records (less is better)"},
     {"disk_bytes_per_input_byte", "Bytes written to disk per byte of input (less is better)"},
     {"peak_rss_mb", "Peak memory, MB (less is better)"},
     {"records_per_s", "Records per second (more is better)"}}};

constexpr const char* agent_colour = "#0b63b5";
constexpr std::array<const char*, 4> peer_colours{"#8c8c8c", "#c77700", "#5b8a3c", "#9b59a6"};
constexpr const char* ink = "#1b1f24";
constexpr const char* faint = "#57606a";

constexpr double margin = 24;
constexpr double label_width = 110;
constexpr double bar_width_max = 400;
constexpr double picture_width = 840;
constexpr double bar_height = 18;
constexpr double bar_step = 24;
constexpr double title_step = 26;
constexpr double group_gap = 20;

struct Bar {
  std::string name;
  const char* colour;
  std::optional<Figure> figure;  // absent: it has none of that kind
};

struct Group {
  std::string title;
  std::vector<Bar> bars;
};

std::vector<Group> groups_of(const std::vector<Report>& reports) {
  std::vector<Group> groups;
  for (const Report& report : reports) {
    if (report.peers.empty()) continue;
    for (const Subject& subject : subjects) {
      const std::optional<Figure> agent = agent_figure(report, subject.key);
      if (!agent) continue;
      Group& group = groups.emplace_back(Group{report.name + ": " + subject.title, {}});
      group.bars.push_back({"agent", agent_colour, agent});
      for (std::size_t peer = 0; peer < report.peers.size(); ++peer) {
        const char* const colour = peer_colours[peer % peer_colours.size()];
        group.bars.push_back({report.peers[peer].first, colour, peer_figure(report, peer, subject.key)});
      }
    }
  }
  return groups;
}

// Three digits that say something; whole where it is large.
std::string short_number(double value) {
  const double size = std::abs(value);
  if (size >= 100) return number_text(std::round(value));
  return number_text(value, size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

std::string value_at_bar(const Figure& figure) {
  std::string text = short_number(figure.value);
  if (figure.least && figure.greatest)
    text.append(" (").append(short_number(*figure.least)).append(" … ").append(short_number(*figure.greatest)).append(")");
  return text;
}

struct Attribute {
  const char* name;
  std::string value;
};

void append_attributes(std::string& out, const std::vector<Attribute>& attributes) {
  for (const Attribute& attribute : attributes)
    out.append(" ").append(attribute.name).append("=\"").append(xml_text(attribute.value)).append("\"");
}

void append_text(std::string& out, const std::string& text, const std::vector<Attribute>& attributes) {
  out.append("  <text");
  append_attributes(out, attributes);
  out.append(">").append(xml_text(text)).append("</text>\n");
}

void append_rectangle(std::string& out, const std::vector<Attribute>& attributes) {
  out.append("  <rect");
  append_attributes(out, attributes);
  out.append("/>\n");
}

std::string at(double place) { return number_text(place, 1); }

// The group's bars, the longest of which is the greatest value of the group.
void append_bars(std::string& out, const Group& group, double top) {
  double greatest = 0;
  for (const Bar& bar : group.bars) {
    if (bar.figure) greatest = std::max(greatest, bar.figure->value);
  }
  for (const Bar& bar : group.bars) {
    const double value = bar.figure ? std::max(bar.figure->value, 0.0) : 0;
    const double width = greatest > 0 ? value / greatest * bar_width_max : 0;
    const double left = margin + label_width;
    const double baseline = top + bar_height - 5;
    append_text(out, bar.name, {{"x", at(left - 10)}, {"y", at(baseline)}, {"text-anchor", "end"}, {"fill", ink}});
    append_rectangle(
        out,
        {{"x", at(left)}, {"y", at(top)}, {"width", at(width)}, {"height", at(bar_height)}, {"rx", "2"}, {"fill", bar.colour}});
    append_text(out, bar.figure ? value_at_bar(*bar.figure) : "none",
                {{"x", at(left + width + 8)}, {"y", at(baseline)}, {"fill", faint}});
    top += bar_step;
  }
}

}  // namespace

std::string peers_chart(const std::vector<Report>& reports) {
  const std::vector<Group> groups = groups_of(reports);
  if (groups.empty()) return {};
  std::string body;
  double top = margin;
  for (const Group& group : groups) {
    append_text(body, group.title, {{"x", at(margin)}, {"y", at(top + 13)}, {"font-weight", "bold"}, {"fill", ink}});
    append_bars(body, group, top + title_step);
    top += title_step + static_cast<double>(group.bars.size()) * bar_step + group_gap;
  }
  const std::string width = at(picture_width);
  const std::string height = at(top - group_gap + margin);
  std::string out = "<svg";
  append_attributes(out, {{"xmlns", "http://www.w3.org/2000/svg"},
                          {"width", width},
                          {"height", height},
                          {"viewBox", "0 0 " + width + " " + height},
                          {"role", "img"},
                          {"font-family", "sans-serif"},
                          {"font-size", "13"}});
  out.append(">\n  <title>The agent and its peers at the same records</title>\n");
  append_rectangle(out, {{"width", width}, {"height", height}, {"fill", "#ffffff"}});
  return out.append(body).append("</svg>\n");
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out.append("&amp;"); break;
      case '<': out.append("&lt;"); break;
      case '>': out.append("&gt;"); break;
      case '"': out.append("&quot;"); break;
      default: out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
    }
  }
  return out;
}

}  // namespace tidegate
