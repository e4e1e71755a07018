#include "agent/edges/vision_one_page.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "agent/edges/json_msgpack.h"
#include "agent/edges/json_split.h"
#include "agent/text_cut.h"
#include "transport/msgpack_write.h"

namespace tidegate {

// Which of a record's own fields say what it is and when it was.
struct VisionOnePageParser::Wanted {
  std::string_view id;
  std::string_view version;     // empty: the content type's records do not change
  std::string_view time;        // empty: the version says it
  std::string_view other_time;  // where that is missing
  std::string_view third_time{};
};

// What was found of them in one record: views into the parser's strings and the text, which live until the next text is parsed.
struct VisionOnePageParser::Captured {
  std::string_view id;
  std::string_view version;
  std::string_view time;
  std::string_view other_time;
  std::string_view third_time;
  bool object = false;

  std::string_view* place_of(std::string_view key, const Wanted& wanted);
};

namespace {

constexpr std::size_t record_id_bytes_max = 512;
constexpr std::size_t number_digits_max = 18;
// What is less or more is no time in milliseconds: the years 1973 and 2255.
constexpr std::int64_t milliseconds_least = 100'000'000'000;
constexpr std::int64_t milliseconds_most = 9'000'000'000'000;

// The token, where it is a whole number; else nothing.
std::string_view digits_of(std::string_view token) {
  const bool whole = token.size() <= number_digits_max && token.find_first_not_of("0123456789") == std::string_view::npos;
  return whole ? token : std::string_view{};
}

// The first of the texts that names a moment: in one of the forms of the lists, or in milliseconds since the epoch.
std::optional<WallTime> pipeline_time(std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) {
    if (const std::optional<WallTime> time = parse_time(text)) return time;
    const std::string_view digits = digits_of(text);
    std::int64_t milliseconds = 0;
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), milliseconds);
    if (milliseconds >= milliseconds_least && milliseconds <= milliseconds_most)
      return WallTime{std::chrono::milliseconds{milliseconds}};
  }
  return std::nullopt;
}

// Between a text and bytes: msgpack's str must be UTF-8.
bool is_utf8(ByteView text) { return simdjson::validate_utf8(text.data(), text.size()); }

Error no_page(simdjson::error_code error) {
  return Error{Code::corrupt, std::string{"not a page: "} + simdjson::error_message(error)};
}

// False: there is a link, and it is no string that can be read. Taken for the last page, it would end the window too early (P1).
bool take_link(JsonText& json, std::string& link) {
  if (json.next() == 'n') return json.take_scalar() == "null";
  std::string_view text;
  if (json.take_string(text)) return false;
  link.assign(text);
  return true;
}

// Absent where it is no number that counts.
std::optional<std::int64_t> take_count(JsonText& json) {
  const bool scalar = json.next() != '{' && json.next() != '[' && json.next() != '"';
  const std::string_view digits = scalar ? digits_of(json.take_scalar()) : std::string_view{};
  if (!scalar) (void)json.skip();
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc{}) return std::nullopt;
  return count;
}

}  // namespace

std::string_view* VisionOnePageParser::Captured::place_of(std::string_view key, const Wanted& wanted) {
  if (key == wanted.id) return &id;
  if (key == wanted.version) return &version;
  if (key == wanted.time) return &time;
  if (key == wanted.other_time) return &other_time;
  return key == wanted.third_time ? &third_time : nullptr;
}

VisionOnePageParser::VisionOnePageParser(Lane lane, PageLimits limits, RecordForm form)
    : lane_(lane), limits_(limits), form_(form) {}

Result<Page> VisionOnePageParser::parse(Bytes body, WallTime fallback) {
  bool odd_record = false;
  Result<Page> page = parse_whole(body, fallback, odd_record);
  if (page || !odd_record) return page;
  return parse_piecewise(body, fallback);
}

// The fast way: one walk over the whole page. `odd_record` says that the page may be fine but for a record.
Result<Page> VisionOnePageParser::parse_whole(Bytes& body, WallTime fallback, bool& odd_record) {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  if (auto error = json_.index(body)) {
    odd_record = error == simdjson::UTF8_ERROR || error == simdjson::UNESCAPED_CHARS;
    return no_page(error);
  }
  Page page;
  if (Result<void> parsed = parse_root(page, body.size(), fallback, odd_record); !parsed) return std::move(parsed).error();
  if (!json_.at_end()) return Error{Code::corrupt, "not a page: something follows the object"};
  if (page.next_link.size() > limits_.link_bytes_max) return Error{Code::corrupt, "not a page: its link is too long"};
  return page;
}

