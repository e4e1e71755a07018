#include "base/metrics.h"

#include "base/check.h"

namespace tidegate {
namespace {

void append_escaped(std::string& out, std::string_view value) {
  for (char c : value) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') out.append("\\n");
    else out.push_back(c);
  }
}

std::string render(const Labels& labels) {
  if (labels.empty()) return {};
  std::string text = "{";
  for (const auto& [key, value] : labels) {
    if (text.size() > 1) text.push_back(',');
    text.append(key).append("=\"");
    append_escaped(text, value);
    text.push_back('"');
  }
  text.push_back('}');
  return text;
}

}  // namespace

Metric& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  return find(name, help, labels, true);
}

Metric& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return find(name, help, labels, false);
}

Metric& Metrics::find(std::string_view name, std::string_view help, const Labels& labels, bool counts) {
  const std::lock_guard lock{mutex_};
  auto found = families_.find(name);
  if (found == families_.end()) found = families_.emplace(std::string{name}, Family{std::string{help}, counts, {}}).first;
  TG_ASSERT(found->second.counts == counts, "a metric is a counter or a gauge, never both");
  std::unique_ptr<Metric>& member = found->second.members[render(labels)];
  if (!member) member = std::make_unique<Metric>();
  return *member;
}

std::string Metrics::text() const {
  const std::lock_guard lock{mutex_};
  std::string out;
  for (const auto& [name, family] : families_) {
    out.append("# HELP ").append(name).append(" ").append(family.help).append("\n");
    out.append("# TYPE ").append(name).append(family.counts ? " counter\n" : " gauge\n");
    for (const auto& [labels, metric] : family.members)
      out.append(name).append(labels).append(" ").append(std::to_string(metric->value())).append("\n");
  }
  return out;
}

}  // namespace tidegate
