#include "agent/control/connector_report.h"

#include <algorithm>

#include "base/json_writer.h"

namespace tidegate {
namespace {

constexpr std::size_t verdict_width = 8;
constexpr std::size_t stage_width = 32;
constexpr std::size_t time_width = 6;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string padded_left(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string space_separated(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? "" : " ").append(part);
  return text;
}

std::string text_of(const Fact& fact) {
  if (const auto* text = std::get_if<std::string>(&fact.value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&fact.value)) return std::to_string(*number);
  return space_separated(std::get<std::vector<std::string>>(fact.value));
}

std::string stage_name(const StageReport& report) {
  std::string text{name(report.stage)};
  if (report.content) text.append(" ").append(name(*report.content));
  return text;
}

std::size_t count(const ConnectorReport& report, StageVerdict verdict) {
  return static_cast<std::size_t>(std::count_if(report.stages.begin(), report.stages.end(),
                                                [verdict](const StageReport& stage) { return stage.verdict == verdict; }));
}

void write_fact(ObjectWriter& object, const Fact& fact) {
  if (const auto* text = std::get_if<std::string>(&fact.value)) return object.text(fact.name, *text);
  if (const auto* number = std::get_if<std::int64_t>(&fact.value)) return object.number(fact.name, *number);
  std::string& out = object.key(fact.name);
  char before = '[';
  for (const std::string& part : std::get<std::vector<std::string>>(fact.value)) {
    out.push_back(before);
    append_json_string(out, part);
    before = ',';
  }
  out.append(before == '[' ? "[]" : "]");
}

void write_stage(std::string& out, const StageReport& report) {
  ObjectWriter object{out};
  object.text("stage", name(report.stage));
  if (report.content) object.text("content_type", name(*report.content));
  object.text("verdict", name(report.verdict));
  object.number("ms", report.took.count());
  {
    ObjectWriter evidence{object.key("evidence")};
    for (const Fact& fact : report.evidence) write_fact(evidence, fact);
  }
  if (!report.words.empty()) object.text("reason", report.words);
  if (!report.cause) return;
  object.text("cause_id", text_of(*report.cause).name);
  object.text("cause", cause_sentence(*report.cause));
  object.text("remedy", remedy_sentence(*report.cause, report.content));
}

}  // namespace

std::string stage_text(const StageReport& report) {
  std::string line = padded(std::string{name(report.verdict)}, verdict_width) + " " + padded(stage_name(report), stage_width) + " ";
  line.append(padded_left(std::to_string(report.took.count()), time_width)).append(" ms");
  for (const Fact& fact : report.evidence) line.append("  ").append(fact.name).append("=").append(text_of(fact));
  const std::string below = "\n" + std::string(verdict_width + 1, ' ');
  if (!report.words.empty()) line.append(below).append("reason: ").append(report.words);
  if (report.cause) {
    line.append(below).append("cause:  ").append(cause_sentence(*report.cause));
    line.append(below).append("remedy: ").append(remedy_sentence(*report.cause, report.content));
  }
  return line + "\n";
}

std::string verdict_text(const ConnectorReport& report) {
  std::string line = "verdict: " + std::string{name(report.verdict())};
  line.append(": ").append(std::to_string(count(report, StageVerdict::failed))).append(" of ");
  line.append(std::to_string(report.stages.size())).append(" stages failed");
  if (const std::size_t warnings = count(report, StageVerdict::warning); warnings > 0)
    line.append(", ").append(std::to_string(warnings)).append(warnings == 1 ? " warning" : " warnings");
  if (const std::size_t skipped = count(report, StageVerdict::skipped); skipped > 0)
    line.append(", ").append(std::to_string(skipped)).append(" skipped");
  return line + "\n";
}

std::string report_json(const ConnectorReport& report) {
  std::string out;
  {
    ObjectWriter object{out};
    object.text("connector", report.connector);
    object.text("verdict", name(report.verdict()));
    std::string& stages = object.key("stages");
    stages.push_back('[');
    for (const StageReport& stage : report.stages) {
      if (&stage != &report.stages.front()) stages.push_back(',');
      write_stage(stages, stage);
    }
    stages.push_back(']');
  }
  return out;
}

}  // namespace tidegate
