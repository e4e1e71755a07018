// Secret: text that prints as *** and is wiped when it goes. Tokens, keys and passwords live in nothing else (P10).
#pragma once

#include <string.h>  // explicit_bzero

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace tidegate {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      text_ = other.text_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      text_ = std::move(other.text_);
      other.wipe();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  // The one way to the text. Grep for `reveal` to see every place that uses a secret.
  std::string_view reveal() const { return text_; }
  bool empty() const { return text_.empty(); }
  std::size_t size() const { return text_.size(); }

  bool operator==(const Secret&) const = default;

 private:
  void wipe() {
    // The whole capacity: a moved-from string may keep the text in its small buffer. explicit_bzero(3) is never optimised away,
    // though the memory dies.
    text_.resize(text_.capacity());
    explicit_bzero(text_.data(), text_.size());
    text_.clear();
  }

  std::string text_;
};

inline std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

}  // namespace tidegate
