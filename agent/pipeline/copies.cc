#include "agent/pipeline/copies.h"

#include <algorithm>
#include <string>

namespace tidegate {

void Copies::begin_sweep() {
  sweep_.clear();
  pages_.clear();
  reached_ = WallTime::min();
  whole_ = true;
}

void Copies::resume_sweep() {
  begin_sweep();
  whole_ = false;
}

bool Copies::begin_page(WallSeconds closed, const Page& page) {
  page_.clear();
  page_id_.reset();
  closed_ = closed;
  page_reached_ = reached_;
  for (const Record& record : page.records) page_reached_ = std::max(page_reached_, record.listed);
  if (std::ranges::all_of(page.records, &Record::named)) return true;
  page_id_ = hash128({page.payloads});
  return !pages_.contains(*page_id_);
}

std::optional<Id128> Copies::id_of(const Record& record) {
  if (record.named) return record.source_id;
  const bool closed = record.listed < closed_;
  if (closed && !whole_) return std::nullopt;
  std::uint32_t number = page_[record.source_id]++;
  if (closed && record.listed >= reached_)
    if (const auto before = sweep_.find(record.source_id); before != sweep_.end()) number += before->second;
  Bytes text;
  put_id(text, record.source_id);
  return hash128({text, std::to_string(number)});
}

void Copies::keep_page() {
  for (const auto& [content, count] : page_) sweep_[content] += count;
  page_.clear();
  if (page_id_) pages_.insert(*page_id_);
  reached_ = page_reached_;
}

}  // namespace tidegate
