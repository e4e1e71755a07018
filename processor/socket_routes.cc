#include "processor/socket_routes.h"

#include "config/units.h"
#include "processor/control_texts.h"

namespace tidegate {
namespace {

constexpr std::string_view json_suffix = ".json";
constexpr std::size_t value_shown_bytes_max = 64;

unsigned status_of(Code code) {
  switch (code) {
    case Code::invalid: return 400;
    case Code::denied: return 409;
    case Code::absent:
    case Code::gone: return 404;
    case Code::timeout: return 504;
    case Code::full:
    case Code::corrupt: return 507;
    case Code::unavailable:
    case Code::throttled:
    case Code::cancelled: break;
  }
  return 503;
}

// That the query has what is needed, and nothing that is not known.
Result<void> check_query(const SocketRule& rule, const QueryPairs& query) {
  for (const std::string_view each : rule.needed) {
    const auto found = query.find(each);
    if (found == query.end() || found->second.empty()) return Error{Code::invalid, std::string{each} + " is missing"};
  }
  for (const auto& [name, value] : query) {
    const bool known =
        std::ranges::find(rule.needed, name) != rule.needed.end() || std::ranges::find(rule.optional, name) != rule.optional.end();
    if (!known) return Error{Code::invalid, "the parameter " + shown_value(name) + " is not known"};
  }
  return {};
}

}  // namespace

std::string SocketAsked::value(std::string_view name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string{} : found->second;
}

HttpReply text_reply(std::string body, unsigned status) { return {.status = status, .body = std::move(body)}; }
HttpReply json_reply(std::string body, unsigned status) {
  return {.status = status, .content_type = "application/json", .body = std::move(body)};
}
HttpReply refused_reply(const Error& error) { return text_reply(error.text() + "\n", status_of(error.code())); }
HttpReply errors_reply(const SocketAsked& asked, std::vector<ConfigError> errors, std::string_view fallback) {
  const std::string file = asked.value("file").empty() ? std::string{fallback} : asked.value("file");
  for (ConfigError& error : errors) error.file = file;
  return text_reply(without_controls(to_text(errors)), 400);
}

std::string shown_value(std::string_view value) { return "'" + without_controls(value.substr(0, value_shown_bytes_max)) + "'"; }

Result<bool> flag_of(std::string_view name, std::string_view value) {
  if (value.empty() || value == "false") return false;
  if (value == "true") return true;
  return value_refused(name, value, "is neither true nor false");
}

Result<std::uint64_t> positive_count_of(std::string_view name, std::string_view value) {
  if (const std::optional<std::uint64_t> count = parse_count(value); count && *count > 0) return *count;
  return value_refused(name, value, "is no number above 0");
}

Result<std::optional<WallTime>> moment_of(std::string_view name, std::string_view value, WallTime now,
                                          std::chrono::hours back_max) {
  if (value.empty()) return std::optional<WallTime>{};
  const std::optional<std::chrono::milliseconds> back = parse_duration(value);
  if (back) return std::optional<WallTime>{now - std::min<std::chrono::milliseconds>(*back, back_max)};
  if (const std::optional<WallTime> time = parse_time(value)) return time;
  return value_refused(name, value, "is no time; write for example 2026-11-24T13:05:07Z, or 24h for a day back");
}

Error value_refused(std::string_view name, std::string_view value, std::string_view remedy) {
  return Error{Code::invalid, std::string{name}.append(": ").append(shown_value(value)).append(" ").append(remedy)};
}

SocketTarget::SocketTarget(std::string_view target) {
  const std::size_t mark = std::min(target.find('?'), target.size());
  path = target.substr(0, mark);
  query = target.substr(std::min(mark + 1, target.size()));
  json = path.ends_with(json_suffix);
  if (json) path.remove_suffix(json_suffix.size());
}

std::variant<SocketAsked, HttpReply> read_asked(const SocketRule& rule, const SocketTarget& target,
                                                const HttpRequestView& request) {
  if (rule.method != request.method)
    return text_reply(std::string{rule.path} + " is asked with " + std::string{rule.method} + "\n", 405);
  Result<QueryPairs> query = parse_query_string(target.query);
  if (!query) return refused_reply(query.error());
  if (const Result<void> good = check_query(rule, *query); !good) return refused_reply(good.error());
  SocketAsked asked;
  asked.query = *std::move(query);
  asked.body = request.body;
  asked.json = target.json;
  return asked;
}

HttpReply no_route(const std::vector<std::string_view>& paths) {
  std::string known;
  for (const std::string_view path : paths) known.append(known.empty() ? "there are " : ", ").append(path);
  return text_reply(known + "\n", 404);
}

}  // namespace tidegate
