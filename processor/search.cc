#include "processor/search.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "config/nearest.h"
#include "config/units.h"
#include "processor/record.h"
#include "transport/msgpack_json.h"

namespace tidegate {
namespace {

constexpr std::size_t output_piece_bytes = 64u << 10;

void collect_fields(const Query& query, std::vector<std::string>& fields) {
  struct Visitor {
    std::vector<std::string>& fields;
    void operator()(const QueryEverything&) {}
    void operator()(const QueryAll& all) { walk(all.parts); }
    void operator()(const QueryAny& any) { walk(any.parts); }
    void operator()(const QueryNot& none) { walk(none.part); }
    void operator()(const QueryTerm& term) { add(term.field); }
    void operator()(const QueryPhrase& phrase) { add(phrase.field); }
    void operator()(const QueryRange& range) { add(range.field); }
    void operator()(const QueryExists& exists) { add(exists.field); }
    void add(const std::string& field) {
      if (!field.empty()) fields.push_back(field);
    }
    void walk(const std::vector<Query>& parts) {
      for (const Query& part : parts) collect_fields(part, fields);
    }
  };
  std::visit(Visitor{fields}, query.node);
}

bool is_known(const std::string& field, const std::set<std::string, std::less<>>& paths) {
  if (paths.contains(field)) return true;
  const std::string below = field + ".";  // a map or a list of maps
  const auto next = paths.lower_bound(below);
  return next != paths.end() && next->starts_with(below);
}

// A field that ends as the one asked for does is nearer than one that is spelled alike.
std::optional<std::string> nearest_field(const std::string& field, const std::set<std::string, std::less<>>& paths) {
  const std::string ending = "." + field;
  for (const std::string& path : paths)
    if (path.ends_with(ending)) return path;
  const std::vector<std::string_view> whole{paths.begin(), paths.end()};
  if (const auto near = nearest(field, whole)) return std::string{*near};
  std::vector<std::string_view> last_parts;
  for (const std::string_view path : whole) last_parts.push_back(path.substr(path.rfind('.') + 1));
  const std::string_view asked{std::string_view{field}.substr(field.rfind('.') + 1)};
  const auto near = nearest(asked, last_parts);
  if (!near) return std::nullopt;
  const auto at =
      std::find_if(last_parts.begin(), last_parts.end(), [&](std::string_view part) { return part.data() == near->data(); });
  return at == last_parts.end() ? std::nullopt
                                : std::optional{std::string{whole[static_cast<std::size_t>(at - last_parts.begin())]}};
}

// Writes the answer piece by piece.
class Writer {
 public:
  Writer(const SearchOptions& options, const SearchOutput& output) : options_(options), output_(output) {}

  void begin(const SearchRange& range) {
    if (!options_.json) {
      text_.append("range: ").append(moment_text(range.from)).append(" to ").append(moment_text(range.to)).append("\n");
      return;
    }
    text_.append("{\"query\":");
    append_json_string(text_, options_.query);
    if (!options_.tenant.empty()) append_json_string(text_.append(",\"tenant\":"), options_.tenant);
    text_.append(",\"from\":\"").append(moment_text(range.from)).append("\",\"to\":\"").append(moment_text(range.to));
    text_.append("\",\"hits\":[");
  }

  void hit(ByteView document) {
    if (options_.json) text_.append(written_ == 0 ? "\n" : ",\n");
    else plain_start(document);
    const std::size_t begin = text_.size();
    if (!append_json(text_, document)) {
      text_.resize(begin);
      text_.append("null");
      ++broken_;
    }
    if (!options_.json) text_.push_back('\n');
    ++written_;
    if (text_.size() >= output_piece_bytes) flush();
  }

  void end(const SearchEnd& end) {
    if (!options_.json) {
      text_.append(std::to_string(written_)).append(" of ").append(std::to_string(end.total)).append(" records\n");
    } else {
      text_.append(written_ == 0 ? "]" : "\n]").append(",\"total\":").append(std::to_string(end.total)).append(",\"unreadable\":[");
      for (std::size_t i = 0; i < end.unreadable.size(); ++i)
        append_json_string(i == 0 ? text_ : text_.append(","), end.unreadable[i]);
      text_.append("]}\n");
    }
    flush();
  }

  bool ok() const { return ok_; }
  std::uint64_t written() const { return written_; }
  std::uint64_t broken() const { return broken_; }

 private:
  void plain_start(ByteView document) {
    const Result<RecordView> record = read_record(document);
    if (!record) return;
    const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds{record->timestamp_ms}};
    text_.append(moment_text(time)).append(" ").append(record->tenantid).append(" ").append(record->msg_class).append(" ");
  }

