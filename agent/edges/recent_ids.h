// RecentIds: the last so many texts that were put in; older ones are forgotten.
//
// Thread: the owner's.
#pragma once

#include <deque>
#include <string>
#include <unordered_set>

namespace tidegate {

class RecentIds {
 public:
  //   requires: most > 0
  explicit RecentIds(std::size_t most) : most_(most) {}

  // False when it was there already.
  bool add(const std::string& id) {
    if (!ids_.insert(id).second) return false;
    order_.push_back(id);
    if (order_.size() > most_) {
      ids_.erase(order_.front());
      order_.pop_front();
    }
    return true;
  }
  bool contains(const std::string& id) const { return ids_.contains(id); }

 private:
  std::size_t most_;
  std::unordered_set<std::string> ids_;
  std::deque<std::string> order_;
};

}  // namespace tidegate
