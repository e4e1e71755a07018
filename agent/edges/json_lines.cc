#include "agent/edges/json_lines.h"

#include <algorithm>
#include <span>
#include <string>

#include "transport/compression.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

constexpr std::string_view gzip_magic{"\x1f\x8b", 2};

ByteView without_space(ByteView line) {
  constexpr std::string_view space = " \t\r";
  const std::size_t begin = std::min(line.find_first_not_of(space), line.size());
  return line.substr(begin, line.find_last_not_of(space) + 1 - begin);
}

Id128 place_id(std::string_view kind, std::string_view package, std::size_t number) {
  return hash128({kind, package, std::to_string(number)});
}

// Of a line that was too large for one record.
Id128 piece_id(std::string_view package, std::size_t line, std::size_t piece) {
  return hash128({"line", package, std::to_string(line), std::to_string(piece)});
}

// The records that one line became.
void place(std::span<Record> records, std::string_view package, std::size_t line, WallTime listed) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    Record& record = records[i];
    record.listed = listed;  // what is listed is the package, and not later than that
    if (records.size() > 1) record.source_id = piece_id(package, line, i + 1);
    else if (!record.named) record.source_id = place_id("line", package, line);
    record.named = true;
  }
}

}  // namespace

JsonLinesParser::JsonLinesParser(PackageLimits limits)
    : limits_(limits), lines_(Lane::techniques, {.records_max = limits.records_max}, RecordForm::pipeline) {}

Result<Page> JsonLinesParser::parse(std::string_view package, ByteView body, WallTime fallback) {
  if (!body.starts_with(gzip_magic)) return Error{Code::corrupt, "a package that is no gzip"};
  Result<Bytes> plain = decompress_entries(body, WireCompression::gzip, limits_.plain_bytes_max);
  if (!plain) return Error{Code::corrupt, "a package that cannot be unpacked: " + plain.error().text()};
  plain->reserve(plain->size() + simdjson::SIMDJSON_PADDING);
  Page page;
  page.payloads.reserve(plain->size() + plain->size() / 8);
  ByteView rest = *plain;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const ByteView line = without_space(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    if (page.records.size() >= limits_.records_max) return Error{Code::corrupt, "a package of too many lines"};
    const std::size_t before = page.records.size();
    lines_.append(page, line, fallback);
    place(std::span{page.records}.subspan(before), package, number, fallback);
  }
  return page;
}

Page JsonLinesParser::keep(std::string_view package, ByteView body, WallTime fallback) const {
  Page page;
  for (std::size_t at = 0; at < body.size(); at += limits_.piece_bytes_max) {
    const ByteView piece = body.substr(at, limits_.piece_bytes_max);
    Record record{.source_id = place_id("piece", package, at), .time = fallback, .listed = fallback};
    record.understood = false;
    record.offset = static_cast<std::uint32_t>(page.payloads.size());
    put_bin(page.payloads, piece);
    record.bytes = static_cast<std::uint32_t>(page.payloads.size() - record.offset);
    page.records.push_back(record);
  }
  return page;
}

}  // namespace tidegate
