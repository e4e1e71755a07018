#include "tests/support/vision_one_template.h"

#include <cstring>

#include "base/check.h"
#include "tests/support/vision_one_schedule.h"

namespace tidegate {
namespace {

constexpr char digits[] = "0123456789abcdef";
constexpr std::uint32_t awkward_one_in = 6;

void append_number(Bytes& out, std::uint64_t value) {
  char text[20];
  std::size_t at = sizeof text;
  do {
    text[--at] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  out.append(text + at, sizeof text - at);
}

void append_hex(Bytes& out, Random& dice, std::uint32_t length) {
  std::uint64_t bits = 0;
  for (std::uint32_t i = 0; i < length; ++i, bits >>= 4) {
    if (i % 16 == 0) bits = dice.next();
    out.push_back(digits[bits & 15]);
  }
}

void append_address(Bytes& out, Random& dice) {
  out.append("10.");
  append_number(out, pick(dice, 256));
  out.push_back('.');
  append_number(out, pick(dice, 256));
  out.push_back('.');
  append_number(out, 1 + pick(dice, 254));
}

std::size_t mean_of(char slot, std::uint32_t number) {
  switch (slot) {
    case 'u': return 36;
    case 'h':
    case 'w': return number;
    case 'n': return std::to_string(number).size();
    case 'i': return 11;
    case 't': return 20;
    case 'm': return 24;
    case 'e': return 13;
    case 'v': return 16;
    case 'x': return 12;
    default: return 0;
  }
}

}  // namespace

namespace {

constexpr std::string_view members[] = {
    R"("maxUnsigned":18446744073709551615)",
    R"("minSigned":-9223372036854775808)",
    R"("beyond64":12345678901234567890123)",
    R"("belowSigned":-9223372036854775809)",
    R"("tenth":0.1)",
    R"("huge":1e300)",
    R"("sum":0.30000000000000004)",
    R"("price":1.10)",
    R"("tiny":-2.2250738585072014E-308)",
    R"("negativeZero":-0.0)",
    R"("pi":3.14159265358979323846264338327950288)",
    R"("":"the key is empty")",
    R"("nested":{"none":null,"list":[null,[],{},[null,{"deep":{"deeper":{"deepest":[[[[0]]]]}}}]]})",
    R"("escapes":"quote \" backslash \\ slash \/ tab \t line \r\n bell \u0007 nul \u0000 end")",
    R"("unicode":"Zürich, 東京, Привет, \u00e9\ud83d\ude00, 🛡️")",
    R"("clé inconnue":true)",
    R"("futureField":{"value":[1,2.5,"three",false]})",
    R"("path":"C:\\Users\\Default\\AppData\\Local\\Temp\\a b.exe")",
};

}  // namespace

std::span<const std::string_view> awkward_members() { return members; }

void append_time(Bytes& out, WallSeconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto second = static_cast<unsigned>((time - day).count());
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  char text[] = "0000-00-00T00:00:00Z";
  const auto two = [&text](std::size_t at, unsigned value) {
    text[at] = static_cast<char>('0' + value / 10);
    text[at + 1] = static_cast<char>('0' + value % 10);
  };
  two(0, year / 100);
  two(2, year % 100);
  two(5, static_cast<unsigned>(date.month()));
  two(8, static_cast<unsigned>(date.day()));
  two(11, second / 3600);
  two(14, second / 60 % 60);
  two(17, second % 60);
  out.append(text, 20);
}

void append_uuid(Bytes& out, Random& dice) {
  char text[36];
  std::uint64_t bits = dice.next();
  for (std::size_t i = 0; i < sizeof text; ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      text[i] = '-';
      continue;
    }
    if (i == 19) bits = dice.next();
    text[i] = digits[bits & 15];
    bits >>= 4;
  }
  text[14] = '4';
  text[19] = "89ab"[bits & 3];
  out.append(text, sizeof text);
}

Prose::Prose(Seed seed) {
  static constexpr std::string_view words[] = {
      "process",  "created", "remote",   "service", "powershell.exe", "-NoProfile", "connection", "registry", "value",    "from",
      "session",  "cmd.exe", "rundll32", "policy",  "detected",       "lateral",    "token",      "volume",   "shadow",   "copy",
      "schtasks", "invoke",  "encoded",  "payload", "host",           "account",    "logon",      "type",     "backdoor", "beacon",
      "outbound", "tcp",     "443",      "archive", "document",       "macro",      "template",   "inject",   "thread",   "module"};
  Random dice{seed};
  const std::size_t size = 4 * longest;
  text_.reserve(size + 64);
  while (text_.size() < size) {
    if (pick(dice, 4) == 0) append_hex(text_, dice, 4 + pick(dice, 12));
    else text_.append(words[pick(dice, std::size(words))]);
    text_.push_back(' ');
  }
}

std::string_view Prose::cut(Random& dice, std::size_t length) const {
  TG_ASSERT(length <= longest, "prose is cut no longer than it is made for");
  return std::string_view{text_}.substr(pick(dice, static_cast<std::uint32_t>(text_.size() - length)), length);
}

Template::Template(std::string_view pattern) {
  Piece piece;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || (i + 1 < pattern.size() && pattern[i + 1] == '%')) {
      if (pattern[i] == '%') ++i;
      literals_.push_back(pattern[i]);
      continue;
    }
    std::uint32_t number = 0;
    for (++i; i < pattern.size() && pattern[i] >= '0' && pattern[i] <= '9'; ++i)
      number = number * 10 + static_cast<std::uint32_t>(pattern[i] - '0');
    TG_ASSERT(i < pattern.size() && std::strchr("uhniwtmexvj", pattern[i]) != nullptr, "a template's slot has a known letter");
    piece.length = static_cast<std::uint32_t>(literals_.size()) - piece.offset;
    piece.slot = pattern[i];
    piece.number = number;
    pieces_.push_back(piece);
    mean_bytes_ += mean_of(piece.slot, number);
    piece = {.offset = static_cast<std::uint32_t>(literals_.size())};
  }
  piece.length = static_cast<std::uint32_t>(literals_.size()) - piece.offset;
  pieces_.push_back(piece);
  mean_bytes_ += literals_.size();
}

void Template::fill(Bytes& out, const Filling& filling, const Prose& prose, Random& dice) const {
  for (const Piece& piece : pieces_) {
    out.append(literals_, piece.offset, piece.length);
    switch (piece.slot) {
      case 0: break;
      case 'u': append_uuid(out, dice); break;
      case 'h': append_hex(out, dice, piece.number); break;
      case 'n': append_number(out, pick(dice, piece.number)); break;
      case 'i': append_address(out, dice); break;
      case 'w': out.append(prose.cut(dice, piece.number * 6 / 10 + pick(dice, piece.number * 8 / 10 + 1))); break;
      case 't': append_time(out, filling.times[piece.number]); break;
      case 'm': {
        append_time(out, filling.times[piece.number]);
        out.back() = '.';
        append_number(out, 100 + pick(dice, 900));
        out.push_back('Z');
        break;
      }
      case 'e':
        append_number(out, static_cast<std::uint64_t>(filling.times[piece.number].time_since_epoch().count()));
        append_number(out, 100 + pick(dice, 900));
        break;
      case 'x':
        if (pick(dice, awkward_one_in) == 0) {
          out.push_back(',');
          out.append(members[pick(dice, std::size(members))]);
        }
        break;
      default: out.append(filling.texts[piece.number]); break;  // 'v' and 'j'
    }
  }
}

}  // namespace tidegate