  void flush() {
    ok_ = ok_ && output_(text_);
    text_.clear();
  }

  const SearchOptions& options_;
  const SearchOutput& output_;
  std::string text_;
  std::uint64_t written_ = 0;
  std::uint64_t broken_ = 0;
  bool ok_ = true;
};

// What stands in the options, or the whole extent of the index.
Result<SearchRange> range_of(const SearchOptions& options, const std::optional<SearchRange>& extent, WallTime now) {
  SearchRange range = extent.value_or(SearchRange{now, now});
  range.to = std::max(range.to, WallTime{std::chrono::ceil<std::chrono::seconds>(now)});
  const auto read = [now](const std::string& text, std::string_view option, WallTime& into) -> Result<void> {
    if (text.empty()) return {};
    const std::optional<WallTime> moment = parse_moment(text, now);
    if (!moment)
      return Error{Code::invalid, std::string{option} + " '" + text +
                                      "' is no time; write for example 2026-11-24T13:05:07Z, 2026-11-24, now or -24h"};
    into = *moment;
    return {};
  };
  if (Result<void> from = read(options.from, "--from", range.from); !from) return std::move(from).error();
  if (Result<void> to = read(options.to, "--to", range.to); !to) return std::move(to).error();
  if (range.from >= range.to && !(options.from.empty() && options.to.empty()))
    return Error{Code::invalid, "the range from " + moment_text(range.from) + " to " + moment_text(range.to) + " is empty"};
  return range;
}

SearchOutcome failed(const Error& error) {
  const bool wrong = error.code() == Code::invalid;
  return {wrong ? 2 : 4, error.text()};
}

}  // namespace

std::optional<WallTime> parse_moment(std::string_view text, WallTime now) {
  if (text == "now") return now;
  if (text.starts_with('-')) {
    const std::optional<std::chrono::milliseconds> back = parse_duration(text.substr(1));
    const auto now_ms = std::chrono::floor<std::chrono::milliseconds>(now);
    if (!back || *back > now_ms.time_since_epoch()) return std::nullopt;
    return now_ms - *back;
  }
  if (const std::optional<WallTime> time = parse_time(text)) return time;
  return parse_time(std::string{text} + "T00:00:00Z");
}

std::string moment_text(WallTime time) {
  std::string text = to_iso8601(time);
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time - whole).count();
  if (ms == 0) return text;
  std::string fraction = std::to_string(1000 + ms);
  fraction.front() = '.';
  text.insert(text.size() - 1, fraction);
  return text;
}

Result<void> check_fields(const Query& query, const SearchFields& known) {
  if (!known.complete || known.paths.empty()) return {};
  std::vector<std::string> fields;
  collect_fields(query, fields);
  for (const std::string& field : fields) {
    if (is_known(field, known.paths)) continue;
    std::string text = "query: no record in the range has a field '" + field + "'";
    if (const std::optional<std::string> near = nearest_field(field, known.paths)) text.append("; the nearest is '" + *near + "'");
    return Error{Code::invalid, std::move(text)};
  }
  return {};
}

SearchOutcome run_search(Archive& archive, const SearchOptions& options, WallTime now, const SearchOutput& output) {
  const Result<Query> query = parse_query(options.query);
  if (!query) return failed(query.error());
  const Result<std::optional<SearchRange>> extent = archive.extent();
  if (!extent) return {4, extent.error().text()};
  const Result<SearchRange> range = range_of(options, *extent, now);
  if (!range) return failed(range.error());
  const Result<SearchFields> fields = archive.fields(*range);
  if (!fields) return {4, fields.error().text()};
  if (const Result<void> checked = check_fields(*query, *fields); !checked)
    return {2, checked.error().text() + " (" + moment_text(range->from) + " to " + moment_text(range->to) + ")"};

  Writer writer{options, output};
  writer.begin(*range);
  const auto hit = [&](ByteView document) {
    writer.hit(document);
    return writer.ok() && (options.limit == 0 || writer.written() < options.limit);
  };
  const Result<SearchEnd> end = archive.search({*query, *range, options.tenant}, hit);
  if (!end) return failed(end.error());
  writer.end(*end);
  if (!writer.ok()) return {1, "the output could not be written"};
  if (!end->unreadable.empty() || writer.broken() > 0) {
    std::string message = std::to_string(writer.broken()) + " records and these days of the index could not be read:";
    for (const std::string& day : end->unreadable) message.append("\n  ").append(day);
    return {1, std::move(message)};
  }
  return {end->total > 0 ? 0 : 1, {}};
}

}  // namespace tidegate
