#include "agent/edges/pipeline_registration.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>

#include "base/log.h"

namespace tidegate {
namespace {

constexpr std::size_t pipeline_id_bytes_max = 256;

std::string text_of(const simdjson::dom::object& object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string{text} : std::string{};
}

std::set<std::string> levels_of(const simdjson::dom::object& object) {
  std::set<std::string> levels;
  simdjson::dom::array array;
  if (object["riskLevels"].get(array) != simdjson::SUCCESS) return levels;
  for (const simdjson::dom::element element : array) {
    std::string_view level;
    if (element.get(level) == simdjson::SUCCESS) levels.emplace(level);
  }
  return levels;
}

}  // namespace

struct PipelineRegistration::Found {
  std::optional<DataPipeline> pipeline;
  bool levels_agree = false;
};

bool is_path_segment(std::string_view id) {
  constexpr std::string_view plain = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.~";
  return !id.empty() && id.size() <= pipeline_id_bytes_max && id.find_first_not_of(plain) == std::string_view::npos && id != "." &&
         id != "..";
}

PipelineRegistration::PipelineRegistration(ApiCall& api, Clock& clock, std::string description, std::set<std::string> levels)
    : api_(api),
      clock_(clock),
      url_(api.options().api_base_url + "/v3.0/oat/dataPipelines"),
      description_(std::move(description)),
      levels_(std::move(levels)) {}

asio::awaitable<Result<DataPipeline>> PipelineRegistration::find_or_register() {
  Result<ApiAnswer> answer = co_await ask("GET", url_, {}, {});
  if (!answer) co_return std::move(answer).error();
  if (answer->response.status != 200) co_return answer->error(PageKind::first).in("data pipelines");
  Result<Found> found = ours_in(answer->response.body);
  if (!found) co_return std::move(found).error();
  if (!found->pipeline) co_return co_await create();
  if (!found->levels_agree) {
    Result<void> set = co_await set_levels(found->pipeline->id);
    if (!set) co_return std::move(set).error();
  }
  co_return *std::move(found->pipeline);
}

asio::awaitable<Result<void>> PipelineRegistration::look_up(std::string id) {
  Result<ApiAnswer> answer = co_await ask("GET", url_ + "/" + id, {}, {});
  if (!answer) co_return std::move(answer).error();
  if (answer->response.status == 200) co_return Result<void>{};
  if (answer->response.status == 404) co_return Error{Code::absent, "the data pipeline is unknown to the API"};
  co_return answer->error(PageKind::first).in("data pipeline");
}

asio::awaitable<Result<DataPipeline>> PipelineRegistration::create() {
  Bytes body = R"({"riskLevels":)" + levels_json() + R"(,"hasDetail":true,"description":)";
  append_json_string(body, description_);
  body.append("}");
  Result<ApiAnswer> answer = co_await ask("POST", url_, std::move(body), {});
  if (!answer) co_return std::move(answer).error();
  if (answer->response.status != 201) co_return answer->error(PageKind::first).in("registering a data pipeline");
  const std::string_view location = answer->response.header("Location").value_or("");
  DataPipeline pipeline;
  pipeline.id = location.substr(location.rfind('/') + 1);
  if (!is_path_segment(pipeline.id)) co_return Error{Code::corrupt, "a data pipeline was registered, and its Location names none"};
  pipeline.registered = std::chrono::floor<std::chrono::seconds>(api_.api_now().value_or(clock_.wall()));
  pipeline.fresh = true;
  co_return pipeline;
}

asio::awaitable<Result<void>> PipelineRegistration::set_levels(std::string id) {
  Result<ApiAnswer> current = co_await ask("GET", url_ + "/" + id, {}, {});
  if (!current) co_return std::move(current).error();
  if (current->response.status != 200) co_return current->error(PageKind::first).in("data pipeline");
  HttpHeaders headers;
  if (const auto etag = current->response.header("ETag")) headers.push_back({"If-Match", std::string{*etag}});
  Result<ApiAnswer> changed = co_await ask("PATCH", url_ + "/" + id, R"({"riskLevels":)" + levels_json() + "}", std::move(headers));
  if (!changed) co_return std::move(changed).error();
  if (changed->response.status == 204 || changed->response.status == 200) co_return Result<void>{};
  // Somebody changed it between the two requests.
  if (changed->response.status == 412)
    co_return Error{Code::unavailable, "the data pipeline was changed by somebody else meanwhile"};
  co_return changed->error(PageKind::first).in("the risk levels of the data pipeline");
}

asio::awaitable<Result<ApiAnswer>> PipelineRegistration::ask(std::string method, std::string url, Bytes body, HttpHeaders headers) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.headers = std::move(headers);
  request.headers.push_back({"Accept", "application/json"});
  if (!body.empty()) request.headers.push_back({"Content-Type", "application/json"});
  request.body = std::move(body);
  co_return co_await api_.send(std::move(request));
}

Result<PipelineRegistration::Found> PipelineRegistration::ours_in(ByteView list) const {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  simdjson::dom::element items;
  if (parser.parse(list.data(), list.size()).get(root) != simdjson::SUCCESS || root["items"].get(items) != simdjson::SUCCESS)
    return Error{Code::corrupt, "not a list of data pipelines"};
  Found found;
  simdjson::dom::array array;
  if (items.get(array) != simdjson::SUCCESS) return found;  // null, where there is none
  for (const simdjson::dom::element element : array) {
    simdjson::dom::object object;
    if (element.get(object) != simdjson::SUCCESS || text_of(object, "description") != description_) continue;
    DataPipeline pipeline;
    pipeline.id = text_of(object, "id");
    const std::optional<WallTime> registered = parse_time(text_of(object, "registeredDateTime"));
    if (!is_path_segment(pipeline.id) || !registered)
      return Error{Code::corrupt, "our data pipeline has no id or no time in the list"};
    pipeline.registered = std::chrono::floor<std::chrono::seconds>(*registered);
    if (found.pipeline && found.pipeline->registered <= pipeline.registered) continue;
    found.levels_agree = levels_of(object) == levels_;
    found.pipeline = std::move(pipeline);
  }
  return found;
}

std::string PipelineRegistration::levels_json() const {
  std::string text = "[";
  for (const std::string& level : levels_) {
    if (text.size() > 1) text.push_back(',');
    append_json_string(text, level);
  }
  return text.append("]");
}

}  // namespace tidegate
