// The verdict: what the source holds against what the index holds. A record is known by its content type, its id and,
// where records change, its version (P1, P2):
//   missing   in the ledger and not superseded there, but not in the index
//   twin      a second record of the index with the same content type, id and version
//   foreign   in the index, but unknown to the ledger
// An alert's earlier version, superseded before it could be read, may be in the index or not.
//
// Memory: about 100 bytes for each line of the ledger. Thread: the owner's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"
#include "base/id128.h"
#include "base/result.h"

namespace tidegate {

struct VerdictFigures {
  std::uint64_t missing = 0;
  std::uint64_t twins = 0;
  std::uint64_t foreign = 0;
  std::uint64_t source = 0;            // records that the index must hold
  std::uint64_t indexed = 0;           // of these, how many it holds, each counted once
  std::uint64_t earlier_versions = 0;  // superseded versions that the index holds besides
  std::vector<std::string> examples;   // a few of what is wrong, one a line

  // Nothing is well where there was nothing to judge.
  bool ok() const { return source > 0 && missing == 0 && twins == 0 && foreign == 0; }
  // "verdict: missing=0 twins=0 source=N indexed=N"
  std::string line() const;
};

class Judge {
 public:
  Judge();
  ~Judge();

  // A line of the ledger: {"content_type":…,"id":…,"version":…[,"superseded":true]}. `corrupt`: it is none.
  //   requires: no hit was added yet
  Result<void> add_source(std::string_view line);
  Result<void> add_ledger(ByteView ndjson);
  Result<void> add_ledger_file(const std::filesystem::path& file);

  // A record of the index, as search prints it. Records of other classes than the three content types are the agent's
  // own events: they are left out. `corrupt`: no JSON object, or a record of ours without an id.
  //   `hit` may grow: the parser wants room behind the text
  Result<void> add_hit(std::string& hit);

  VerdictFigures figures();

 private:
  struct Entry {
    Id128 key;
    std::uint64_t name_at = 0;  // in names_, to its end of line
    bool superseded = false;
    bool found = false;
  };
  struct Parser;

  void settle();
  Entry* find(const Id128& key);
  void example(const char* what, std::string_view record);

  std::unique_ptr<Parser> parser_;
  std::vector<Entry> entries_;  // by key, once the first hit has come
  std::string names_;           // "alerts WB-1 2026-11-24T13:05:07Z", a line each
  bool settled_ = false;
  std::unordered_set<Id128> foreign_keys_;
  std::uint64_t twins_ = 0;
  std::vector<std::string> examples_;
};

}  // namespace tidegate
