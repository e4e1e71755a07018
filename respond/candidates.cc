#include "respond/candidates.h"

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <map>
#include <optional>
#include <utility>

#include "config/ascii.h"
#include "respond/foreign_json.h"

namespace tidegate {
namespace {

namespace json = boost::json;

constexpr std::size_t candidate_depth_max = 64;
constexpr std::size_t candidate_key_bytes_max = 128;  // of a key that is looked behind
constexpr std::size_t mail_boxes_max = 50;

struct NamedObject {
  std::string_view name;
  ObjectType type;
};

// The `type` of an indicator of an alert, and of a highlighted object of a technique. Hosts have a shape of their own.
constexpr std::array indicator_types{
    NamedObject{"url", ObjectType::url},
    NamedObject{"domain", ObjectType::domain},
    NamedObject{"ip", ObjectType::ip},
    NamedObject{"email_sender", ObjectType::sender_mail_address},
    NamedObject{"file_sha1", ObjectType::file_sha1},
    NamedObject{"file_sha256", ObjectType::file_sha256},
    NamedObject{"email_message_id", ObjectType::message_id},
    NamedObject{"email_message_unique_id", ObjectType::unique_id},
};

// Keys whose value is such an object: of `endpoint` and `detail` of a technique, of a line of the data pipeline, and the product's
// normalized ones. No uniqueId: a technique's filter has one.
constexpr std::array object_member_names{
    NamedObject{"agentGuid", ObjectType::agent_guid},
    NamedObject{"endpointGuid", ObjectType::agent_guid},
    NamedObject{"endpointGUID", ObjectType::agent_guid},
    NamedObject{"endpointName", ObjectType::endpoint_name},
    NamedObject{"endpointHostName", ObjectType::endpoint_name},
    NamedObject{"hostname", ObjectType::endpoint_name},
    NamedObject{"src", ObjectType::ip},
    NamedObject{"dst", ObjectType::ip},
    NamedObject{"url", ObjectType::url},
    NamedObject{"request", ObjectType::url},
    NamedObject{"domain", ObjectType::domain},
    NamedObject{"hostName", ObjectType::domain},
    NamedObject{"senderMailAddress", ObjectType::sender_mail_address},
    NamedObject{"mailFromAddresses", ObjectType::sender_mail_address},
    NamedObject{"suser", ObjectType::sender_mail_address},
    NamedObject{"messageId", ObjectType::message_id},
    NamedObject{"message_id", ObjectType::message_id},
    NamedObject{"msgId", ObjectType::message_id},
    NamedObject{"mailMsgId", ObjectType::message_id},
    NamedObject{"mailUniqueId", ObjectType::unique_id},
    NamedObject{"msgUuid", ObjectType::unique_id},
};

// objectFileHashSha1, file.hash.sha256; endpointIp, srcip, ips. A value that cannot be one is left out in any case.
constexpr std::array object_member_endings{
    NamedObject{"Sha1", ObjectType::file_sha1},
    NamedObject{"sha1", ObjectType::file_sha1},
    NamedObject{"Sha256", ObjectType::file_sha256},
    NamedObject{"sha256", ObjectType::file_sha256},
    NamedObject{"Ip", ObjectType::ip},
    NamedObject{"Ips", ObjectType::ip},
    NamedObject{"ip", ObjectType::ip},
    NamedObject{"ips", ObjectType::ip},
};

template <class Names>
std::optional<ObjectType> type_named(const Names& names, std::string_view name) {
  const auto* const found = std::ranges::find(names, name, &NamedObject::name);
  return found == names.end() ? std::nullopt : std::optional{found->type};
}

std::optional<ObjectType> type_of_member(std::string_view key) {
  if (const auto type = type_named(object_member_names, key)) return type;
  for (const NamedObject& ending : object_member_endings)
    if (key.ends_with(ending.name)) return ending.type;
  return std::nullopt;
}

std::string_view text_of_candidate(const json::value& value) {
  const json::string* text = value.if_string();
  return text == nullptr ? std::string_view{} : std::string_view{text->data(), text->size()};
}

// 8-4-4-4-12 hexadecimal digits.
bool looks_like_guid(std::string_view text) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool digit = std::string_view{"0123456789abcdefABCDEF"}.find(text[i]) != std::string_view::npos;
    if (form[i] == '-' ? text[i] != '-' : !digit) return false;
  }
  return true;
}

// An action that takes the type: what it refuses is no candidate.
ResponseAction action_upon(ObjectType type) {
  for (const ResponseAction action : all_response_actions) {
    const std::vector<ObjectType> types = object_types_of(action);
    if (std::ranges::find(types, type) != types.end()) return action;
  }
  return ResponseAction::add_to_block_list;
}

class ObjectWalk {
 public:
  explicit ObjectWalk(const json::object& record) { walk(record, 0); }

  RecordObjects found() && { return {std::move(candidates_), std::move(boxes_)}; }

