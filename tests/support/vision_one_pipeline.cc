#include "tests/support/vision_one_pipeline.h"

#include <simdjson.h>

#include <algorithm>

#include "base/log.h"
#include "tests/support/vision_one_answers.h"
#include "transport/compression.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

constexpr std::string_view pipelines_path = "/v3.0/oat/dataPipelines";
constexpr std::size_t pipelines_max = 100;
constexpr std::size_t description_bytes_max = 4000;
constexpr std::string_view all_levels[] = {"info", "low", "medium", "high", "critical"};
constexpr auto retention = std::chrono::days{7};
constexpr seconds window_max = 3600s;
constexpr seconds window_default = 15min;
constexpr seconds behind_least = 30s;

SimResponse not_found(std::string_view what) { return error_answer({.status = 404, .code = "NotFound", .message = what}); }

SimResponse out_of_retention() {
  return json_answer(R"({"error":{"code":"BadRequest","message":"Invalid parameter: startDateTime",)"
                     R"("innererror":{"code":"OutOfRetentionTime","service":"oat"}}})",
                     400);
}

SimResponse no_content() {
  SimResponse response;
  response.status = 204;
  return response;
}

// The path below the list, cut at its slashes: {id}, {id, "packages"}, {id, "packages", package}.
std::vector<std::string_view> steps_of(std::string_view path) {
  std::vector<std::string_view> steps;
  if (!path.starts_with(pipelines_path)) return steps;
  path.remove_prefix(pipelines_path.size());
  while (path.size() > 1 && path.front() == '/') {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    steps.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return steps;
}

// What a registration and a change may say. Absent: no JSON, or against the rules.
struct Wish {
  std::optional<RiskLevels> levels;
  std::optional<bool> has_detail;
  std::optional<std::string> description;
};
std::optional<Wish> wish_of(const Bytes& body) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(simdjson::padded_string{body}).get(object) != simdjson::SUCCESS) return std::nullopt;
  Wish wish;
  simdjson::dom::array levels;
  if (object["riskLevels"].get(levels) == simdjson::SUCCESS) {
    wish.levels.emplace();
    for (simdjson::dom::element element : levels) {
      std::string_view level;
      if (element.get(level) != simdjson::SUCCESS ||
          std::find(std::begin(all_levels), std::end(all_levels), level) == std::end(all_levels))
        return std::nullopt;
      wish.levels->emplace(level);
    }
    if (wish.levels->empty()) return std::nullopt;
  }
  bool detail = false;
  if (object["hasDetail"].get(detail) == simdjson::SUCCESS) wish.has_detail = detail;
  std::string_view description;
  if (object["description"].get(description) == simdjson::SUCCESS) wish.description.emplace(description);
  if (wish.description && wish.description->size() > description_bytes_max) return std::nullopt;
  return wish;
}

Result<std::size_t> package_top(const Target& target) {
  const auto text = target.find("top");
  if (!text) return std::size_t{500};
  for (const std::size_t top : {50u, 100u, 200u, 500u})
    if (*text == std::to_string(top)) return top;
  return Error{Code::invalid, "Invalid parameter: top (50, 100, 200 or 500)"};
}

}  // namespace

std::optional<Endpoint> Pipelines::endpoint_of(std::string_view method, std::string_view path) {
  if (path == pipelines_path) return method == "GET" || method == "POST" ? std::optional{Endpoint::pipelines} : std::nullopt;
  const std::vector<std::string_view> steps = steps_of(path);
  if (steps.size() == 1 && steps[0] == "delete" && method == "POST") return Endpoint::pipelines;
  if (steps.size() == 1 && (method == "GET" || method == "PATCH")) return Endpoint::pipeline;
  if (method != "GET" || steps.size() < 2 || steps[1] != "packages") return std::nullopt;
  if (steps.size() == 2) return Endpoint::packages;
  return steps.size() == 3 ? std::optional{Endpoint::package} : std::nullopt;
}

