// Quantities as they are written in a configuration, and back: durations, sizes, bit rates, times of day, places on the
// network. Whole numbers with a unit and nothing between: 30s, 64MiB, 20Mbit/s. A number too large to hold becomes the largest
// that can be held, so that the caller's bounds refuse it by name. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/model.h"

namespace tidegate {

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);  // ms s min h d
std::optional<std::uint64_t> parse_size(std::string_view text);                  // B KiB MiB GiB TiB, to bytes
std::optional<std::uint64_t> parse_rate(std::string_view text);                  // bit/s kbit/s Mbit/s Gbit/s, to bits per second
std::optional<std::uint64_t> parse_count(std::string_view text);                 // digits alone
std::optional<HostPort> parse_place(std::string_view text);                      // host:port, [ipv6]:port
// 00:00 to 24:00, two digits each, to minutes since midnight.
std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text);

// In the largest unit that holds the value without a fraction.
std::string duration_text(std::chrono::milliseconds value);
std::string size_text(std::uint64_t bytes);
std::string rate_text(std::uint64_t bits_per_second);
std::string time_of_day_text(std::chrono::minutes since_midnight);

// A name that DNS may know, an IPv4 address, or an IPv6 address without brackets: by its form alone.
bool is_host(std::string_view text);
// "localhost", 127.0.0.0/8 or ::1, by its form alone.
bool is_loopback(std::string_view host);

}  // namespace tidegate
