// Result<T>: a value, or an Error that says what the caller does next. Shaped like std::expected, so that it can
// become it. Nothing of ours throws; a library's exceptions are caught in the file of its seam.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace tidegate {

// Named after what the caller does next, not after where the failure arose.
enum class Code : unsigned char {
  unavailable,  // back off and try again: refused, reset, unreachable, 5xx, 429
  timeout,      // back off and try again: no answer within the deadline
  throttled,    // wait as long as told, then try again: 429
  full,         // pause reading until space is freed
  corrupt,      // set aside and read again: bytes that break their format
  invalid,      // stop and report: asking again changes nothing
  denied,       // stop and report: credentials or permissions
  absent,       // what was asked for is not there
  gone,         // record the loss and go on behind it: older than what is kept
  cancelled,    // return: somebody asked us to stop
};

class [[nodiscard]] Error {
 public:
  Error(Code code, std::string text) : code_(code), text_(std::move(text)) {}

  Code code() const { return code_; }
  // Lower case, no full stop, never a secret and never a record.
  const std::string& text() const { return text_; }

  // Each level adds its own words once: "alerts: page 3: byte 17: expected a value".
  Error in(std::string_view where) && {
    std::string text{where};
    text.append(": ").append(text_);
    return Error{code_, std::move(text)};
  }

  bool operator==(const Error&) const = default;

 private:
  Code code_;
  std::string text_;
};

// True where waiting and asking again may help.
inline bool retryable(const Error& error) {
  return error.code() == Code::unavailable || error.code() == Code::timeout || error.code() == Code::throttled;
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: a value is a result
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: so is an error

  explicit operator bool() const { return state_.index() == 0; }
  bool has_value() const { return state_.index() == 0; }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  T& value() & {
    TG_ASSERT(has_value(), "a result is looked at before its value is taken");
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    TG_ASSERT(has_value(), "a result is looked at before its value is taken");
    return *std::get_if<0>(&state_);
  }

  Error& error() & {
    TG_ASSERT(!has_value(), "a result is looked at before its error is taken");
    return *std::get_if<1>(&state_);
  }
  const Error& error() const& {
    TG_ASSERT(!has_value(), "a result is looked at before its error is taken");
    return *std::get_if<1>(&state_);
  }
  Error&& error() && { return std::move(error()); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::move(error)) {}  // NOLINT: an error is a result

  explicit operator bool() const { return state_.index() == 0; }
  bool has_value() const { return state_.index() == 0; }

  Error& error() & {
    TG_ASSERT(!has_value(), "a result is looked at before its error is taken");
    return *std::get_if<1>(&state_);
  }
  const Error& error() const& {
    TG_ASSERT(!has_value(), "a result is looked at before its error is taken");
    return *std::get_if<1>(&state_);
  }
  Error&& error() && { return std::move(error()); }

 private:
  std::variant<std::monostate, Error> state_;
};

inline std::string_view name(Code code) {
  switch (code) {
    case Code::unavailable: return "unavailable";
    case Code::timeout: return "timeout";
    case Code::throttled: return "throttled";
    case Code::full: return "full";
    case Code::corrupt: return "corrupt";
    case Code::invalid: return "invalid";
    case Code::denied: return "denied";
    case Code::absent: return "absent";
    case Code::gone: return "gone";
    case Code::cancelled: return "cancelled";
  }
  return "unknown";
}

}  // namespace tidegate
