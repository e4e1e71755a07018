// JsonText: a text of JSON, gone through once from its beginning to its end, token by token. simdjson's first stage finds the
// tokens and checks what is cheap there: that the text is UTF-8, that strings end and hold no control characters. The grammar is
// the caller's, who asks for what may come; whatever is not asked for is not looked at.
//
//   if (json.take('[')) do { … } while (json.take(','));      an array, were it never empty
//
// simdjson's own walks (on demand, or by its tape) cost three times as much in a transcoder that visits every value.
//
// Thread: the owner's. Views live until the next index(), and as long as the text.
#pragma once

#include <simdjson.h>

#include "base/bytes.h"

namespace tidegate {

class JsonText {
 public:
  // Begins with a text. UTF8_ERROR, UNESCAPED_CHARS, UNCLOSED_STRING, EMPTY, CAPACITY (4 GiB): it is no JSON.
  //   requires: simdjson::SIMDJSON_PADDING bytes that may be read behind the text
  simdjson::error_code index(ByteView text);

  bool at_end() const { return next_ == end_; }
  // The character that the next token begins with; zero at the end.
  char next() const { return at_end() ? '\0' : text_[*next_]; }
  // Takes the token where it is this one of { } [ ] : ,
  bool take(char token) {
    if (next() != token) return false;
    ++next_;
    return true;
  }
  // Passes over one token.   requires: !at_end()
  void pass() { ++next_; }
  // What stands between the quotes, escapes as they are; 8 bytes may be read behind it. False where the next token is no string.
  bool quoted(std::string_view& text) const {
    if (next() != '"') return false;
    text = token();
    if (text.size() < 2 || text.back() != '"') return false;
    text = text.substr(1, text.size() - 2);
    return true;
  }
  // The text of a string, escapes resolved. STRING_ERROR: the next token is no string, or holds an escape that is none.
  simdjson::error_code take_string(std::string_view& text);
  // A number or a word as it stands, whatever it is; empty at the end.
  std::string_view take_scalar();
  // Passes over a value, brackets counted and nothing else looked at. False where none comes.
  bool skip();

 private:
  // From the first character of the next token to where the one behind it begins, without the white space between.
  std::string_view token() const;

  simdjson::dom::parser parser_;
  const char* text_ = nullptr;
  const std::uint32_t* next_ = nullptr;  // places of tokens; at end_ stands the length of the text
  const std::uint32_t* end_ = nullptr;
  std::size_t bytes_ = 0;
  Bytes unescaped_;  // of this text; never grows while there are views into it
  std::size_t unescaped_used_ = 0;
};

inline std::string_view JsonText::token() const {
  const char* const begin = text_ + next_[0];
  const char* end = text_ + next_[1];
  while (end > begin && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\t')) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace tidegate
