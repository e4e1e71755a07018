#include "config/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

#include "config/ascii.h"

namespace tidegate {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Smallest first: the writers look from the end.
constexpr std::array duration_units{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"min", 60'000}, Unit{"h", 3'600'000},
                                    Unit{"d", 86'400'000}};
constexpr std::array size_units{Unit{"B", 1}, Unit{"KiB", 1ull << 10}, Unit{"MiB", 1ull << 20}, Unit{"GiB", 1ull << 30},
                                Unit{"TiB", 1ull << 40}};
constexpr std::array rate_units{Unit{"bit/s", 1}, Unit{"kbit/s", 1000}, Unit{"Mbit/s", 1'000'000}, Unit{"Gbit/s", 1'000'000'000}};

// What a signed 64-bit count can hold, so that durations share the rule.
constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();

bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::size_t digits_at_start(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units) {
  const std::size_t digits = digits_at_start(text);
  const std::optional<std::uint64_t> number = parse_count(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (text.substr(digits) == unit.name) return *number > largest / unit.factor ? largest : *number * unit.factor;
  }
  return std::nullopt;
}

std::string quantity_text(std::uint64_t value, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) best = &unit;
  }
  return std::to_string(value / best->factor) + std::string{best->name};
}

bool is_ipv6(std::string_view text) {
  if (text.size() < 2 || text.size() > 45 || text.find(':') == std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_hex_digit(c) || c == ':' || c == '.'; });
}

bool is_host_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '_'; });
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const std::optional<std::uint64_t> value = parse_quantity(text, duration_units);
  if (!value) return std::nullopt;
  return std::chrono::milliseconds{static_cast<std::int64_t>(*value)};
}

std::optional<std::uint64_t> parse_size(std::string_view text) { return parse_quantity(text, size_units); }
std::optional<std::uint64_t> parse_rate(std::string_view text) { return parse_quantity(text, rate_units); }

std::optional<std::uint64_t> parse_count(std::string_view text) {
  if (text.empty() || digits_at_start(text) != text.size()) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure == std::errc::result_out_of_range) return largest;
  return std::min(value, largest);
}

std::optional<HostPort> parse_place(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (bracketed ? !is_ipv6(host) : !is_host(host) || is_ipv6(host)) return std::nullopt;
  const std::optional<std::uint64_t> port = parse_count(text.substr(colon + 1));
  if (!port || *port > 65535) return std::nullopt;
  return HostPort{.host = std::string{host}, .port = static_cast<std::uint16_t>(*port)};
}

std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const std::optional<std::uint64_t> hours = parse_count(text.substr(0, 2));
  const std::optional<std::uint64_t> minutes = parse_count(text.substr(3));
  if (!hours || !minutes || *minutes > 59) return std::nullopt;
  const std::chrono::minutes since_midnight{*hours * 60 + *minutes};
  if (since_midnight > std::chrono::days{1}) return std::nullopt;
  return since_midnight;
}

std::string duration_text(std::chrono::milliseconds value) {
  return value.count() == 0 ? "0s" : quantity_text(static_cast<std::uint64_t>(value.count()), duration_units);
}

std::string size_text(std::uint64_t bytes) { return quantity_text(bytes, size_units); }
std::string rate_text(std::uint64_t bits_per_second) { return quantity_text(bits_per_second, rate_units); }

std::string time_of_day_text(std::chrono::minutes since_midnight) {
  const auto two_digits = [](std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return two_digits(since_midnight.count() / 60) + ":" + two_digits(since_midnight.count() % 60);
}

bool is_host(std::string_view text) {
  if (is_ipv6(text)) return true;
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_host_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // Digits and dots only: a DNS name may begin with 127 as well.
  const bool address = std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
  return address && host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3;
}

}  // namespace tidegate
