// Candidates: what in a record an action could act upon, wherever a Vision One alert or technique keeps it: endpoints (GUID and
// name), hashes, URLs, domains, addresses, senders, message ids; and where the product's own normalized names have it (srcip,
// file.hash.sha1, …). Whether it should be acted upon is for a person, or a guard, to say: private addresses are candidates too.
//
// Pure; any thread. Bounded: candidates_max; lists and objects to a depth of 64.
// Source: Trend Vision One public API v3.0, "Workbench alerts", "Observed attack techniques"; vision-one-api, sections 2.2 and 4.2;
// domain, section 7.1.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "respond/action.h"

namespace tidegate {

inline constexpr std::size_t candidates_max = 200;

struct Candidate {
  ObjectType type = ObjectType::url;
  std::string value;  // check_target() takes it
  std::string path;   // where it was found, without places in lists: a template's path
  std::string shown;  // for a person: an endpoint's name beside its GUID; may be empty

  bool operator==(const Candidate&) const = default;
};

// A mailbox that the record is about. It goes with a message id and is no object of an action itself: above all no sender.
struct MailBox {
  std::string address;
  std::string path;

  bool operator==(const MailBox&) const = default;
};

// What was found on one way through a record, in the order in which the record has it, each once.
struct RecordObjects {
  std::vector<Candidate> candidates;
  std::vector<MailBox> mail_boxes;
};

//   record: as it is indexed, with its envelope
RecordObjects objects_of_record(const boost::json::object& record);
// The candidates that the action takes; for endpoints all GUIDs stand before the names.
std::vector<Candidate> candidates_for(ResponseAction action, const boost::json::object& record);

// What somebody who writes this path in a template may mean, by its last word, whatever its case and namespace: agent_guid and
// endpoint_name for "computerId". Empty: nothing that an action acts upon.
std::vector<ObjectType> object_types_meant_by(std::string_view path);
// "mailBox", and what it is called elsewhere.
bool mail_box_meant_by(std::string_view path);

}  // namespace tidegate
