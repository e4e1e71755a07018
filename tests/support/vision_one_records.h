// The simulator's records as the API serves them: compact JSON, filled from templates. A record's bytes are a function of
// the options, the seed, its number and, for an alert, its version. vision_one_alerts.cc, vision_one_audit_logs.cc and
// vision_one_techniques.cc each hold the templates of one feed.
//
// Thread: any; nothing changes after construction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "tests/support/vision_one_schedule.h"
#include "tests/support/vision_one_template.h"

namespace tidegate {

// 1.3 to 14 KB: matched rules, impact scope and indicators of both kinds of provider, schema versions 1.0 to 1.15.
class AlertRecords {
 public:
  //   requires: `schedule` and `prose` outlive this
  AlertRecords(const Schedule& schedule, const Prose& prose, Seed seed);

  void append(Bytes& out, std::uint32_t record, std::size_t version) const;
  // "WB-9002-20261124-00017". Beyond 99,999 the last number grows by a digit.
  std::string id(std::uint32_t record) const;
  // The record that an id names, if it has arrived by `now`.
  std::optional<std::uint32_t> record(std::string_view id, WallTime now) const;

 private:
  const Schedule& schedule_;
  const Prose& prose_;
  std::vector<Template> templates_;
};

// 250 to 900 bytes.
class AuditLogRecords {
 public:
  //   requires: `schedule` and `prose` outlive this
  AuditLogRecords(const Schedule& schedule, const Prose& prose, Seed seed);

  void append(Bytes& out, std::uint32_t record) const;
  std::string uuid(std::uint32_t record) const;
  // The alphabetical place of its accessType.
  std::uint32_t access_rank(std::uint32_t record) const;

 private:
  std::size_t choose(std::uint32_t record) const;

  const Schedule& schedule_;
  const Prose& prose_;
  std::vector<Template> templates_;
  std::vector<std::uint32_t> access_ranks_;  // of the template at the same place
};

// About as large as the options say.
class TechniqueRecords {
 public:
  //   requires: `schedule` and `prose` outlive this
  TechniqueRecords(const Schedule& schedule, const Prose& prose, Seed seed);

  void append(Bytes& out, std::uint32_t record) const;
  // The same technique as the data pipeline writes it: flat, with other names, without a line's end.
  void append_line(Bytes& out, std::uint32_t record) const;
  std::string uuid(std::uint32_t record) const;
  // Of its first filter.
  std::string_view risk_level(std::uint32_t record) const;

 private:
  std::size_t choose(std::uint32_t record) const;
  void fill(Bytes& out, std::uint32_t record, const std::vector<Template>& forms) const;

  const Schedule& schedule_;
  const Prose& prose_;
  std::vector<Template> templates_;
  std::vector<Template> lines_;           // of the data pipeline, each for the template at the same place
  std::vector<std::string> risk_levels_;  // likewise
};

// The people and machines that records speak of; a small world, so that the same names come again.
struct Cast {
  std::string host;  // "FIN-LAPTOP-0042"
  std::string user;  // "acme-hanna.b017"
  std::string guid;
  std::string ip;
};
Cast draw_cast(Random& dice);

// The uuid of a record of the feed: a function of the seed and the number alone.
std::string uuid_of(const Schedule& schedule, Feed feed, std::uint32_t record);

// One of the choices.
template <class Choices>
auto one_of(Random& dice, const Choices& choices) -> decltype(choices[0]) {
  return choices[pick(dice, static_cast<std::uint32_t>(std::size(choices)))];
}

}  // namespace tidegate
