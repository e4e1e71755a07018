#include "agent/control_texts.h"

#include <cmath>

#include "base/json_writer.h"

namespace tidegate {
namespace {

// A cursor's times are 1970 where nothing was noted yet.
std::optional<WallTime> noted(WallSeconds time) { return time == WallSeconds{} ? std::nullopt : std::optional<WallTime>{time}; }

std::string time_or_nothing(WallSeconds time) { return time == WallSeconds{} ? "nothing yet" : to_iso8601(time); }

// In thousandths, rounded down, so that nothing is called done before it is; by hand, since a locale may choose another decimal
// point.
std::string fraction(double part) {
  const auto whole = static_cast<int>(std::floor(part * 1000));
  if (whole <= 0) return "0";
  if (whole >= 1000) return "1";
  std::string digits = std::to_string(whole);
  digits.insert(0, 3 - digits.size(), '0');
  return "0." + digits.substr(0, digits.find_last_not_of('0') + 1);
}

std::string percent(double part) { return std::to_string(static_cast<int>(std::floor(part * 100))) + " %"; }

void write_window(std::string& out, const WindowProgress& window) {
  ObjectWriter object{out};
  object.time("from", window.from);
  object.time("to", window.to);
  object.number("pages", window.pages);
  object.number("attempts", window.attempts);
  if (window.total_count >= 0) object.number("total_count", window.total_count);
  else object.key("total_count").append("null");
}

void write_cursor(std::string& out, const StoredCursor& stored) {
  ObjectWriter object{out};
  object.text("connector", stored.key.connector);
  object.text("content_type", name(stored.key.lane));
  if (stored.key.job != 0) object.number("backfill", stored.key.job);
  else object.key("backfill").append("null");
  object.time("read_through", noted(stored.cursor.through));
  object.time("settled", noted(stored.cursor.settled));
  object.time("position", noted(stored.cursor.position));
  object.time("pass_to", noted(stored.cursor.pass_to));
  if (stored.cursor.window) write_window(object.key("window"), *stored.cursor.window);
  else object.key("window").append("null");
}

void write_backfill(std::string& out, const BackfillView& view) {
  ObjectWriter object{out};
  object.number("number", view.backfill.number);
  object.text("connector", view.backfill.connector);
  object.text("content_type", name(view.backfill.lane));
  object.time("from", view.backfill.from);
  object.time("to", view.backfill.to);
  object.text("state", name(view.backfill.state));
  object.key("progress").append(fraction(view.progress));
  object.time("created", view.backfill.created);
  object.text("trouble", view.trouble);
}

template <class T>
std::string list_json(std::string_view name, const std::vector<T>& all, void (*write)(std::string&, const T&)) {
  std::string out;
  {
    ObjectWriter object{out};
    std::string& list = object.key(name);
    list.push_back('[');
    for (const T& each : all) {
      if (&each != &all.front()) list.push_back(',');
      write(list, each);
    }
    list.push_back(']');
  }
  return out + "\n";
}

}  // namespace

std::string cursors_text(const std::vector<StoredCursor>& cursors) {
  if (cursors.empty()) return "nothing was read yet\n";
  std::string out;
  for (const auto& [key, cursor] : cursors) {
    out.append(key.connector).append("  ").append(name(key.lane));
    if (key.job != 0) out.append("  back-fill ").append(std::to_string(key.job));
    out.append("\n  read through ")
        .append(time_or_nothing(cursor.through))
        .append(", final through ")
        .append(time_or_nothing(cursor.settled))
        .append("\n");
    if (!cursor.window) continue;
    out.append("  reading ").append(to_iso8601(cursor.window->from)).append(" to ").append(to_iso8601(cursor.window->to));
    out.append(", ").append(std::to_string(cursor.window->pages)).append(" pages stored\n");
  }
  return out;
}

std::string cursors_json(const std::vector<StoredCursor>& cursors) { return list_json("cursors", cursors, write_cursor); }

std::string backfills_text(const std::vector<BackfillView>& backfills) {
  if (backfills.empty()) return "there are no back-fills\n";
  std::string out;
  for (const auto& [backfill, part, trouble] : backfills) {
    out.append(std::to_string(backfill.number)).append("  ").append(name(backfill.state)).append("  ").append(percent(part));
    out.append("  ").append(backfill.connector).append("  ").append(name(backfill.lane));
    out.append("  ").append(to_iso8601(backfill.from)).append(" to ").append(to_iso8601(backfill.to)).append("\n");
    if (!trouble.empty()) out.append("  not read: ").append(trouble).append("\n");
  }
  return out;
}

std::string backfills_json(const std::vector<BackfillView>& backfills) { return list_json("backfills", backfills, write_backfill); }

}  // namespace tidegate
