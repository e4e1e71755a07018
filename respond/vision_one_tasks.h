// What goes to the API of response actions and what comes back, as text: elements, the answer for each, tasks, and lists of them.
//
// Everything that comes is foreign: bounded, and read as far as it is understood. `corrupt` is what is not the API's own form: a
// page for people, half of a body, one nested too deep. Reasons are one line of at most api_reason_bytes_max.
//
// Pure; any thread.   Source: Trend Vision One public API v3.0, "Response Management"; vision-one-api, sections 1.4, 6.1 and 6.2.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "respond/ports.h"

namespace tidegate {

inline constexpr std::size_t task_id_bytes_max = 36;
inline constexpr std::size_t api_reason_bytes_max = 300;
inline constexpr std::size_t task_description_bytes_max = 4096;  // of a longer one its end is kept, where a marker stands

// Letters, digits, '-' and '_': what may stand in the path of a request.
bool is_task_id(std::string_view text);

// The body of a request: [{"agentGuid": …, "description": …}].
std::string elements_body(const std::vector<ActionElement>& elements);

// The answer to a request of `sent` elements, one for each, in order.
//
//   status  besides                                          fate
//   2xx     a task in Operation-Location                     accepted
//   2xx     none                                             unknown
//   400     code TaskError, a task in Operation-Location     duplicate
//   400     code TaskError, "duplication", no task           unknown
//   4xx     but 408                                          refused
//   other                                                    unknown
//
// Where the answer has another number of elements all are unknown: nobody can say which is whose.
Result<std::vector<SentElement>> read_sent_elements(ByteView body, std::size_t sent);

// What was asked for in a request that was answered with an error.
enum class AskedFor : unsigned char { collection, one_task };

// The error in an answer whose status is not 2xx. 401, 403 `denied`; 429 `throttled`; 408, 504 `timeout`; other 5xx `unavailable`;
// 404 of one task `absent`; the rest `invalid`, redirects included, which are not followed. The text has the status and the API's
// words.
Error answer_error(unsigned status, ByteView body, AskedFor asked);

// One task. `corrupt`: also without an id or a status.
Result<TaskView> read_task(ByteView body);

struct TaskPage {
  std::vector<TaskView> tasks;
  std::string next_link;  // as the API gave it; empty: the last page
};
// `corrupt`: also where one of its tasks cannot be read, since a list with a hole proves nothing.
Result<TaskPage> read_task_page(ByteView body);

}  // namespace tidegate