SimResponse Pipelines::answer(Endpoint endpoint, const SimRequest& request, const Target& target, const ServeOptions& serve,
                              const LinkRules& rules, WallTime now) {
  forget(serve, now);
  const std::vector<std::string_view> steps = steps_of(target.path);
  if (endpoint == Endpoint::pipelines) {
    if (request.method == "GET") return list();
    return steps.empty() ? create(request.body, rules.base_url, now) : remove(request.body);
  }
  const auto found =
      std::find_if(pipelines_.begin(), pipelines_.end(), [&steps](const Pipeline& pipeline) { return pipeline.id == steps[0]; });
  if (found == pipelines_.end()) return not_found("Data pipeline not found.");
  if (endpoint == Endpoint::packages) return list_packages(*found, target, rules, now);
  if (endpoint == Endpoint::package) return package(*found, steps[2], serve, now);
  if (request.method == "PATCH") return change(*found, request);
  Bytes body;
  append(body, *found);
  SimResponse response = json_answer(std::move(body));
  response.headers.emplace_back("ETag", found->etag());
  return response;
}

void Pipelines::forget(const ServeOptions& serve, WallTime now) {
  const auto at = serve.pipelines_forgotten_at;
  if (at && now >= *at) std::erase_if(pipelines_, [&at](const Pipeline& pipeline) { return pipeline.registered < *at; });
}

void Pipelines::append(Bytes& out, const Pipeline& pipeline) {
  out.append(R"({"id":")").append(pipeline.id).append(R"(","hasDetail":)").append(pipeline.has_detail ? "true" : "false");
  out.append(R"(,"riskLevels":[)");
  for (const std::string& level : pipeline.levels) {
    if (level != *pipeline.levels.begin()) out.push_back(',');
    append_json_string(out, level);
  }
  out.append(R"(],"registeredDateTime":")").append(to_iso8601(pipeline.registered)).append(R"(","description":)");
  append_json_string(out, pipeline.description);
  out.push_back('}');
}

SimResponse Pipelines::create(const Bytes& body, const std::string& base_url, WallTime now) {
  std::optional<Wish> wish = wish_of(body);
  if (!wish || !wish->levels || !wish->has_detail) return bad_request("Invalid request format.");
  if (pipelines_.size() >= pipelines_max) return bad_request("Too many data pipelines.");
  Pipeline pipeline;
  pipeline.levels = *std::move(wish->levels);
  pipeline.has_detail = *wish->has_detail;
  pipeline.registered = now;
  append_uuid(pipeline.id, random_);
  pipeline.description = wish->description.value_or("");
  SimResponse response;
  response.status = 201;
  response.headers.emplace_back("Location", base_url + std::string{pipelines_path} + "/" + pipeline.id);
  pipelines_.push_back(std::move(pipeline));
  return response;
}

SimResponse Pipelines::list() const {
  Bytes body = R"({"items":[)";
  for (const Pipeline& pipeline : pipelines_) {
    if (&pipeline != &pipelines_.front()) body.push_back(',');
    append(body, pipeline);
  }
  body.append(R"(],"count":)").append(std::to_string(pipelines_.size())).append("}");
  return json_answer(std::move(body));
}

SimResponse Pipelines::remove(const Bytes& body) {
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  if (parser.parse(simdjson::padded_string{body}).get(array) != simdjson::SUCCESS) return bad_request("Invalid request format.");
  Bytes answer = "[";
  for (simdjson::dom::element element : array) {
    std::string_view id;
    if (element["id"].get(id) != simdjson::SUCCESS) return bad_request("Invalid request format.");
    const bool known = std::erase_if(pipelines_, [id](const Pipeline& pipeline) { return pipeline.id == id; }) > 0;
    if (answer.size() > 1) answer.push_back(',');
    answer.append(known ? R"({"status":204})" : R"({"status":404})");
  }
  return json_answer(answer.append("]"), 207);
}