Result<void> VisionOnePageParser::parse_root(Page& page, std::size_t bytes, WallTime fallback, bool& odd_record) {
  PayloadWriter out{page.payloads, bytes};
  bool items_found = false;
  if (!json_.take('{')) return no_page(simdjson::INCORRECT_TYPE);
  if (json_.take('}')) return Error{Code::corrupt, "not a page: an object without items"};
  do {
    std::string_view key;
    if (auto error = json_.take_string(key)) return no_page(error);
    if (!json_.take(':')) return no_page(simdjson::TAPE_ERROR);
    if (key == "items") {
      items_found = true;
      if (json_.take('[')) {
        if (auto error = append_items(out, page.records, fallback)) {
          odd_record = true;
          return no_page(error);
        }
      } else if (json_.next() != 'n' || json_.take_scalar() != "null") {
        return Error{Code::corrupt, "not a page: items is no list"};
      }
    } else if (key == "nextLink") {
      if (!take_link(json_, page.next_link)) return Error{Code::corrupt, "not a page: its link cannot be read"};
    } else if (key == "totalCount") {
      if (const std::optional<std::int64_t> count = take_count(json_)) page.total_count = *count;
    } else if (!json_.skip()) {
      return no_page(simdjson::TAPE_ERROR);
    }
  } while (json_.take(','));
  if (!json_.take('}')) return no_page(simdjson::TAPE_ERROR);
  if (!items_found) return Error{Code::corrupt, "not a page: an object without items"};
  return {};
}

// The slow way, record by record: what cannot be transcoded is kept as it came.
Result<Page> VisionOnePageParser::parse_piecewise(const Bytes& body, WallTime fallback) {
  std::optional<SplitPage> split = split_page(body, "items");
  if (!split) return Error{Code::corrupt, "not a page: broken off, or no JSON"};
  if (split->items.size() > limits_.records_max) return Error{Code::corrupt, "not a page: too many items"};
  bool odd_record = false;
  Result<Page> page = parse_whole(split->rest, fallback, odd_record);
  if (!page) return page;
  Bytes text;
  for (const ByteView item : split->items) {
    text.assign(item);
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    append(*page, text, fallback);
  }
  return page;
}

void VisionOnePageParser::append(Page& page, ByteView text, WallTime fallback) {
  const std::size_t payload_before = page.payloads.size();
  const std::size_t records_before = page.records.size();
  simdjson::error_code error = json_.index(text);
  if (!error) {
    PayloadWriter out{page.payloads, text.size()};
    error = append_record(out, page.records, fallback);
  }
  if (!error && json_.at_end()) return;
  page.payloads.resize(payload_before);
  page.records.resize(records_before);
  append_quarantined(page, text, fallback);
}

// Behind the bracket that opens the list.
simdjson::error_code VisionOnePageParser::append_items(PayloadWriter& out, std::vector<Record>& records, WallTime fallback) {
  if (json_.take(']')) return simdjson::SUCCESS;
  do {
    if (records.size() >= limits_.records_max) return simdjson::CAPACITY;
    if (auto error = append_record(out, records, fallback)) return error;
  } while (json_.take(','));
  return json_.take(']') ? simdjson::SUCCESS : simdjson::TAPE_ERROR;
}

const VisionOnePageParser::Wanted& VisionOnePageParser::wanted() const {
  static constexpr Wanted alerts{"id", "updatedDateTime", "", "createdDateTime"};
  static constexpr Wanted audit_logs{"uuid", "", "loggedDateTime", "ingestedDateTime"};
  static constexpr Wanted techniques{"uuid", "", "detectedDateTime", "ingestedDateTime"};
  static constexpr Wanted pipeline{"uuid", "", "detectionTime", "eventTime", "logReceivedTime"};
  if (form_ == RecordForm::pipeline) return pipeline;
  if (lane_ == Lane::alerts) return alerts;
  return lane_ == Lane::audit_logs ? audit_logs : techniques;
}

simdjson::error_code VisionOnePageParser::append_record(PayloadWriter& out, std::vector<Record>& records, WallTime fallback) {
  Record record;
  record.offset = static_cast<std::uint32_t>(out.size());
  Captured captured;
  captured.object = json_.take('{');
  if (auto error = captured.object ? append_object(out, captured) : append_msgpack(out, json_)) return error;
  record.bytes = static_cast<std::uint32_t>(out.size() - record.offset);
  if (record.bytes > limits_.record_bytes_max) return simdjson::CAPACITY;
  identify(out.from(record.offset), record, captured, fallback);
  records.push_back(record);
  return simdjson::SUCCESS;
}

