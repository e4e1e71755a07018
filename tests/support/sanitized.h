// Whether this is a build with a sanitizer, in which a day of a simulation takes twenty times as long.
#pragma once

namespace tidegate::test {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif
#else
inline constexpr bool is_sanitized = false;
#endif

}  // namespace tidegate::test