SimResponse Pipelines::change(Pipeline& pipeline, const SimRequest& request) {
  if (header(request.headers, "If-Match") != pipeline.etag())
    return error_answer({.status = 412, .code = "ConditionNotMet", .message = "The ETag does not match.", .number = 3090018});
  const std::optional<Wish> wish = wish_of(request.body);
  if (!wish) return bad_request("Invalid request format.");
  if (wish->levels) pipeline.levels = *wish->levels;
  if (wish->has_detail) pipeline.has_detail = *wish->has_detail;
  if (wish->description) pipeline.description = *wish->description;
  ++pipeline.revision;
  return no_content();
}

SimResponse Pipelines::list_packages(const Pipeline& pipeline, const Target& target, const LinkRules& rules, WallTime now) const {
  const auto second = std::chrono::floor<seconds>(now);
  const auto start = time_parameter(target, "startDateTime");
  if (!start) return bad_request(start.error().text());
  const auto end = time_parameter(target, "endDateTime");
  if (!end) return bad_request(end.error().text());
  const auto top = package_top(target);
  if (!top) return bad_request(top.error().text());
  const WallSeconds to = end->value_or(second - behind_least);
  const WallSeconds from = start->value_or(to - window_default);
  if (from < second - retention) return out_of_retention();
  if (to > second - behind_least) return bad_request("Invalid parameter: endDateTime (at least 30 seconds before now)");
  if (to < from || to - from > window_max) return bad_request("Invalid parameter: endDateTime (a range of at most 3600 seconds)");
  TokenCheck check = check_token(target, "pageToken", rules, now);
  if (check.refusal) return std::move(*check.refusal);

  const WallSeconds since = std::max(from, std::chrono::floor<seconds>(pipeline.registered) + 1s);
  const std::vector<SimPackage> packages = packages_.between(since, to, now, pipeline.levels);
  const PageToken token = check.token.value_or(PageToken{});
  const std::size_t offset = std::min<std::size_t>(token.offset, packages.size());
  const std::size_t count = std::min(*top, packages.size() - offset);
  WallSeconds latest = from;
  for (const SimPackage& package : packages) latest = std::max(latest, package.created);
  Bytes body = R"({"totalCount":)" + std::to_string(packages.size()) + R"(,"count":)" + std::to_string(count) + R"(,"items":[)";
  for (std::size_t i = offset; i < offset + count; ++i) {
    if (i > offset) body.push_back(',');
    body.append(R"({"id":")").append(packages[i].id).append(R"(","createdDateTime":")").append(to_iso8601(packages[i].created));
    body.append(R"("})");
  }
  body.append(R"(],"requestedDateTime":")").append(to_iso8601(second)).append(R"(","latestPackageCreatedDateTime":")");
  body.append(to_iso8601(latest)).append("\"");
  if (const auto next = next_token(token, {offset, count, packages.size()}, rules, now)) {
    Target resolved{.path = target.path, .parameters = {{"startDateTime", to_iso8601(from)}, {"endDateTime", to_iso8601(to)}}};
    resolved.parameters.emplace_back("top", std::to_string(*top));
    body.append(R"(,"nextLink":)");
    append_json_string(body, page_link(resolved, "pageToken", *next, rules));
  }
  return json_answer(body.append("}"));
}

SimResponse Pipelines::package(const Pipeline& pipeline, std::string_view id, const ServeOptions& serve, WallTime now) {
  const bool hidden = std::find(serve.packages_missing.begin(), serve.packages_missing.end(), id) != serve.packages_missing.end();
  const bool struck = serve.package_missing_rate > 0 && random_.unit() < serve.package_missing_rate;
  const std::optional<SimPackage> found = packages_.find(id, now, pipeline.levels);
  if (!found || found->created <= pipeline.registered || found->created < now - retention || hidden || struck)
    return not_found("Package not found.");
  Compressor compressor;
  SimResponse response;
  response.headers.emplace_back("Content-Type", "application/gzip");
  response.body = *compressor.compress_entries(packages_.lines(*found, pipeline.levels), WireCompression::gzip);
  return response;
}

}  // namespace tidegate
