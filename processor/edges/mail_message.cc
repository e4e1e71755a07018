#include "processor/edges/mail_message.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "transport/base64.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t printable_line_bytes_max = 76;
constexpr std::size_t subject_bytes_max = 300;
constexpr std::size_t encoded_word_text_bytes_max = 42;  // 56 in base64: with its frame within 75

bool is_plain(char c) { return c >= ' ' && c <= '~'; }

std::string two_digits_of(unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); }

// One line of a text, without its end.
void append_quoted_printable(std::string& out, std::string_view line) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::size_t used = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool last = i + 1 == line.size();
    const bool literal = is_plain(c) && c != '=' && !(last && c == ' ');
    const std::size_t bytes = literal ? 1 : 3;
    // One is left for the sign of a line that goes on.
    if (used + bytes > printable_line_bytes_max - 1) {
      out.append("=").append(line_end);
      used = 0;
    }
    used += bytes;
    if (literal) out.push_back(c);
    else out.append({'=', hex[static_cast<unsigned char>(c) >> 4], hex[static_cast<unsigned char>(c) & 0xf]});
  }
  out.append(line_end);
}

// Cut between two characters.
std::vector<std::string> pieces_of(std::string_view text, std::size_t bytes_max) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    pieces.push_back(utf8_within(text, bytes_max));
    text.remove_prefix(pieces.back().size());
  }
  return pieces;
}

}  // namespace

std::string mail_date(WallTime at) {
  static constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(at - day)};
  std::string out{days[std::chrono::weekday{day}.c_encoding()]};
  out.append(", ").append(two_digits_of(static_cast<unsigned>(date.day()))).append(" ");
  out.append(months[static_cast<unsigned>(date.month()) - 1]).append(" ").append(std::to_string(static_cast<int>(date.year())));
  out.append(" ").append(two_digits_of(static_cast<unsigned>(time.hours().count())));
  out.append(":").append(two_digits_of(static_cast<unsigned>(time.minutes().count())));
  return out.append(":").append(two_digits_of(static_cast<unsigned>(time.seconds().count()))).append(" +0000");
}

std::string mail_subject(std::string_view text) {
  std::string line = utf8_within(text, subject_bytes_max);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  constexpr std::size_t bare_bytes_max = 60;
  const bool bare = line.size() <= bare_bytes_max && std::ranges::all_of(line, is_plain) && line.find("=?") == std::string::npos;
  if (bare) return line;
  std::string out;
  for (const std::string& piece : pieces_of(line, encoded_word_text_bytes_max))
    out.append(out.empty() ? "" : "\r\n ").append("=?UTF-8?B?").append(to_base64(piece)).append("?=");
  return out;
}

std::string mail_text(const MailMessage& message) {
  std::string out;
  const auto header = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append(line_end);
  };
  header("Date", mail_date(message.at));
  header("From", message.from);
  std::string to;
  for (const std::string& each : message.to) to.append(to.empty() ? "" : ",\r\n ").append(each);
  header("To", to);
  header("Message-ID", "<" + message.id + message.from.substr(message.from.rfind('@')) + ">");
  header("Subject", mail_subject(message.subject));
  header("Auto-Submitted", "auto-generated");
  header("MIME-Version", "1.0");
  header("Content-Type", "text/plain; charset=utf-8");
  header("Content-Transfer-Encoding", "quoted-printable");
  out.append(line_end);
  std::string_view rest = message.text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    append_quoted_printable(out, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

}  // namespace tidegate
