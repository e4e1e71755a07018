#include "base/log.h"

#include <cstdio>

namespace tidegate {
namespace {

void append_text_value(std::string& out, std::string_view value) {
  const bool plain = !value.empty() && value.find_first_of(" \"=\\\n\r\t") == std::string_view::npos;
  if (plain) out.append(value);
  else append_json_string(out, value);
}

char priority(Level level) {
  switch (level) {
    case Level::debug: return '7';
    case Level::info: return '6';
    case Level::warning: return '4';
    case Level::error: return '3';
  }
  return '6';
}

std::string cut(std::string_view value, std::size_t most) {
  if (value.size() <= most) return std::string{value};
  return std::string{value.substr(0, most)} + "… (" + std::to_string(value.size()) + " bytes)";
}

}  // namespace

std::string_view name(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warning: return "warning";
    case Level::error: return "error";
  }
  return "info";
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  out.push_back('"');
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '\t') {
      out.append("\\t");
    } else if (byte < 0x20 || byte == 0x7f) {
      out.append("\\u00");
      out.push_back(digits[byte >> 4]);
      out.push_back(digits[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

Log::Log(const Clock& clock, LogFormat format, Level least, Sink sink, LogLimits limits)
    : clock_(clock), format_(format), least_(least), sink_(std::move(sink)), limits_(limits) {
  if (!sink_) sink_ = [](std::string_view line) { std::fwrite(line.data(), 1, line.size(), stderr); };
}

void Log::write(Level level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < least_) return;
  const std::lock_guard lock{mutex_};
  const std::optional<std::size_t> left_out = admit(message);
  if (left_out) sink_(render(level, message, fields, *left_out));
}

std::optional<std::size_t> Log::admit(std::string_view message) {
  if (rates_.size() >= limits_.messages_tracked_max && rates_.find(message) == rates_.end()) rates_.clear();
  Rate& rate = rates_.try_emplace(std::string{message}).first->second;
  const SteadyTime now = clock_.steady();
  if (rate.written == 0 || now - rate.since >= limits_.interval) {
    const std::size_t left_out = rate.left_out;
    rate = {now, 1, 0};
    return left_out;
  }
  if (rate.written >= limits_.lines_per_interval_max) {
    ++rate.left_out;
    return std::nullopt;
  }
  ++rate.written;
  return 0;
}

std::string Log::render(Level level, std::string_view message, std::initializer_list<LogField> fields, std::size_t left_out) const {
  std::string line;
  if (format_ == LogFormat::json) {
    line.append("{\"time\":\"")
        .append(to_iso8601(clock_.wall()))
        .append("\",\"level\":\"")
        .append(name(level))
        .append("\",\"message\":");
    append_json_string(line, message);
    for (const LogField& field : fields) {
      line.push_back(',');
      append_json_string(line, field.key);
      line.push_back(':');
      append_json_string(line, cut(field.value, limits_.value_bytes_max));
    }
    if (left_out > 0) line.append(",\"left_out\":").append(std::to_string(left_out));
    line.append("}\n");
    return line;
  }
  if (format_ == LogFormat::journal) line.append({'<', priority(level), '>'});
  else line.append(to_iso8601(clock_.wall())).append(" ").append(name(level)).append(" ");
  line.append(message);
  for (const LogField& field : fields) {
    line.append(" ").append(field.key).append("=");
    append_text_value(line, cut(field.value, limits_.value_bytes_max));
  }
  if (left_out > 0) line.append(" left_out=").append(std::to_string(left_out));
  line.push_back('\n');
  return line;
}

}  // namespace tidegate