 private:
  // The path is longer by a key as long as this lives.
  class Step {
   public:
    Step(std::string& path, std::string_view key) : path_(path), before_(path.size()) {
      if (!path_.empty()) path_.push_back('.');
      path_.append(key);
    }
    ~Step() { path_.resize(before_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    std::string& path_;
    std::size_t before_;
  };

  void walk(const json::object& object, std::size_t depth) {
    if (depth > candidate_depth_max) return;
    const std::string_view taken = take_typed(object);
    for (const auto& member : object) {
      const std::string_view key{member.key().data(), member.key().size()};
      if (key.size() > candidate_key_bytes_max || (!taken.empty() && key == taken)) continue;
      const Step step{path_, key};
      take_member(key, member.value(), object);
      walk_into(member.value(), depth + 1);
    }
  }

  void walk_into(const json::value& value, std::size_t depth) {
    if (depth > candidate_depth_max) return;
    if (const auto* object = value.if_object()) walk(*object, depth);
    if (const auto* list = value.if_array())
      for (const json::value& element : *list) walk_into(element, depth + 1);
  }

  // An entity or an indicator: what it is stands beside it. Returns the key of what was taken; empty: it is neither, or its type is
  // none that is known.
  std::string_view take_typed(const json::object& object) {
    if (const json::value* entity = object.if_contains("entityValue")) {
      const Step step{path_, "entityValue"};
      return take_of_type(text_member(object, "entityType"), *entity) ? "entityValue" : "";
    }
    if (const json::value* indicator = object.if_contains("value")) {
      const Step step{path_, "value"};
      return take_of_type(text_member(object, "type"), *indicator) ? "value" : "";
    }
    return {};
  }

  bool take_of_type(std::string_view type, const json::value& value) {
    if (const auto* list = value.if_array()) {
      bool taken = false;
      for (const json::value& element : *list)
        if (!element.is_array() && take_of_type(type, element)) taken = true;
      return taken;
    }
    if (const auto* object = value.if_object()) {
      if (type == "host") take_endpoint(*object);
      return type == "host";
    }
    const std::string_view text = text_of_candidate(value);
    if (type == "host") {
      offer(looks_like_guid(text) ? ObjectType::agent_guid : ObjectType::endpoint_name, text, {});
      return true;
    }
    if (type == "emailAddress") {
      offer_mail_box(text);
      return true;
    }
    const std::optional<ObjectType> known = type_named(indicator_types, type);
    if (known) offer(*known, text, {});
    return known.has_value();
  }

  // {guid, name, ips}, as entities and indicators have it.
  void take_endpoint(const json::object& endpoint) {
    const std::string_view name = text_member(endpoint, "name");
    offer_member(endpoint, "guid", ObjectType::agent_guid, name);
    offer_member(endpoint, "name", ObjectType::endpoint_name, {});
    offer_member(endpoint, "ips", ObjectType::ip, {});
  }

  void offer_member(const json::object& object, std::string_view key, ObjectType type, std::string_view shown) {
    const json::value* value = object.if_contains({key.data(), key.size()});
    if (value == nullptr) return;
    const Step step{path_, key};
    offer_texts(type, *value, shown);
  }

  void take_member(std::string_view key, const json::value& value, const json::object& beside) {
    const bool names_mail_box = key == "entityName" && text_member(beside, "entityType") == "mailbox";
    if (names_mail_box || key == "mailbox" || key == "mailBox") return offer_mail_box(text_of_candidate(value));
    std::optional<ObjectType> type = type_of_member(key);
    if (key == "address" && path_.ends_with("from.address")) type = ObjectType::sender_mail_address;
    if (!type) return;
    std::string_view shown;
    if (*type == ObjectType::agent_guid)
      for (const char* name : {"endpointName", "endpointHostName"})
        if (shown.empty()) shown = text_member(beside, name);
    offer_texts(*type, value, shown);
  }

  void offer_texts(ObjectType type, const json::value& value, std::string_view shown) {
    if (const auto* list = value.if_array()) {
      for (const json::value& element : *list)
        if (element.is_string()) offer(type, text_of_candidate(element), shown);
    } else {
      offer(type, text_of_candidate(value), shown);
    }
  }

  void offer(ObjectType type, std::string_view value, std::string_view shown) {
    // A machine's short name and a path are no domain and no URL.
    if (type == ObjectType::domain && value.find('.') == std::string_view::npos) return;
    if (type == ObjectType::url && value.find("://") == std::string_view::npos) return;
    if (value.empty() || value.size() > object_bytes_max) return;
    const auto known = places_.find({type, std::string{value}});
    if (known != places_.end()) {
      if (std::string& before = candidates_[known->second].shown; before.empty()) before = shown;
      return;
    }
    ActionTarget target;
    target.type = type;
    target.value = value;
    if (candidates_.size() == candidates_max || !check_target(action_upon(type), target)) return;
    places_.emplace(std::pair{type, target.value}, candidates_.size());
    candidates_.push_back({type, std::move(target.value), path_, std::string{shown}});
  }

  void offer_mail_box(std::string_view address) {
    if (address.find('@') == std::string_view::npos || address.size() > object_bytes_max || boxes_.size() == mail_boxes_max) return;
    if (std::ranges::find(boxes_, address, &MailBox::address) == boxes_.end()) boxes_.push_back({std::string{address}, path_});
  }

  std::string path_;
  std::vector<Candidate> candidates_;
  std::map<std::pair<ObjectType, std::string>, std::size_t> places_;
  std::vector<MailBox> boxes_;
};

struct MeantObject {
  std::string_view word;  // in lower case, without '_' and '-'
  std::array<std::optional<ObjectType>, 3> types;
};

constexpr std::array meant_objects{
    MeantObject{"agentguid", {ObjectType::agent_guid, ObjectType::endpoint_name}},
    MeantObject{"endpointguid", {ObjectType::agent_guid, ObjectType::endpoint_name}},
    MeantObject{"computerid", {ObjectType::agent_guid, ObjectType::endpoint_name}},
    MeantObject{"guid", {ObjectType::agent_guid, ObjectType::endpoint_name}},
    MeantObject{"endpointname", {ObjectType::endpoint_name, ObjectType::agent_guid}},
    MeantObject{"endpointhostname", {ObjectType::endpoint_name, ObjectType::agent_guid}},
    MeantObject{"computername", {ObjectType::endpoint_name, ObjectType::agent_guid}},
    MeantObject{"hostname", {ObjectType::endpoint_name, ObjectType::domain}},
    MeantObject{"host", {ObjectType::endpoint_name, ObjectType::domain}},
    MeantObject{"url", {ObjectType::url}},
    MeantObject{"uri", {ObjectType::url}},
    MeantObject{"request", {ObjectType::url}},
    MeantObject{"domain", {ObjectType::domain}},
    MeantObject{"domainname", {ObjectType::domain}},
    MeantObject{"src", {ObjectType::ip}},
    MeantObject{"dst", {ObjectType::ip}},
    MeantObject{"ipaddress", {ObjectType::ip}},
    MeantObject{"address", {ObjectType::sender_mail_address, ObjectType::ip}},
    MeantObject{"sendermailaddress", {ObjectType::sender_mail_address}},
    MeantObject{"emailsender", {ObjectType::sender_mail_address}},
    MeantObject{"sender", {ObjectType::sender_mail_address}},
    MeantObject{"from", {ObjectType::sender_mail_address}},
    MeantObject{"hash", {ObjectType::file_sha256, ObjectType::file_sha1}},
    MeantObject{"filehash", {ObjectType::file_sha256, ObjectType::file_sha1}},
    MeantObject{"messageid", {ObjectType::message_id, ObjectType::unique_id}},
    MeantObject{"msgid", {ObjectType::message_id, ObjectType::unique_id}},
    MeantObject{"emailmessageid", {ObjectType::message_id, ObjectType::unique_id}},
    MeantObject{"uniqueid", {ObjectType::unique_id, ObjectType::message_id}},
    MeantObject{"emailmessageuniqueid", {ObjectType::unique_id, ObjectType::message_id}},
};

std::string last_word_of(std::string_view path) {
  std::string word;
  for (const char c : path.substr(path.rfind('.') + 1))
    if (c != '_' && c != '-') word.push_back(fold(c));
  return word;
}

}  // namespace

RecordObjects objects_of_record(const json::object& record) { return ObjectWalk{record}.found(); }

std::vector<Candidate> candidates_for(ResponseAction action, const json::object& record) {
  const std::vector<ObjectType> types = object_types_of(action);
  std::vector<Candidate> fit = objects_of_record(record).candidates;
  std::erase_if(fit, [&types](const Candidate& candidate) { return std::ranges::find(types, candidate.type) == types.end(); });
  if (types.front() != ObjectType::agent_guid) return fit;
  std::vector<Candidate> ordered;
  for (const ObjectType type : types)
    std::ranges::copy_if(fit, std::back_inserter(ordered), [type](const Candidate& candidate) { return candidate.type == type; });
  return ordered;
}

std::vector<ObjectType> object_types_meant_by(std::string_view path) {
  const std::string word = last_word_of(path);
  std::vector<ObjectType> types;
  if (const auto* const meant = std::ranges::find(meant_objects, word, &MeantObject::word); meant != meant_objects.end()) {
    for (const std::optional<ObjectType>& type : meant->types)
      if (type) types.push_back(*type);
  } else if (word.ends_with("sha1")) {
    types.push_back(ObjectType::file_sha1);
  } else if (word.ends_with("sha256")) {
    types.push_back(ObjectType::file_sha256);
  } else if (word.ends_with("ip") || word.ends_with("ips")) {
    types.push_back(ObjectType::ip);
  }
  return types;
}

bool mail_box_meant_by(std::string_view path) {
  const std::string word = last_word_of(path);
  return word == "mailbox" || word == "emailaddress";
}

}  // namespace tidegate
