// What the API of response actions answers, whatever its bytes: one answer for each element, ids that may stand in a path, reasons
// of one bounded line; and the same bytes as the body of an action: what it names can be sent, and comes back as it went.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/check.h"
#include "respond/responder.h"
#include "respond/vision_one_tasks.h"

namespace {

using namespace tidegate;

void check_words(std::string_view text, std::size_t bytes_max) {
  TG_ASSERT(text.size() <= bytes_max, "foreign words are bounded");
  TG_ASSERT(std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }),
            "foreign words are one line");
}

void check_elements(ByteView body, std::size_t sent) {
  const Result<std::vector<SentElement>> elements = read_sent_elements(body, sent);
  if (!elements) return check_words(elements.error().text(), 200);
  TG_ASSERT(elements->size() == sent, "each element that was sent has an answer");
  for (const SentElement& each : *elements) {
    const bool followed = each.fate == SentElement::Fate::accepted || each.fate == SentElement::Fate::duplicate;
    TG_ASSERT(followed == !each.task_id.empty(), "what is followed has a task, and nothing else has");
    TG_ASSERT(!followed || is_task_id(each.task_id), "an id may stand in a path");
    TG_ASSERT(each.fate == SentElement::Fate::accepted || !each.reason.empty(), "what was not accepted says why");
    check_words(each.reason, api_reason_bytes_max);
  }
}

void check_task(const TaskView& task) {
  TG_ASSERT(is_task_id(task.id), "an id may stand in a path");
  TG_ASSERT(task.state != ResponseState::waiting && task.state != ResponseState::sending, "a task was sent");
  check_words(task.action, api_reason_bytes_max);
  check_words(task.description, task_description_bytes_max);
  check_words(task.reason, api_reason_bytes_max);
}

void check_targets(ResponseAction action, std::string_view body) {
  const Result<std::vector<ActionTarget>> targets = targets_of(action, body);
  if (!targets) return;
  TG_ASSERT(!targets->empty() && targets->size() <= targets_max, "a run has its bounds");
  std::vector<ActionElement> elements;
  ResponderGuards guards;
  for (const ActionTarget& target : *targets) {
    TG_ASSERT(check_target(action, target).has_value(), "a target that was read can be sent");
    elements.push_back({target, target.description});
    guards.protect.insert(target.value);
  }
  const Result<std::vector<ActionTarget>> again = targets_of(action, elements_body(elements));
  TG_ASSERT(again.has_value() && *again == *targets, "what is sent names what was read");
  (void)protected_target(guards, action, *targets);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView body{reinterpret_cast<const char*>(data + 1), size - 1};
  check_elements(body, data[0] % elements_per_request_max + 1);
  if (const Result<TaskView> task = read_task(body)) check_task(*task);
  if (const Result<TaskPage> page = read_task_page(body)) std::ranges::for_each(page->tasks, check_task);
  constexpr std::array statuses{302u, 400u, 401u, 403u, 404u, 408u, 429u, 500u, 504u};
  check_words(answer_error(statuses[data[0] % statuses.size()], body, AskedFor::one_task).text(), api_reason_bytes_max + 100);
  check_targets(all_response_actions[data[0] % all_response_actions.size()], body);
  (void)check_protected_entry(body);
  return 0;
}
