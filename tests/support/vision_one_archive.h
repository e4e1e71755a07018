// SimArchive: all records of a simulator, what of them is listed now, and the ledger.
//
// Thread: the simulator's.
#pragma once

#include <functional>

#include "tests/support/vision_one_holdings.h"
#include "tests/support/vision_one_records.h"
#include "tests/support/vision_one_sim.h"

namespace tidegate {

class SimArchive {
 public:
  SimArchive(const DataOptions& options, Seed seed);
  SimArchive(const SimArchive&) = delete;
  SimArchive& operator=(const SimArchive&) = delete;

  void advance(WallTime now) { holdings_.advance(now); }
  const Holdings& holdings() const { return holdings_; }
  const Schedule& schedule() const { return schedule_; }
  const AlertRecords& alerts() const { return alerts_; }
  const AuditLogRecords& audit_logs() const { return audit_logs_; }
  const TechniqueRecords& techniques() const { return techniques_; }

  // The record as it is served at the holdings' time.
  //   requires: it is listed by then
  void append(Bytes& out, Feed feed, std::uint32_t record) const;

  // Everything that was ever listed up to `now`.
  using Visit = std::function<void(const LedgerEntry&)>;
  void each_entry(WallTime now, const Visit& visit) const;

 private:
  void each_alert(WallTime now, const Visit& visit) const;
  void each_event(Feed feed, WallTime now, const Visit& visit) const;
  void each_nameless(WallTime now, const Visit& visit) const;

  Schedule schedule_;
  Prose prose_;
  AlertRecords alerts_;
  AuditLogRecords audit_logs_;
  TechniqueRecords techniques_;
  Holdings holdings_{schedule_};
};

// One line of the ledger's file, with its end.
void append_ledger_line(std::string& out, const LedgerEntry& entry);

}  // namespace tidegate
