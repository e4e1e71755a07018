#include "processor/fleet/sensor_requests.h"

#include <algorithm>
#include <charconv>

#include "config/texts.h"

namespace tidegate {
namespace {

constexpr std::size_t head_bytes_max = 256;
constexpr unsigned status_least = 100;
constexpr unsigned status_most = 599;

Error no_answer(std::string_view what) { return Error{Code::corrupt, std::string{"answer of a sensor: "}.append(what)}; }

}  // namespace

Result<void> check_request(std::string_view method, std::string_view target) {
  if (method != "GET" && method != "POST") return Error{Code::invalid, "a request is GET or POST"};
  const bool line = target.find(' ') == std::string_view::npos && is_one_line(target);
  if (!target.starts_with('/') || target.size() > request_target_bytes_max || !line)
    return Error{Code::invalid, "what is asked for must be a path of one line without spaces"};
  return {};
}

opamp::CustomMessage request_message(std::string_view id, std::string_view method, std::string_view target, const Secret& body) {
  opamp::CustomMessage message;
  message.capability = requests_capability;
  message.type = "request";
  message.data.append(id).append(" ").append(method).append(" ").append(target);
  if (!body.empty()) message.data.append("\n").append(body.reveal());
  return message;
}

Result<SensorAnswer> read_answer(ByteView data) {
  const std::size_t end = data.substr(0, head_bytes_max).find('\n');
  if (end == ByteView::npos) return no_answer("its first line has no end");
  const std::string_view head = data.substr(0, end);
  const std::size_t first = head.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : head.find(' ', first + 1);
  if (second == std::string_view::npos) return no_answer("its first line has not three parts");
  SensorAnswer answer;
  answer.id = head.substr(0, first);
  if (!is_request_id(answer.id)) return no_answer("its id is none");
  const std::string_view status = head.substr(first + 1, second - first - 1);
  const auto [stop, failed] = std::from_chars(status.data(), status.data() + status.size(), answer.outcome.status);
  const bool number = failed == std::errc{} && stop == status.data() + status.size();
  if (!number || answer.outcome.status < status_least || answer.outcome.status > status_most)
    return no_answer("its status is none");
  answer.outcome.content_type = head.substr(second + 1);
  if (answer.outcome.content_type.empty() || !is_one_line(answer.outcome.content_type))
    return no_answer("its content type is none");
  answer.outcome.body = data.substr(end + 1);
  if (answer.outcome.body.size() > answer_body_bytes_max) return no_answer("it is too large");
  return answer;
}

std::shared_ptr<SensorRequests::Pending> SensorRequests::add(const std::string& id, const std::string& sensor) {
  auto pending = std::make_shared<Pending>();
  pending->sensor = sensor;
  pending_[id] = pending;
  return pending;
}

bool SensorRequests::answer(std::string_view sensor, SensorAnswer answer) {
  const auto found = pending_.find(answer.id);
  if (found == pending_.end() || found->second->sensor != sensor || found->second->outcome) return false;
  found->second->outcome = std::move(answer.outcome);
  found->second->answered.notify();
  return true;
}

std::size_t SensorRequests::waiting(std::string_view sensor) const {
  const auto of_sensor = [sensor](const auto& each) { return each.second->sensor == sensor; };
  return static_cast<std::size_t>(std::count_if(pending_.begin(), pending_.end(), of_sensor));
}

}  // namespace tidegate
