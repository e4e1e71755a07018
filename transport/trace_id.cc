#include "transport/trace_id.h"

namespace tidegate {
namespace {

std::string hexadecimal(std::uint64_t value, int digits) {
  static constexpr char alphabet[] = "0123456789abcdef";
  std::string text(static_cast<std::size_t>(digits), '0');
  for (int i = 0; i < digits; ++i) text[static_cast<std::size_t>(digits - 1 - i)] = alphabet[(value >> (4 * i)) & 15];
  return text;
}

}  // namespace

std::string new_trace_id(Random& random) {
  const std::uint64_t high = random.next();
  const std::uint64_t low = random.next();
  return hexadecimal(high >> 32, 8) + "-" + hexadecimal(high >> 16, 4) + "-4" + hexadecimal(high, 3) + "-a" +
         hexadecimal(low >> 48, 3) + "-" + hexadecimal(low, 12);
}

}  // namespace tidegate
