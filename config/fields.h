// The one table of every key that a configuration may hold. The parser, its bounds, its suggestions for mistyped keys,
// the reference page and the answer to "live or restart?" are made from it; what is not in it is an error.
//
// Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate {

// What a value is, and with it how it is written.
enum class FieldKind : unsigned char {
  name,         // letters, digits, dot, dash and underscore; begins with a letter or digit
  label,        // printable ASCII, no space at its ends
  text,         // printable UTF-8
  path,         // absolute
  url,          // https, or http to this machine
  wss_url,      // wss
  proxy,        // http URL, with credentials where the proxy asks for them
  token,        // printable ASCII without spaces
  duration,     // 30s 5min 24h 7d 500ms
  size,         // 64MiB 4GiB
  rate,         // 20Mbit/s, or unlimited
  count,        // digits
  time_of_day,  // 08:00; 24:00 is the day's end
  flag,         // true, false
  choice,       // one of `allowed`
  choices,      // a list of some of `allowed`
  place,        // host:port
  places,       // a list of host:port
  hosts,        // a list of host names and addresses
  labels,       // a list of labels
  mailbox,      // name@host, printable ASCII
  mailboxes,    // a list of such
  query,        // a log filter's query
};

enum class Need : unsigned char { optional, required };
enum class Applies : unsigned char { live, restart };
enum class Privacy : unsigned char { open, secret };

// Bounds and defaults stand in written form: "5min", "64MiB". For texts and lists the bounds are of their length, in
// bytes and in elements.
struct Field {
  std::string_view path;  // "ship.in_flight"; "connectors[].interval" stands once for every element
  FieldKind kind = FieldKind::text;
  std::string_view fallback{};  // empty: there is none
  std::string_view least{};     // empty: unbounded
  std::string_view most{};
  std::string_view allowed{};  // "zstd|gzip|none"; empty: not a choice
  Need need = Need::optional;
  Applies applies = Applies::restart;
  Privacy privacy = Privacy::open;
  std::string_view doc;
};

using FieldTable = std::span<const Field>;

FieldTable agent_fields();
FieldTable processor_fields();

// The row of that path, lists with [] or with any [number]; null where there is none.
const Field* find_field(FieldTable table, std::string_view path);

// True where rows lie below the path: "ship", "processor.tls", "connectors[]".
bool is_section(FieldTable table, std::string_view path);

// What may stand directly in a section, in the table's order; an empty path stands for the file.
std::vector<std::string_view> keys_of(FieldTable table, std::string_view section);

// "connectors[3].interval" to "connectors[].interval".
std::string without_indexes(std::string_view path);

// The parts of "a|b|c", and those of `allowed`.
std::vector<std::string_view> split_choices(std::string_view text);
std::vector<std::string_view> allowed_of(const Field& field);

std::string_view name(FieldKind kind);
std::string_view name(Applies applies);

}  // namespace tidegate
