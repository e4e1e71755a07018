#include "tests/tidy/tree.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>

namespace tidegate::tidy {
namespace {

std::vector<Include> includes_of(const std::string& text) {
  static const std::regex pattern{R"(^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"])", std::regex::multiline};
  std::vector<Include> includes;
  for (std::sregex_iterator at{text.begin(), text.end(), pattern}, end; at != end; ++at) {
    includes.push_back({(*at)[2].str(), (*at)[1].str() == "\""});
  }
  return includes;
}

std::vector<SourceFile> load() {
  std::vector<SourceFile> files;
  std::filesystem::recursive_directory_iterator at{root()};
  for (const auto end = std::filesystem::recursive_directory_iterator{}; at != end; ++at) {
    const std::string path = std::filesystem::relative(at->path(), root()).string();
    const std::string name = at->path().filename().string();
    if (at->is_directory() && (path == "build" || path == "third" || name == ".git" || name == "node_modules")) {
      at.disable_recursion_pending();
    }
    if (!at->is_regular_file() || at->is_symlink() || path == ".git") continue;
    std::ifstream stream{at->path(), std::ios::binary};
    SourceFile file{.path = path, .text = {std::istreambuf_iterator<char>{stream}, {}}, .code = {}, .includes = {}};
    file.lines = static_cast<std::size_t>(std::count(file.text.begin(), file.text.end(), '\n'));
    if (is_cxx(path)) {
      file.code = code_only(file.text);
      file.includes = includes_of(file.text);
    }
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

void blank(std::string& text, std::size_t from, std::size_t to) {
  for (std::size_t at = from; at < std::min(to, text.size()); ++at) {
    if (text[at] != '\n') text[at] = ' ';
  }
}

// Where the literal, comment or preprocessor line that begins at `at` ends; `at` itself where none begins.
std::size_t end_of_blank(std::string_view text, std::size_t at) {
  const auto after = [&](std::string_view what, std::size_t from) {
    const std::size_t found = text.find(what, from);
    return found == std::string_view::npos ? text.size() : found + what.size();
  };
  if (text.substr(at, 2) == "//") return std::min(text.find('\n', at), text.size());
  if (text.substr(at, 2) == "/*") return after("*/", at + 2);
  if (text.substr(at, 2) == "R\"") {
    const std::size_t open = text.find('(', at);
    return open == std::string_view::npos ? text.size() : after(")" + std::string{text.substr(at + 2, open - at - 2)} + "\"", open);
  }
  const bool digit_separator = text[at] == '\'' && at > 0 && std::isxdigit(static_cast<unsigned char>(text[at - 1])) != 0;
  if ((text[at] == '"' || text[at] == '\'') && !digit_separator) {
    std::size_t end = at + 1;
    while (end < text.size() && text[end] != text[at] && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
    return end + 1;
  }
  const std::size_t line = text.rfind('\n', at) + 1;  // npos + 1 is 0: the first line
  if (text[at] == '#' && text.substr(line, at - line).find_first_not_of(" \t") == std::string_view::npos) {
    std::size_t end = std::min(text.find('\n', at), text.size());
    while (end < text.size() && text[end - 1] == '\\') end = std::min(text.find('\n', end + 1), text.size());
    return end;
  }
  return at;
}

enum class Block { scope, function, data };

// What a brace opens; `head` is the text before it since the last ';', '{' or '}' that ended something. A braced
// initialiser touches the word before it, as clang-format leaves it.
Block kind_of(const std::string& head) {
  static const std::regex scope{R"(^(template <.*> |inline |\[\[[^\]]*\]\] )*(namespace|class|struct|union|enum|extern)\b)"};
  if (!head.empty() && head.back() != ' ' && head.back() != ')') return Block::data;
  if (head.find('(') != std::string::npos) return Block::function;
  return std::regex_search(head, scope) || head.empty() ? Block::scope : Block::data;
}

std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t';
    if (!space || (!out.empty() && out.back() != ' ')) out.push_back(space ? ' ' : c);
  }
  return out;
}

}  // namespace

std::filesystem::path root() { return TIDEGATE_TREE; }

const std::vector<SourceFile>& tree() {
  static const std::vector<SourceFile> files = load();
  return files;
}

bool is_cxx(std::string_view path) { return path.ends_with(".h") || path.ends_with(".cc"); }

bool starts_with_any(std::string_view path, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) { return path.starts_with(prefix); });
}

std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string{} : std::string{path.substr(0, slash)};
}

std::string code_only(std::string_view text) {
  std::string code{text};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = end_of_blank(text, at);
    blank(code, at, end);
    at = std::max(end, at + 1);
  }
  return code;
}

std::size_t line_of(std::string_view text, std::size_t at) {
  return 1 + static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

std::vector<Function> functions_of(std::string_view code) {
  std::vector<Function> functions;
  std::size_t head = 0;    // where the text before the next brace begins
  std::size_t depth = 0;   // of braces inside the block that is looked at as a whole
  std::size_t opened = 0;  // where that block opened
  Block block = Block::scope;
  std::string words;
  for (std::size_t at = 0; at < code.size(); ++at) {
    const char c = code[at];
    if (depth > 0) {
      depth += c == '{' ? 1 : 0;
      depth -= c == '}' ? 1 : 0;
      if (depth == 0) {
        if (block == Block::function) {
          const std::size_t line = line_of(code, opened);
          functions.push_back({words.substr(0, 80), line, line_of(code, at) - line + 1});
        }
        if (block == Block::function) head = at + 1;  // after an initialiser the head goes on
      }
    } else if (c == '{') {
      words = squeezed(code.substr(head, at - head));
      block = kind_of(words);
      if (block == Block::scope) {
        head = at + 1;
      } else {
        depth = 1;
        opened = at;
      }
    } else if (c == ';' || c == '}') {
      head = at + 1;
    }
  }
  return functions;
}

}  // namespace tidegate::tidy
