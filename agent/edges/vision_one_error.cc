#include "agent/edges/vision_one_error.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "agent/text_cut.h"

namespace tidegate {
namespace {

constexpr std::size_t message_bytes_max = 200;
constexpr std::size_t error_bytes_looked_at = 16u << 10;
constexpr std::string_view expired_link_number = "1010550";
constexpr std::chrono::seconds retry_after_max{3600};
constexpr std::string_view status_mark = "HTTP ";
constexpr std::string_view trace_mark = " (trace id ";

// Foreign text on its way to logs and status: one line, printable, bounded.
std::string printable_message(std::string_view text) {
  std::string out;
  for (const char c : cut(text, message_bytes_max)) out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c);
  if (text.size() > message_bytes_max) out.append("…");
  return out;
}

// {"error":{"code":…,"message":…}} or flat {"code":…,"message":…}; empty when the body is neither.
std::string api_words(ByteView body) {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) return {};
  simdjson::dom::object error = root;
  simdjson::dom::object nested;
  if (root["error"].get(nested) == simdjson::SUCCESS) error = nested;
  std::string words;
  for (const char* key : {"code", "message"}) {
    std::string_view text;
    if (error[key].get(text) != simdjson::SUCCESS) continue;
    if (!words.empty()) words.append(": ");
    words.append(printable_message(text));
  }
  return words;
}

Code code_of(unsigned status, PageKind page, bool expired) {
  if (expired) return Code::absent;
  if (status == 401 || status == 403) return Code::denied;
  if (status == 429) return Code::throttled;
  if (status == 408 || status == 504) return Code::timeout;
  if (status >= 500) return Code::unavailable;
  if (page == PageKind::followed_link && (status == 400 || status == 404 || status == 410)) return Code::absent;
  return Code::invalid;
}

}  // namespace

Error error_of(const HttpResponse& response, PageKind page, std::string_view trace_id) {
  const ByteView body = ByteView{response.body}.substr(0, error_bytes_looked_at);
  const bool expired = response.status >= 400 && body.find(expired_link_number) != ByteView::npos;
  std::string text = std::string{status_mark} + std::to_string(response.status);
  const std::string words = api_words(body);
  if (!words.empty()) text.append(" ").append(words);
  else if (!body.empty()) text.append(" with a body that is no JSON");
  text.append(trace_mark).append(trace_id).append(")");
  return Error{code_of(response.status, page, expired), std::move(text)};
}

std::optional<AnswerFacts> answer_facts(const Error& error) {
  std::string_view text = error.text();
  // Each level adds its words in front.
  const std::size_t mark = text.starts_with(status_mark) ? 0 : text.find(std::string{": "}.append(status_mark));
  const std::size_t trace = text.rfind(trace_mark);
  if (mark == std::string_view::npos || trace == std::string_view::npos || !text.ends_with(")")) return std::nullopt;
  const std::size_t begin = mark + (mark == 0 ? 0 : 2) + status_mark.size();
  AnswerFacts facts;
  const auto [end, failed] = std::from_chars(text.data() + begin, text.data() + text.size(), facts.status);
  const auto after = static_cast<std::size_t>(end - text.data());
  if (failed != std::errc{} || after > trace) return std::nullopt;
  facts.trace_id = text.substr(trace + trace_mark.size(), text.size() - 1 - trace - trace_mark.size());
  std::string_view words = text.substr(after, trace - after);
  if (words.starts_with(' ')) words.remove_prefix(1);
  const std::size_t colon = words.find(": ");
  const bool coded = colon != std::string_view::npos && words.substr(0, colon).find(' ') == std::string_view::npos;
  if (coded) facts.code = words.substr(0, colon);
  facts.message = coded ? words.substr(colon + 2) : words;
  return facts;
}

std::optional<std::chrono::seconds> retry_after(const HttpResponse& response) {
  const std::optional<std::string_view> header = response.header("Retry-After");
  if (!header) return std::nullopt;
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(header->data(), header->data() + header->size(), seconds);
  if (error != std::errc{} || end != header->data() + header->size()) return std::nullopt;
  return std::min(std::chrono::seconds{seconds}, retry_after_max);
}

}  // namespace tidegate
