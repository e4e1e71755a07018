// FilterTry: what a log filter's query would match among recent records, read from the API for this purpose alone. Nothing is
// stored and no cursor moves. The verdict on a record is that of a log filter (match/match.h, config/filter_query.h).
//
// The youngest records come first: windows go backwards from now, each twice as long as the one before, until the reach, the
// number of pages or that of windows is used up. Within a window the API gives the order.
//
// The plan's end is by our clock; where the first answer tells that the API's is elsewhere, the end moves there and the reading
// begins again, once.
//
// Thread: the loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/ports.h"
#include "base/clock.h"
#include "base/result.h"
#include "config/model.h"
#include "match/match.h"

namespace tidegate {

inline constexpr std::size_t filter_windows_max = 64;          // of a content type
inline constexpr std::size_t filter_examples_max = 3;          // of a content type
inline constexpr std::size_t filter_values_max = 8;            // of one field in an example
inline constexpr std::size_t filter_value_bytes_max = 256;     // of one value in an example
inline constexpr std::size_t filter_paths_seen_max = 10'000;   // that a mistyped field is compared with
inline constexpr std::chrono::seconds filter_clocks_apart{2};  // the API tells whole seconds, and takes some time to

struct FilterTryPlan {
  WallSeconds to{};                         // where the youngest window ends
  std::chrono::seconds reach{24 * 3600};    // how far back it goes
  std::size_t pages_max = 5;                // of one content type, that another page follows
  std::chrono::seconds longest{24 * 3600};  // window
  std::chrono::seconds first_window{15 * 60};
};

// The values that a record has at a field of the query.
struct FieldValues {
  std::string field;
  std::vector<std::string> values;

  bool operator==(const FieldValues&) const = default;
};

struct FilterExample {
  std::string id;  // as the API calls it; empty: it has none
  WallTime time{};
  std::vector<FieldValues> values;  // of the fields that it has
};

struct ContentFindings {
  ContentType type = ContentType::alerts;
  std::uint64_t records = 0;   // looked at
  std::uint64_t matching = 0;  // of these
  std::uint64_t odd = 0;       // not understood: no filter looks at them
  WallSeconds from{};          // the interval that was looked at
  WallSeconds to{};
  bool whole = false;  // all of it was, as far back as the plan says
  std::vector<FilterExample> examples;
  std::optional<Error> error;  // why it ended early
  std::string warning{};       // why what was found may mislead; empty: nothing is known of that
};

// A field of the query that no record had.
struct UnknownField {
  std::string field;
  std::optional<std::string> nearest;  // field that some record had

  bool operator==(const UnknownField&) const = default;
};

class FilterTry {
 public:
  // `invalid`: as parse_filter_query().
  static Result<FilterTry> make(std::string_view query, const FilterTryPlan& plan);

  // Looks at the records of one content type; `id_field` is where they have their id.
  //   requires: source and clock outlive it
  asio::awaitable<ContentFindings> read(Source& source, ContentType type, std::string_view id_field, const Clock& clock);

  // Over all that was read; none when nothing was.
  std::vector<UnknownField> unknown_fields() const;

 private:
  struct Sweep;
  enum class Outcome : unsigned char { read, end_moved };

  FilterTry(Matcher matcher, std::vector<std::string> fields, const FilterTryPlan& plan)
      : matcher_(std::move(matcher)), fields_(std::move(fields)), fields_seen_(fields_.size()), plan_(plan) {}

  asio::awaitable<Result<Outcome>> read_window(Source& source, Sweep& sweep, const Clock& clock);
  bool end_moved(const Source& source, const Clock& clock);
  void look_at(const Page& page, Sweep& sweep);
  void note_paths(ByteView payload);
  FilterExample example_of(const Page& page, const Record& record, std::string_view id_field) const;

  Matcher matcher_;
  std::vector<std::string> fields_;  // that the query names
  std::vector<bool> fields_seen_;
  std::set<std::string, std::less<>> paths_seen_;
  FilterTryPlan plan_;
  std::chrono::seconds ahead_{0};  // of the API's clock before ours, by which the plan's end was moved
};

}  // namespace tidegate
