// The source tree as the tidy rules see it: text, code without comments and literals, includes, functions.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::tidy {

struct Include {
  std::string path;     // base/result.h, boost/asio/awaitable.hpp, vector
  bool quoted = false;  // "…": ours; <…>: a library's
};

struct Function {
  std::string head;  // its first words, for the message
  std::size_t line = 0;
  std::size_t lines = 0;  // from its opening brace's line to its closing brace's
};

struct SourceFile {
  std::string path;  // from the root of the tree
  std::string text;
  std::string code;  // C++ only: same lines, comments, literals and preprocessor lines blanked
  std::size_t lines = 0;
  std::vector<Include> includes;  // C++ only
};

// All files that belong to the project: what is built, fetched or the version control's own is left out. Sorted.
const std::vector<SourceFile>& tree();
std::filesystem::path root();

bool is_cxx(std::string_view path);
bool starts_with_any(std::string_view path, std::initializer_list<std::string_view> prefixes);
// The folder of a path: "agent/edges" of "agent/edges/edges.h".
std::string folder_of(std::string_view path);

// Comments, literals and preprocessor lines as spaces; every line stays where it was.
std::string code_only(std::string_view text);
// By braces: the outermost block whose head has parentheses and names no type or namespace.
std::vector<Function> functions_of(std::string_view code);
std::size_t line_of(std::string_view text, std::size_t at);

}  // namespace tidegate::tidy
