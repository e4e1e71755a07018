// Log: structured lines to one sink. A line is a message and fields; text for people, JSON for machines, and with the
// journal's priority prefix under a service manager. The same message from the same place is bounded to a rate, and
// what was left out is counted in the next line that passes, so that a failing peer cannot fill a disk (P12: it says so).
//
// Thread: any. A Secret cannot be passed: a field's value is text, and Secret gives its text to `reveal` alone.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tidegate {

enum class Level : unsigned char { debug, info, warning, error };
enum class LogFormat : unsigned char { text, json, journal };

std::string_view name(Level level);

struct LogField {
  std::string_view key;
  std::string value;
};

struct LogLimits {
  std::size_t lines_per_interval_max = 20;  // of one message
  std::chrono::seconds interval{10};
  std::size_t messages_tracked_max = 1024;  // distinct messages; beyond it the counts start anew
  std::size_t value_bytes_max = 2048;       // of one field; longer values are cut and marked
};

class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;

  // `sink` gets whole lines, each with its end of line. The default writes to the standard error stream.
  Log(const Clock& clock, LogFormat format, Level least, Sink sink = {}, LogLimits limits = {});

  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) { write(Level::debug, message, fields); }
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) { write(Level::info, message, fields); }
  void warning(std::string_view message, std::initializer_list<LogField> fields = {}) { write(Level::warning, message, fields); }
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) { write(Level::error, message, fields); }

  // Messages are fixed sentences; what varies goes into fields, so that the rate bound can tell them apart.
  void write(Level level, std::string_view message, std::initializer_list<LogField> fields);

 private:
  struct Rate {
    SteadyTime since{};
    std::size_t written = 0;
    std::size_t left_out = 0;
  };

  // The number left out before this line; absent when this line itself is left out.
  std::optional<std::size_t> admit(std::string_view message);
  std::string render(Level level, std::string_view message, std::initializer_list<LogField> fields, std::size_t left_out) const;

  const Clock& clock_;
  LogFormat format_;
  Level least_;
  Sink sink_;
  LogLimits limits_;
  std::mutex mutex_;
  std::map<std::string, Rate, std::less<>> rates_;
};

// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 or not printable are escaped.
void append_json_string(std::string& out, std::string_view text);

}  // namespace tidegate