// Behind the brace that opens it.
simdjson::error_code VisionOnePageParser::append_object(PayloadWriter& out, Captured& captured) {
  const std::size_t opened = out.open();
  std::size_t count = 0;
  const Wanted& looked_for = wanted();
  if (!json_.take('}')) {
    do {
      if (auto error = append_field(out, captured, looked_for)) return error;
      ++count;
    } while (json_.take(','));
    if (!json_.take('}')) return simdjson::TAPE_ERROR;
  }
  out.close(opened, PayloadWriter::Kind::map, count);
  return simdjson::SUCCESS;
}

simdjson::error_code VisionOnePageParser::append_field(PayloadWriter& out, Captured& captured, const Wanted& looked_for) {
  std::string_view key;
  if (auto error = append_string(out, json_, key)) return error;
  if (!json_.take(':')) return simdjson::TAPE_ERROR;
  std::string_view* const into = captured.place_of(key, looked_for);
  const char first = json_.next();
  if (into != nullptr && first == '"') {
    std::string_view text;
    if (auto error = append_string(out, json_, text)) return error;
    if (text.size() <= record_id_bytes_max) *into = text;
    return simdjson::SUCCESS;
  }
  if (into != nullptr && form_ == RecordForm::pipeline && first >= '0' && first <= '9') {
    const std::string_view token = json_.take_scalar();
    *into = digits_of(token);
    return append_number(out, token);
  }
  return append_msgpack(out, json_, 1);
}

void VisionOnePageParser::append_quarantined(Page& page, ByteView text, WallTime fallback) {
  if (text.size() > limits_.piece_bytes_max) return append_in_pieces(page, text, fallback);
  Record record;
  record.offset = static_cast<std::uint32_t>(page.payloads.size());
  if (is_utf8(text)) put_str(page.payloads, text);
  else put_bin(page.payloads, text);
  record.bytes = static_cast<std::uint32_t>(page.payloads.size() - record.offset);
  identify(page.payload(record), record, {}, fallback);
  page.records.push_back(record);
}

// Each piece is known by the whole and its number, so reading it again shows the same ids.
void VisionOnePageParser::append_in_pieces(Page& page, ByteView text, WallTime fallback) {
  const bool utf8 = is_utf8(text);
  Bytes whole;
  put_id(whole, hash128(text));
  for (std::size_t number = 1; !text.empty(); ++number) {
    const ByteView piece = utf8 ? cut(text, limits_.piece_bytes_max) : text.substr(0, limits_.piece_bytes_max);
    text.remove_prefix(piece.size());
    Record record{.source_id = hash128({"piece", whole, std::to_string(number)}, hashed_), .time = fallback, .listed = fallback};
    record.understood = false;
    record.offset = static_cast<std::uint32_t>(page.payloads.size());
    if (utf8) put_str(page.payloads, piece);
    else put_bin(page.payloads, piece);
    record.bytes = static_cast<std::uint32_t>(page.payloads.size() - record.offset);
    page.records.push_back(record);
  }
}

void VisionOnePageParser::identify(ByteView payload, Record& record, const Captured& captured, WallTime fallback) {
  const bool changes = lane_ == Lane::alerts;
  const std::string_view own_time = changes ? captured.version : captured.time;
  const std::optional<WallTime> own = parse_time(own_time);
  const std::optional<WallTime> other = parse_time(captured.other_time);
  std::optional<WallTime> when = own_time.empty() ? other : own;
  if (form_ == RecordForm::pipeline) when = pipeline_time({captured.time, captured.other_time, captured.third_time});
  record.time = when.value_or(fallback);
  record.listed = std::max(own.value_or(record.time), other.value_or(record.time));
  record.named = !captured.id.empty() && (!changes || !captured.version.empty());
  // Audit entries have a uuid only on newer tenants: without one they are known by their content.
  record.understood = captured.object && when.has_value() && (record.named || lane_ == Lane::audit_logs);
  if (!record.named) record.source_id = hash128({"content", payload}, hashed_);
  else record.source_id = changes ? hash128({captured.id, captured.version}, hashed_) : hash128({captured.id}, hashed_);
}

}  // namespace tidegate
