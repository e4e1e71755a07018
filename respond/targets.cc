// The rendered body of an action, read as what it acts upon.
#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <set>

#include "config/ascii.h"
#include "respond/foreign_json.h"
#include "respond/responder.h"
#include "respond/template.h"

namespace tidegate {
namespace {

namespace json = boost::json;

constexpr ForeignJsonLimits rendered_body_limits{.bytes_max = rendered_body_bytes_max, .depth_max = 8};
constexpr std::size_t shown_key_bytes = 64;

std::string listed_keys(ResponseAction action) {
  std::string keys;
  for (const ObjectType type : object_types_of(action)) keys.append(keys.empty() ? "" : ", ").append(key_of(type));
  return keys;
}

// Equal for two targets that are the same object to the API.
std::string identity_of_target(const ActionTarget& target) {
  std::string value = target.value;
  if (target.type == ObjectType::ip) {
    boost::system::error_code failed;
    const boost::asio::ip::address address = boost::asio::ip::make_address(value, failed);
    if (!failed) value = address.to_string();
  } else if (target.type != ObjectType::url && target.type != ObjectType::message_id && target.type != ObjectType::unique_id) {
    value = lower_case(value);
  }
  return std::string{key_of(target.type)} + '\0' + value + '\0' + target.mail_box;
}

// One element, without what check_target() says of it.
Result<ActionTarget> target_in(ResponseAction action, const json::value& element) {
  const json::object* object = element.if_object();
  if (object == nullptr) return Error{Code::invalid, "is no object"};
  ActionTarget target;
  std::size_t objects = 0;
  for (const json::key_value_pair& member : *object) {
    const std::string_view key{member.key().data(), member.key().size()};
    const std::string shown = one_line(key, shown_key_bytes);
    const std::optional<ObjectType> type = object_type_of(key);
    const bool known = type || key == "description" || (key == "mailBox" && action == ResponseAction::quarantine_email);
    if (!known)
      return Error{Code::invalid,
                   shown + ": no key that " + std::string{name(action)} + " takes: give one of " + listed_keys(action)};
    if (!member.value().is_string()) return Error{Code::invalid, shown + ": is no text"};
    std::string text{text_member(*object, key)};
    if (key == "description") {
      target.description = std::move(text);
    } else if (key == "mailBox") {
      target.mail_box = std::move(text);
    } else {
      target.type = *type;
      target.value = std::move(text);
      ++objects;
    }
  }
  if (objects != 1)
    return Error{Code::invalid, (objects == 0 ? "names no object" : "names more than one object") + std::string{": give one of "} +
                                    listed_keys(action) + " in each element"};
  return target;
}

}  // namespace

Result<std::vector<ActionTarget>> targets_of(ResponseAction action, std::string_view body) {
  const Result<json::value> parsed = parse_foreign_json(body, rendered_body_limits);
  if (!parsed) return Error{Code::invalid, parsed.error().text()};
  const json::array* elements = parsed->if_array();
  if (elements == nullptr) return Error{Code::invalid, "the body is no JSON array: write [{…}], an element for each object"};
  if (elements->empty()) return Error{Code::invalid, "the body names no object: its array is empty"};
  if (elements->size() > targets_max)
    return Error{Code::invalid, "the body names " + std::to_string(elements->size()) + " objects, and a run has " +
                                    std::to_string(targets_max) + " at most: ask for them in several"};
  std::vector<ActionTarget> targets;
  std::set<std::string> identities;
  std::string wrong;
  for (std::size_t i = 0; i < elements->size(); ++i) {
    const auto refuse = [&wrong, i](const std::string& why) {
      wrong.append(wrong.empty() ? "" : "\n").append("element ").append(std::to_string(i + 1)).append(": ").append(why);
    };
    Result<ActionTarget> target = target_in(action, (*elements)[i]);
    if (!target) {
      refuse(target.error().text());
    } else if (const Result<void> fit = check_target(action, *target); !fit) {
      refuse(fit.error().text());
    } else if (!identities.insert(identity_of_target(*target)).second) {
      refuse(std::string{key_of(target->type)} + ": the same object stands in an element before");
    } else {
      targets.push_back(*std::move(target));
    }
  }
  if (!wrong.empty()) return Error{Code::invalid, std::move(wrong)};
  return targets;
}

}  // namespace tidegate
