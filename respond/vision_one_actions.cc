#include "respond/vision_one_actions.h"

#include <set>
#include <utility>

#include "base/check.h"
#include "respond/foreign_json.h"
#include "transport/trace_id.h"
#include "transport/url.h"

namespace tidegate {
namespace {

constexpr std::string_view tasks_path = "/v3.0/response/tasks";
constexpr int tasks_per_page = 200;
constexpr int tasks_probed = 50;
constexpr std::size_t tasks_listed_max = std::size_t{task_pages_max} * tasks_per_page;
constexpr std::size_t foreign_host_shown = 255;

bool is_success(const HttpResponse& response) { return response.status / 100 == 2; }

Error with_trace(Error error, std::string_view trace_id) {
  return Error{error.code(), error.text() + " (trace id " + std::string{trace_id} + ")"};
}

}  // namespace

VisionOneActions::VisionOneActions(VisionOneActionsOptions options, HttpSend send, Clock& clock, Random& random)
    : options_(std::move(options)), send_(std::move(send)), clock_(clock), random_(random) {}

asio::awaitable<Result<VisionOneActions::Answer>> VisionOneActions::ask(HttpRequest request) {
  TG_ASSERT(request.url.starts_with(options_.origin + "/"), "the key goes to its own API alone (P10)");
  if (options_.token.empty()) co_return Error{Code::denied, "no API key to send: it is empty"};
  Answer answer;
  answer.trace_id = new_trace_id(random_);
  request.headers.push_back({"Authorization", "Bearer " + std::string{options_.token.reveal()}});
  request.headers.push_back({"User-Agent", "Tidegate/" TIDEGATE_VERSION});
  request.headers.push_back({"x-trace-id", answer.trace_id});
  Result<HttpResponse> response = co_await send_(std::move(request), options_.deadline);
  if (!response) {
    Error error = with_trace(std::move(response).error(), answer.trace_id);
    if (answer_was_too_large(error)) error = Error{Code::corrupt, error.text()};
    co_return error;
  }
  answer.response = *std::move(response);
  mask_secret(answer.response.body, options_.token.reveal());
  co_return answer;
}

asio::awaitable<Result<std::vector<SentElement>>> VisionOneActions::send(ResponseAction action,
                                                                         std::vector<ActionElement> elements) {
  TG_ASSERT(!elements.empty() && elements.size() <= elements_per_request_max, "a request has its elements, and no more than fit");
  HttpRequest request;
  request.method = "POST";
  request.url = options_.origin + std::string{path_of(action)};
  request.headers.push_back({"Content-Type", "application/json"});
  request.body = elements_body(elements);
  const Result<Answer> answer = co_await ask(std::move(request));
  if (!answer) co_return answer.error();
  const HttpResponse& response = answer->response;
  if (!is_success(response))
    co_return with_trace(answer_error(response.status, response.body, AskedFor::collection), answer->trace_id);
  Result<std::vector<SentElement>> sent = read_sent_elements(response.body, elements.size());
  if (!sent) co_return with_trace(std::move(sent).error(), answer->trace_id);
  co_return sent;
}

asio::awaitable<Result<TaskView>> VisionOneActions::task(std::string id) {
  if (!is_task_id(id)) co_return Error{Code::invalid, "no id of a task"};
  HttpRequest request;
  request.url = options_.origin + std::string{tasks_path} + "/" + id;
  const Result<Answer> answer = co_await ask(std::move(request));
  if (!answer) co_return answer.error();
  const HttpResponse& response = answer->response;
  if (!is_success(response))
    co_return with_trace(answer_error(response.status, response.body, AskedFor::one_task), answer->trace_id);
  Result<TaskView> task = read_task(response.body);
  if (!task) co_return with_trace(std::move(task).error(), answer->trace_id);
  task->id = std::move(id);
  co_return task;
}

asio::awaitable<Result<TaskPage>> VisionOneActions::page_at(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  const Result<Answer> answer = co_await ask(std::move(request));
  if (!answer) co_return answer.error();
  const HttpResponse& response = answer->response;
  if (!is_success(response))
    co_return with_trace(answer_error(response.status, response.body, AskedFor::collection), answer->trace_id);
  Result<TaskPage> page = read_task_page(response.body);
  if (!page) co_return with_trace(std::move(page).error(), answer->trace_id);
  co_return page;
}

asio::awaitable<Result<std::vector<TaskView>>> VisionOneActions::tasks_since(WallTime since) {
  std::vector<TaskView> tasks;
  std::set<std::string> seen;  // a task that is made meanwhile moves others onto the next page
  std::string url = tasks_url(since, tasks_per_page);
  for (int pages = 0; pages < task_pages_max; ++pages) {
    Result<TaskPage> page = co_await page_at(std::move(url));
    if (!page) co_return std::move(page).error();
    for (TaskView& task : page->tasks)
      if (seen.insert(task.id).second) tasks.push_back(std::move(task));
    if (tasks.size() > tasks_listed_max) break;
    if (page->next_link.empty()) co_return tasks;
    Result<std::string> next = own_link(page->next_link);
    if (!next) co_return std::move(next).error();
    url = *std::move(next);
  }
  co_return Error{Code::unavailable, "the list of tasks is longer than " + std::to_string(task_pages_max) + " pages"};
}

asio::awaitable<Result<std::string>> VisionOneActions::probe() {
  const Result<TaskPage> page = co_await page_at(tasks_url(clock_.wall() - std::chrono::hours{1}, tasks_probed));
  if (!page) co_return page.error();
  co_return std::string{
      "the API key is valid and may list response tasks; whether it may isolate, block or quarantine shows only when it does"};
}

std::string VisionOneActions::tasks_url(WallTime since, int top) const {
  return options_.origin + std::string{tasks_path} + "?startDateTime=" + to_iso8601(since) +
         "&dateTimeTarget=createdDateTime&top=" + std::to_string(top);
}

Result<std::string> VisionOneActions::own_link(std::string_view link) const {
  const Result<Url> named = parse_url(link);
  if (!named) return Error{Code::corrupt, "the link to the next page of tasks is no URL: " + named.error().text()};
  const Result<Url> own = parse_url(options_.origin);
  if (!own) return own.error();
  if (named->scheme != own->scheme || named->host != own->host || named->port != own->port || !named->user_info.empty())
    return Error{Code::corrupt, "the link to the next page of tasks names a foreign host, " + named->scheme + "://" +
                                    one_line(named->authority(), foreign_host_shown)};
  return options_.origin + named->target;
}

}  // namespace tidegate
