#include "respond/vision_one_tasks.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <optional>

#include "config/ascii.h"
#include "respond/foreign_json.h"

namespace tidegate {
namespace {

namespace json = boost::json;

constexpr std::size_t task_link_bytes_max = 16u << 10;
constexpr unsigned status_unknown = 0;

const json::object* object_member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  return value == nullptr ? nullptr : value->if_array();
}

// {"error": {"code": …, "message": …}}, the same without "error", or {"message": …} of a gateway.
struct ApiWords {
  std::string_view code;
  std::string_view message;

  std::string text() const {
    std::string words{code};
    if (!code.empty() && !message.empty()) words.append(": ");
    return one_line(words.append(message), api_reason_bytes_max);
  }
};

ApiWords words_in(const json::object& object) {
  const json::object* error = object_member(object, "error");
  const json::object& told = error == nullptr ? object : *error;
  return {text_member(told, "code"), text_member(told, "message")};
}

// The HTTP status of an element; status_unknown where it has none.
unsigned status_in(const json::object& element) {
  const json::value* value = element.if_contains("status");
  const std::int64_t* number = value == nullptr ? nullptr : value->if_int64();
  return number == nullptr || *number < 100 || *number > 599 ? status_unknown : static_cast<unsigned>(*number);
}

// The id in the header Operation-Location, the last segment of its path; empty: none.
std::string task_id_in(const json::object& element) {
  const json::array* headers = array_member(element, "headers");
  if (headers == nullptr) return {};
  for (const json::value& each : *headers) {
    const json::object* header = each.if_object();
    if (header == nullptr || !same_but_for_case(text_member(*header, "name"), "Operation-Location")) continue;
    std::string_view path = text_member(*header, "value");
    path = path.substr(0, path.find_first_of("?#"));
    const std::string_view id = path.substr(path.rfind('/') + 1);
    if (is_task_id(id)) return std::string{id};
  }
  return {};
}

SentElement read_sent_element(const json::value& value) {
  SentElement sent;
  const json::object* element = value.if_object();
  if (element == nullptr) {
    sent.reason = "the answer for it is no object";
    return sent;
  }
  const unsigned status = status_in(*element);
  const json::object* body = object_member(*element, "body");
  const ApiWords words = body == nullptr ? ApiWords{} : words_in(*body);
  sent.reason = words.text();
  std::string id = task_id_in(*element);
  const bool task_error = status == 400 && same_but_for_case(words.code, "TaskError");
  if (status / 100 == 2 || (task_error && !id.empty())) {
    sent.fate = id.empty() ? SentElement::Fate::unknown : task_error ? SentElement::Fate::duplicate : SentElement::Fate::accepted;
    if (id.empty()) sent.reason = "accepted without a task";
    sent.task_id = std::move(id);
    return sent;
  }
  const bool lost_task = task_error && words.message.find("uplication") != std::string_view::npos;
  if (status / 100 == 4 && status != 408 && !lost_task) sent.fate = SentElement::Fate::refused;
  if (sent.reason.empty())
    sent.reason = status == status_unknown ? "the answer for it has no status" : "HTTP " + std::to_string(status);
  return sent;
}

ResponseState task_state(std::string_view status) {
  if (status == "queued") return ResponseState::queued;
  if (status == "pendingApproval") return ResponseState::pending_approval;
  if (status == "succeeded") return ResponseState::succeeded;
  if (status == "failed") return ResponseState::failed;
  if (status == "rejected") return ResponseState::rejected;
  if (status == "canceled" || status == "cancelled") return ResponseState::canceled;
  return ResponseState::running;
}

// Of the task's error and of those of its parts, each once.
std::string task_reason(const json::object& task) {
  std::vector<std::string> reasons;
  const auto add = [&reasons](const json::object& of) {
    if (object_member(of, "error") == nullptr) return;
    std::string words = words_in(of).text();
    if (!words.empty() && std::ranges::find(reasons, words) == reasons.end()) reasons.push_back(std::move(words));
  };
  constexpr std::size_t reasons_most = 8;
  add(task);
  if (const json::array* parts = array_member(task, "tasks"))
    for (const json::value& part : *parts)
      if (const json::object* object = part.if_object(); object != nullptr && reasons.size() < reasons_most) add(*object);
  std::string text;
  for (const std::string& reason : reasons) text.append(text.empty() ? "" : "; ").append(reason);
  return one_line(text, api_reason_bytes_max);
}

// What the task, or a part of it, acts upon.
std::vector<std::string> objects_in(const json::object& task) {
  constexpr std::size_t objects_most = 64;
  std::vector<std::string> objects;
  const auto add = [&objects](const json::object& of) {
    for (const auto& member : of) {
      const json::string* text = member.value().if_string();
      const std::string_view key{member.key().data(), member.key().size()};
      if (text != nullptr && object_type_of(key) && text->size() <= object_bytes_max && objects.size() < objects_most)
        objects.emplace_back(text->data(), text->size());
    }
  };
  add(task);
  if (const json::array* parts = array_member(task, "tasks"))
    for (const json::value& part : *parts)
      if (const json::object* object = part.if_object()) add(*object);
  return objects;
}

Result<TaskView> read_task_in(const json::value& value) {
  const json::object* task = value.if_object();
  if (task == nullptr) return Error{Code::corrupt, "a task is no object"};
  TaskView view;
  view.id = text_member(*task, "id");
  if (!is_task_id(view.id)) return Error{Code::corrupt, "a task has no id"};
  const std::string_view status = text_member(*task, "status");
  if (status.empty()) return Error{Code::corrupt, "task " + view.id + " has no status"};
  view.state = task_state(status);
  view.action = one_line(text_member(*task, "action"), api_reason_bytes_max);
  const std::string_view description = text_member(*task, "description");
  std::size_t cut = description.size() - std::min(description.size(), task_description_bytes_max);
  while (cut < description.size() && (static_cast<unsigned char>(description[cut]) & 0xc0) == 0x80) ++cut;  // between characters
  view.description = one_line(description.substr(cut), task_description_bytes_max);
  view.reason = task_reason(*task);
  view.created = parse_time(text_member(*task, "createdDateTime")).value_or(WallTime{});
  view.objects = objects_in(*task);
  return view;
}

Code answer_code(unsigned status, AskedFor asked) {
  if (status == 401 || status == 403) return Code::denied;
  if (status == 429) return Code::throttled;
  if (status == 408 || status == 504) return Code::timeout;
  if (status >= 500) return Code::unavailable;
  if (status == 404 && asked == AskedFor::one_task) return Code::absent;
  return Code::invalid;
}

}  // namespace

