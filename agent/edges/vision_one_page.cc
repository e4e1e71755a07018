#include "agent/edges/vision_one_page.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "agent/edges/json_msgpack.h"
#include "agent/edges/json_split.h"
#include "agent/text_cut.h"
#include "transport/msgpack_write.h"

namespace tidegate {

namespace sj = simdjson::ondemand;

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

constexpr std::size_t id_bytes_max = 512;
constexpr std::size_t number_digits_max = 18;
// What is less or more is no time in milliseconds: the years 1973 and 2255.
constexpr std::int64_t milliseconds_least = 100'000'000'000;
constexpr std::int64_t milliseconds_most = 9'000'000'000'000;

// True when the walk has reached the end of the text.
bool at_end(sj::document& document) { return document.current_location().error() == simdjson::OUT_OF_BOUNDS; }

// The token, where it is a whole number; else nothing.
std::string_view digits_of(std::string_view token) {
  token = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
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

// False: there is a link, and it is no string that can be read. Taken for the last page, it would end the window too early (P1).
bool take_link(sj::value value, std::string& link) {
  bool null = false;
  if (value.is_null().get(null) == simdjson::SUCCESS && null) return true;
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return false;
  link.assign(text);
  return true;
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
  const auto bad = [](simdjson::error_code error) {
    return Error{Code::corrupt, std::string{"not a page: "} + simdjson::error_message(error)};
  };
  sj::document document;
  if (auto error = parser_.iterate(body.data(), body.size(), body.capacity()).get(document)) {
    odd_record = error == simdjson::UTF8_ERROR || error == simdjson::UNESCAPED_CHARS;
    return bad(error);
  }
  sj::object root;
  if (auto error = document.get_object().get(root)) return bad(error);
  Page page;
  page.payloads.reserve(body.size() + body.size() / 8);
  bool items_found = false;
  for (auto field : root) {
    std::string_view key;
    sj::value value;
    if (auto error = field.unescaped_key().get(key)) return bad(error);
    if (auto error = field.value().get(value)) return bad(error);
    if (key == "items") {
      items_found = true;
      sj::array items;
      if (auto error = value.get_array().get(items); error == simdjson::INCORRECT_TYPE) {
        bool null = false;
        if (value.is_null().get(null) != simdjson::SUCCESS || !null) return Error{Code::corrupt, "not a page: items is no list"};
      } else if (error || (error = append_items(page, items, fallback))) {
        odd_record = true;
        return bad(error);
      }
    } else if (key == "nextLink") {
      if (!take_link(value, page.next_link)) return Error{Code::corrupt, "not a page: its link cannot be read"};
    } else if (key == "totalCount") {
      std::int64_t count = 0;
      if (value.get_int64().get(count) == simdjson::SUCCESS && count >= 0) page.total_count = count;
    }
  }
  if (!at_end(document)) return Error{Code::corrupt, "not a page: something follows the object"};
  if (!items_found) return Error{Code::corrupt, "not a page: an object without items"};
  if (page.next_link.size() > limits_.link_bytes_max) return Error{Code::corrupt, "not a page: its link is too long"};
  return page;
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
  sj::document document;
  sj::value value;
  simdjson::error_code error = parser_.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING).get(document);
  if (!error) error = document.get_value().get(value);
  if (!error) error = append_record(page, value, fallback);
  if (!error && at_end(document)) return;
  page.payloads.resize(payload_before);
  page.records.resize(records_before);
  append_quarantined(page, text, fallback);
}

simdjson::error_code VisionOnePageParser::append_items(Page& page, sj::array items, WallTime fallback) {
  for (auto item : items) {
    if (page.records.size() >= limits_.records_max) return simdjson::CAPACITY;
    sj::value value;
    if (auto error = item.get(value)) return error;
    if (auto error = append_record(page, value, fallback)) return error;
  }
  return simdjson::SUCCESS;
}

simdjson::error_code VisionOnePageParser::append_record(Page& page, sj::value item, WallTime fallback) {
  static constexpr Wanted alerts{"id", "updatedDateTime", "", "createdDateTime"};
  static constexpr Wanted audit_logs{"uuid", "", "loggedDateTime", "ingestedDateTime"};
  static constexpr Wanted techniques{"uuid", "", "detectedDateTime", "ingestedDateTime"};
  static constexpr Wanted pipeline{"uuid", "", "detectionTime", "eventTime", "logReceivedTime"};
  const Wanted& of_list = lane_ == Lane::alerts ? alerts : (lane_ == Lane::audit_logs ? audit_logs : techniques);
  const Wanted& wanted = form_ == RecordForm::pipeline ? pipeline : of_list;

  Record record;
  record.offset = static_cast<std::uint32_t>(page.payloads.size());
  Captured captured;
  sj::object object;
  if (auto error = item.get_object().get(object); error == simdjson::INCORRECT_TYPE) {
    if (auto other = append_msgpack(page.payloads, item)) return other;
  } else if (error) {
    return error;
  } else {
    captured.object = true;
    OpenContainer map{page.payloads, OpenContainer::Kind::map};
    std::size_t count = 0;
    for (auto field : object) {
      std::string_view key;
      sj::value value;
      if (auto bad = field.unescaped_key().get(key)) return bad;
      put_str(page.payloads, key);
      if (auto bad = field.value().get(value)) return bad;
      std::string_view* const into = captured.place_of(key, wanted);
      sj::json_type type;
      if (auto bad = value.type().get(type)) return bad;
      if (into != nullptr && type == sj::json_type::number && form_ == RecordForm::pipeline)
        *into = digits_of(value.raw_json_token());
      if (into != nullptr && type == sj::json_type::string) {
        std::string_view text;
        if (auto bad = value.get_string().get(text)) return bad;
        put_str(page.payloads, text);
        if (text.size() <= id_bytes_max) *into = text;
      } else if (auto bad = append_msgpack(page.payloads, value, 1)) {
        return bad;
      }
      ++count;
    }
    map.close(count);
  }
  record.bytes = static_cast<std::uint32_t>(page.payloads.size() - record.offset);
  if (record.bytes > limits_.record_bytes_max) return simdjson::CAPACITY;
  identify(page, record, captured, fallback);
  page.records.push_back(record);
  return simdjson::SUCCESS;
}

void VisionOnePageParser::append_quarantined(Page& page, ByteView text, WallTime fallback) {
  if (text.size() > limits_.piece_bytes_max) return append_in_pieces(page, text, fallback);
  Record record;
  record.offset = static_cast<std::uint32_t>(page.payloads.size());
  if (is_utf8(text)) put_str(page.payloads, text);
  else put_bin(page.payloads, text);
  record.bytes = static_cast<std::uint32_t>(page.payloads.size() - record.offset);
  identify(page, record, {}, fallback);
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

void VisionOnePageParser::identify(const Page& page, Record& record, const Captured& captured, WallTime fallback) {
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
  if (!record.named) record.source_id = hash128({"content", page.payload(record)}, hashed_);
  else record.source_id = changes ? hash128({captured.id, captured.version}, hashed_) : hash128({captured.id}, hashed_);
}

}  // namespace tidegate
