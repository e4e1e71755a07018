#include "tests/support/verdict.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "tests/support/vision_one_options.h"

namespace tidegate {
namespace {

constexpr std::size_t examples_max = 10;

struct RecordKind {
  Feed feed;
  std::string_view id_field;
  std::string_view version_field;  // empty: its records never change
};
constexpr std::array<RecordKind, feed_count> record_kinds{
    {{Feed::alerts, "id", "updatedDateTime"}, {Feed::audit_logs, "uuid", ""}, {Feed::techniques, "uuid", ""}}};

Id128 key_of(std::string_view type, std::string_view id, std::string_view version) { return hash128({type, id, version}); }

std::string name_of(std::string_view type, std::string_view id, std::string_view version) {
  std::string text{type};
  text.append(" ").append(id);
  if (!version.empty()) text.append(" ").append(version);
  return text;
}

}  // namespace

struct Judge::Parser {
  simdjson::ondemand::parser json;
};

Judge::Judge() : parser_(std::make_unique<Parser>()) {}
Judge::~Judge() = default;

std::string VerdictFigures::line() const {
  return "verdict: missing=" + std::to_string(missing) + " twins=" + std::to_string(twins) + " source=" + std::to_string(source) +
         " indexed=" + std::to_string(indexed);
}

Result<void> Judge::add_source(std::string_view line) {
  TG_ASSERT(!settled_, "the ledger is whole before the first hit is judged");
  const simdjson::padded_string padded{line};
  simdjson::ondemand::document document;
  std::string_view type;
  std::string_view id;
  std::string_view version;
  if (parser_->json.iterate(padded).get(document) != simdjson::SUCCESS || document["content_type"].get(type) != simdjson::SUCCESS ||
      document["id"].get(id) != simdjson::SUCCESS || document["version"].get(version) != simdjson::SUCCESS) {
    return Error{Code::corrupt, "ledger: not a line of it: " + std::string{line.substr(0, 200)}};
  }
  bool superseded = false;
  if (document["superseded"].get(superseded) != simdjson::SUCCESS) superseded = false;
  entries_.push_back({key_of(type, id, version), names_.size(), superseded, false});
  names_.append(name_of(type, id, version)).push_back('\n');
  return {};
}

Result<void> Judge::add_ledger(ByteView ndjson) {
  while (!ndjson.empty()) {
    const std::size_t end = std::min(ndjson.find('\n'), ndjson.size());
    if (end > 0) {
      if (Result<void> added = add_source(ndjson.substr(0, end)); !added) return added;
    }
    ndjson.remove_prefix(std::min(end + 1, ndjson.size()));
  }
  return {};
}

Result<void> Judge::add_ledger_file(const std::filesystem::path& file) {
  std::ifstream stream{file};
  if (!stream) return Error{Code::absent, file.string() + ": cannot be read"};
  for (std::string line; std::getline(stream, line);) {
    if (line.empty()) continue;
    if (Result<void> added = add_source(line); !added) return std::move(added).error().in(file.string());
  }
  return {};
}

// Sorts the ledger, and makes one entry of lines that name the same record: it is superseded if all of them say so.
void Judge::settle() {
  if (settled_) return;
  settled_ = true;
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return std::pair{a.key, a.superseded} < std::pair{b.key, b.superseded}; });
  const auto same = [](const Entry& a, const Entry& b) { return a.key == b.key; };
  entries_.erase(std::unique(entries_.begin(), entries_.end(), same), entries_.end());
}

Judge::Entry* Judge::find(const Id128& key) {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), key,
                                   [](const Entry& entry, const Id128& wanted) { return entry.key < wanted; });
  return at != entries_.end() && at->key == key ? &*at : nullptr;
}

void Judge::example(const char* what, std::string_view record) {
  if (examples_.size() < examples_max) examples_.push_back(std::string{what} + ": " + std::string{record});
}

Result<void> Judge::add_hit(std::string& hit) {
  settle();
  hit.reserve(hit.size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::document document;
  std::string_view in_class;
  if (parser_->json.iterate(hit, hit.capacity()).get(document) != simdjson::SUCCESS ||
      document["msg_class"].get(in_class) != simdjson::SUCCESS) {
    return Error{Code::corrupt, "search output: a hit without msg_class"};
  }
  const auto* type = std::find_if(record_kinds.begin(), record_kinds.end(),
                                  [&](const RecordKind& candidate) { return msg_class(candidate.feed) == in_class; });
  if (type == record_kinds.end()) return {};
  std::string_view id;
  std::string_view version;
  if (document["trendmicro_visionone"][type->id_field].get(id) != simdjson::SUCCESS ||
      (!type->version_field.empty() && document["trendmicro_visionone"][type->version_field].get(version) != simdjson::SUCCESS)) {
    return Error{Code::corrupt, "search output: a record of class " + std::string{in_class} + " without its id"};
  }
  const std::string_view name = content_type(type->feed);
  const Id128 key = key_of(name, id, version);
  Entry* entry = find(key);
  const bool twin = entry ? std::exchange(entry->found, true) : !foreign_keys_.insert(key).second;
  if (twin) {
    ++twins_;
    example("twin", name_of(name, id, version));
  } else if (entry == nullptr) {
    example("foreign", name_of(name, id, version));
  }
  return {};
}

VerdictFigures Judge::figures() {
  settle();
  VerdictFigures figures;
  figures.twins = twins_;
  figures.foreign = foreign_keys_.size();
  figures.examples = examples_;
  for (const Entry& entry : entries_) {
    if (entry.superseded) {
      figures.earlier_versions += entry.found ? 1 : 0;
      continue;
    }
    ++figures.source;
    figures.indexed += entry.found ? 1 : 0;
    if (entry.found) continue;
    ++figures.missing;
    if (figures.examples.size() < 2 * examples_max) {
      figures.examples.push_back("missing: " + names_.substr(entry.name_at, names_.find('\n', entry.name_at) - entry.name_at));
    }
  }
  return figures;
}

}  // namespace tidegate
