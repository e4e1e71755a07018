// Copies: tells apart records that have no id of their own and agree to the byte, so that each is kept once (P1, P2). The n-th copy
// of a content gets an id made of the content and n.
//
// What is counted over depends on whether the list can still shift. Pages are cut by offset: while records arrive, the last of
// one page may come again as the first of the next, and a copy cannot be told from such a repeat. So a record that is
// younger than the overlap is counted on its page alone, which may be too few and never too many. Once the overlap has passed its
// place in the list, nothing arrives before it any more, and it is counted over the whole sweep. Every second is read at least once
// after the overlap has passed (window.h), so the count is right in the end.
//
// A page that agrees to the byte with an earlier one of its sweep is taken for that page shown again, as a broken chain of links
// does without end: it adds no copies.
//
// Thread: the owner's.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "agent/record.h"
#include "base/clock.h"
#include "base/id128.h"

namespace tidegate {

class Copies {
 public:
  // A sweep begins at its first page.
  void begin_sweep();
  // A sweep goes on in its middle, and what the earlier pages held is not known.
  void resume_sweep();

  // A page follows; what came before `closed` does not shift any more. A page that was begun and not kept is forgotten. False:
  // the page is a repeat, and holds nothing new.
  bool begin_page(WallSeconds closed, const Page& page);
  // What tells this record apart: its source id, or that of its copy. Absent: it has to be counted over a sweep whose
  // beginning is not known, and the window must be read again from its first page.
  std::optional<Id128> id_of(const Record& record);
  // The page is stored: its copies count for the rest of the sweep.
  void keep_page();

 private:
  std::unordered_map<Id128, std::uint32_t> sweep_;  // copies on the pages kept, of records that are closed
  std::unordered_map<Id128, std::uint32_t> page_;
  std::unordered_set<Id128> pages_;  // of the sweep, those that hold records without id
  std::optional<Id128> page_id_;
  WallTime reached_ = WallTime::min();       // the latest of the pages kept
  WallTime page_reached_ = WallTime::min();  // and of this one
  WallSeconds closed_{};
  bool whole_ = true;
};

}  // namespace tidegate