bool is_task_id(std::string_view text) {
  return !text.empty() && text.size() <= task_id_bytes_max &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

std::string elements_body(const std::vector<ActionElement>& elements) {
  json::array body;
  for (const ActionElement& each : elements) {
    json::object element;
    const std::string_view key = key_of(each.target.type);
    element.emplace(json::string_view{key.data(), key.size()}, each.target.value);
    if (!each.target.mail_box.empty()) element.emplace("mailBox", each.target.mail_box);
    if (!each.description.empty()) element.emplace("description", each.description);
    body.push_back(std::move(element));
  }
  return json::serialize(body);
}

Result<std::vector<SentElement>> read_sent_elements(ByteView body, std::size_t sent) {
  const Result<json::value> parsed = parse_foreign_json(body);
  if (!parsed) return parsed.error();
  const json::array* answers = parsed->if_array();
  if (answers == nullptr) return Error{Code::corrupt, "the answer is no array of elements"};
  std::vector<SentElement> elements;
  if (answers->size() != sent) {
    SentElement unknown;
    unknown.reason = "the answer has " + std::to_string(answers->size()) + " elements for " + std::to_string(sent);
    elements.assign(sent, unknown);
    return elements;
  }
  for (const json::value& each : *answers) elements.push_back(read_sent_element(each));
  return elements;
}

Error answer_error(unsigned status, ByteView body, AskedFor asked) {
  std::string text = "HTTP " + std::to_string(status);
  const Result<json::value> parsed = parse_foreign_json(body);
  const json::object* object = parsed ? parsed->if_object() : nullptr;
  const std::string words = object == nullptr ? std::string{} : words_in(*object).text();
  if (!words.empty()) text.append(" ").append(words);
  else if (!body.empty()) text.append(" with a body that is not the API's");
  if (status / 100 == 3) text.append(": redirects are not followed");
  return Error{answer_code(status, asked), std::move(text)};
}

Result<TaskView> read_task(ByteView body) {
  const Result<json::value> parsed = parse_foreign_json(body);
  if (!parsed) return parsed.error();
  return read_task_in(*parsed);
}

Result<TaskPage> read_task_page(ByteView body) {
  const Result<json::value> parsed = parse_foreign_json(body);
  if (!parsed) return parsed.error();
  const json::object* object = parsed->if_object();
  const json::value* items = object == nullptr ? nullptr : object->if_contains("items");
  if (items == nullptr || !(items->is_array() || items->is_null())) return Error{Code::corrupt, "the answer is no list of tasks"};
  TaskPage page;
  if (const json::array* tasks = items->if_array()) {
    for (const json::value& each : *tasks) {
      Result<TaskView> task = read_task_in(each);
      if (!task) return std::move(task).error();
      page.tasks.push_back(*std::move(task));
    }
  }
  const json::value* link = object->if_contains("nextLink");
  if (link == nullptr || link->is_null()) return page;
  page.next_link = text_member(*object, "nextLink");
  if (!link->is_string() || page.next_link.size() > task_link_bytes_max)
    return Error{Code::corrupt, "the list's next link is no link"};
  return page;
}

}  // namespace tidegate
