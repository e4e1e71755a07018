// What all parts of the local control socket share: how a request is read, checked against what its route takes, and refused. A
// part has a table of its routes; a path that ends in ".json" asks for one JSON document where there is text for people else.
//
// Refusals: 404 with the paths that there are; 405; 400 a parameter that is missing, empty or not known. Errors: `invalid` 400,
// `absent` and `gone` 404, `denied` 409, `timeout` 504, `full` and `corrupt` 507, all others 503.
//
// Thread: the loop.
#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/errors.h"
#include "transport/http_server.h"
#include "transport/query_string.h"

namespace tidegate {

namespace asio = boost::asio;

struct SocketAsked {
  // Empty where it is not given.
  std::string value(std::string_view name) const;

  QueryPairs query;
  std::string_view body;
  bool json = false;
};

struct SocketRule {
  std::string_view method;
  std::string_view path;
  std::vector<std::string_view> needed;
  std::vector<std::string_view> optional;
};

template <class Routes>
struct SocketRoute {
  SocketRule rule;
  asio::awaitable<HttpReply> (Routes::*answer)(const SocketAsked&);
};

HttpReply text_reply(std::string body, unsigned status = 200);
HttpReply json_reply(std::string body, unsigned status = 200);
HttpReply refused_reply(const Error& error);
// What is wrong with a document, 400. It is named as `file` says, or `fallback`.
HttpReply errors_reply(const SocketAsked& asked, std::vector<ConfigError> errors, std::string_view fallback);

// A value as it is shown in an error: bounded, in quotes, without control characters.
std::string shown_value(std::string_view value);
Result<bool> flag_of(std::string_view name, std::string_view value);  // an empty one is false
Result<std::uint64_t> positive_count_of(std::string_view name, std::string_view value);
// A moment, or a duration back from now, which goes back to `back_max` at most; absent: an empty one.
Result<std::optional<WallTime>> moment_of(std::string_view name, std::string_view value, WallTime now, std::chrono::hours back_max);
// "stages: 'a' is no list of percentages; …"
Error value_refused(std::string_view name, std::string_view value, std::string_view remedy);

// A request's target in its parts.
struct SocketTarget {
  explicit SocketTarget(std::string_view target);

  std::string_view path;  // without ".json"
  std::string_view query;
  bool json = false;
};
// What is asked; or the reply that refuses it.
std::variant<SocketAsked, HttpReply> read_asked(const SocketRule& rule, const SocketTarget& target, const HttpRequestView& request);
// 404, with the paths that there are.
HttpReply no_route(const std::vector<std::string_view>& paths);

template <class Routes>
bool is_served(const std::vector<SocketRoute<Routes>>& table, std::string_view target) {
  const std::string_view path = SocketTarget{target}.path;
  return std::ranges::any_of(table, [path](const SocketRoute<Routes>& each) { return each.rule.path == path; });
}

//   requires: the table and `routes` outlive the answering
template <class Routes>
asio::awaitable<HttpReply> answer_by(const std::vector<SocketRoute<Routes>>& table, Routes& routes, HttpRequestView request) {
  const SocketTarget target{request.target};
  const auto found =
      std::ranges::find_if(table, [&target](const SocketRoute<Routes>& each) { return each.rule.path == target.path; });
  if (found == table.end()) {
    std::vector<std::string_view> paths;
    for (const SocketRoute<Routes>& each : table) paths.push_back(each.rule.path);
    co_return no_route(paths);
  }
  std::variant<SocketAsked, HttpReply> read = read_asked(found->rule, target, request);
  if (HttpReply* const refusal = std::get_if<HttpReply>(&read)) co_return std::move(*refusal);
  const SocketAsked asked = std::get<SocketAsked>(std::move(read));
  co_return co_await (routes.*found->answer)(asked);
}

}  // namespace tidegate
