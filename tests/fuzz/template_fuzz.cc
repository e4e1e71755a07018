// Any text as a template, any bytes as the record it is filled from: 'p' for a path or anything else for a body, the template, a
// line
// "----", and the record as JSON or msgpack. What is rendered is a path or JSON, and values add no part to it.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/check.h"
#include "respond/candidates.h"
#include "respond/record_json.h"
#include "respond/template.h"
#include "transport/query_string.h"

namespace {

using namespace tidegate;

std::optional<boost::json::value> parsed_json(std::string_view text, std::size_t depth_max) {
  boost::json::parse_options options;
  options.max_depth = depth_max;
  boost::json::error_code failed;
  boost::json::value value = boost::json::parse({text.data(), text.size()}, failed, {}, options);
  if (failed) return std::nullopt;
  return value;
}

boost::json::object record_of(std::string_view bytes) {
  if (auto record = record_json(bytes)) return std::move(*record);
  if (auto value = parsed_json(bytes, 32))
    if (auto* object = value->if_object()) return std::move(*object);
  return {};
}

void check_path(std::string_view text, std::string_view path) {
  TG_ASSERT(path.starts_with('/') && !path.starts_with("//"), "a path is one of the same host");
  TG_ASSERT(std::ranges::all_of(path, [](char c) { return c > ' ' && c <= '~' && c != '#' && c != '\\' && c != '"'; }),
            "a path has the characters of a URI alone");
  for (const char part : {'/', '?', '&', '=', ';'})
    TG_ASSERT(std::ranges::count(path, part) <= std::ranges::count(text, part), "no value adds a part to a path");
  TG_ASSERT(percent_decoded(path).has_value(), "what is percent-encoded can be decoded");
}

void check_candidates(const boost::json::object& record) {
  const std::vector<Candidate> candidates = objects_of_record(record).candidates;
  TG_ASSERT(candidates.size() <= candidates_max, "candidates are bounded");
  for (const Candidate& each : candidates) {
    TG_ASSERT(!each.value.empty() && each.value.size() <= object_bytes_max, "a candidate is a value");
    TG_ASSERT(!each.path.empty(), "a candidate was found somewhere");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view line = "\n----\n";
  const std::string_view all{reinterpret_cast<const char*>(data), size};
  const bool is_path = all.starts_with('p');
  const std::size_t end = std::min(all.find(line), all.size());
  const std::string_view text = all.substr(std::min<std::size_t>(1, end), end == 0 ? 0 : end - 1);
  const boost::json::object record = record_of(all.substr(std::min(end + line.size(), all.size())));
  check_candidates(record);
  const auto parsed = RequestTemplate::parse(text, is_path ? TemplatePlace::path_and_query : TemplatePlace::json_body);
  if (!parsed) return 0;
  const boost::json::object given;
  const Result<std::string> rendered = parsed->render({given, record});
  if (!rendered) return 0;
  TG_ASSERT(rendered->size() <= (is_path ? rendered_path_bytes_max : rendered_body_bytes_max), "what is rendered is bounded");
  if (is_path) check_path(text, *rendered);
  else TG_ASSERT(parsed_json(*rendered, 128).has_value(), "a body is JSON");
  return 0;
}
