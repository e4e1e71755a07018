#include "manual/roff.h"

#include <array>
#include <charconv>

#include "config/utf8.h"

namespace tidegate {
namespace {

// What roff would take for its own, or print as a typographer does. Empty: stands for itself.
std::string_view escape_of(char c) {
  switch (c) {
    case '\\': return "\\(rs";
    case '-': return "\\-";
    case '\'': return "\\(aq";
    case '"': return "\\(dq";
    case '`': return "\\(ga";
    case '^': return "\\(ha";
    case '~': return "\\(ti";
    case '\n':
    case '\r':
    case '\t': return " ";
    default: return {};
  }
}

// A sequence of at least two bytes that is well formed.
unsigned code_point(std::string_view sequence) {
  unsigned point = static_cast<unsigned char>(sequence.front()) & (0xFFu >> (sequence.size() + 1));
  for (const char c : sequence.substr(1)) point = point << 6 | (static_cast<unsigned char>(c) & 0x3Fu);
  return point;
}

// \[u2026]: at least four digits, upper case.
void append_code_point(std::string& out, unsigned point) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), point, 16).ptr;
  std::string hex{digits.data(), end};
  for (char& c : hex) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  if (hex.size() < 4) hex.insert(0, 4 - hex.size(), '0');
  out.append("\\[u").append(hex).append("]");
}

}  // namespace

std::string roff(std::string_view text) {
  std::string out;
  if (text.starts_with('.')) out.append("\\&");  // a request, where it begins a line
  while (!text.empty()) {
    const std::string_view escape = escape_of(text.front());
    std::size_t taken = 1;
    if (!escape.empty()) {
      out.append(escape);
    } else if (static_cast<unsigned char>(text.front()) < 0x80) {
      out.push_back(text.front());
    } else if (taken = utf8_sequence_bytes(text.front()); taken > 1 && !not_text_at(text.substr(0, taken))) {
      append_code_point(out, code_point(text.substr(0, taken)));
    } else {
      out.push_back('?');
      taken = 1;
    }
    text.remove_prefix(taken);
  }
  return out;
}

std::string roff_bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string roff_italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

// Neither hyphenated nor spread: names of options and files are to be found and copied.
RoffPage::RoffPage(std::string_view name, std::string_view section, std::string_view source) {
  std::string title;
  for (const char c : name) title.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  text_.append(".TH \"").append(roff(title)).append("\" \"").append(roff(section)).append("\" \"\" \"");
  text_.append(roff(source)).append("\" \"Tidegate Manual\"\n.nh\n.ad l\n");
}

void RoffPage::section(std::string_view heading) { text_.append(".SH \"").append(roff(heading)).append("\"\n"); }
void RoffPage::subsection(std::string_view heading) { text_.append(".SS \"").append(roff(heading)).append("\"\n"); }
void RoffPage::paragraph(std::string_view pieces) { text_.append(".PP\n").append(pieces).append("\n"); }

void RoffPage::term(std::string_view pieces, std::string_view text) {
  text_.append(".TP\n").append(pieces).append("\n").append(text).append("\n");
}

}  // namespace tidegate
