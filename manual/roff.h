// A manual page being written, in the man macros of roff. Text is escaped where it comes in: nothing in it is ever a request, and a
// dash stays the dash that one types.
//
// Pure; one thread at a time. Source: man(7), groff_char(7).
#pragma once

#include <string>
#include <string_view>

namespace tidegate {

// Pieces of a line, to be joined. A line end becomes a space. What is not UTF-8 becomes a question mark.
std::string roff(std::string_view text);
std::string roff_bold(std::string_view text);
std::string roff_italic(std::string_view text);

class RoffPage {
 public:
  // "tidegate-agent", "1", "Tidegate 0.1.0". No date: the same sources make the same page.
  RoffPage(std::string_view name, std::string_view section, std::string_view source);

  void section(std::string_view heading);
  void subsection(std::string_view heading);
  // Each takes pieces, made by the functions above.
  void paragraph(std::string_view pieces);
  void term(std::string_view pieces, std::string_view text);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace tidegate
