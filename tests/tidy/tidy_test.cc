// What reviews would have to look for otherwise: lengths, banned calls, libraries out of their seams, stray words.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <regex>

#include "tests/tidy/tree.h"

namespace tidegate::tidy {
namespace {

constexpr std::size_t file_lines_max = 400;
constexpr std::size_t function_lines_max = 70;

// Words of code and where they may stand. A word is found whole: no letter, digit or underscore before it, and none after
// it where it ends in one.
struct Banned {
  std::vector<std::string_view> words;
  const char* instead;
  std::vector<std::string_view> allowed;  // prefixes of paths
};

const std::vector<Banned>& banned() {
  static const std::vector<Banned> rules{
      {{"::now("}, "ask the Clock that was given", {"base/clock.cc"}},
      {{"random_device"}, "use the Random that was given", {"base/random.cc"}},
      {{"steady_timer", "system_timer", "high_resolution_timer"},
       "wait on the Clock that was given, or by transport/deadline.h",
       {"base/clock.cc", "transport/", "agent/edges/", "processor/edges/", "tests/support/"}},
      {{"this_thread", "usleep", "nanosleep", "::sleep("}, "wait on the Clock that was given", {}},
      {{"detached"}, "a TaskGroup owns every coroutine", {}},
      {{"srand", "rand", "mt19937", "mt19937_64"}, "use the Random that was given", {}},
      {{"throw"}, "failures are values", {"tests/"}},
      {{"goto"}, "cut a function instead", {}},
      {{"assert"}, "TG_ASSERT is on in release", {}},
  };
  return rules;
}

bool word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Where `word` stands in `text` as a whole word, from `at` on; npos: nowhere.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t at = 0) {
  for (at = text.find(word, at); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = !word_character(word.front()) || at == 0 || !word_character(text[at - 1]);
    const bool ends = !word_character(word.back()) || end == text.size() || !word_character(text[end]);
    if (begins && ends) return at;
  }
  return std::string_view::npos;
}

// A library and the files that may include it.
struct Seam {
  const char* library;
  std::vector<std::string_view> headers;  // prefixes of what is included
  const char* allowed;                    // pattern of paths
};

const std::vector<Seam>& seams() {
  static const std::vector<Seam> rules{
      {"RocksDB", {"rocksdb/"}, R"((storage|processor/edges)/\w+\.cc|tests/support/.*|tests/unit/(storage|support|processor)/.*)"},
      {"SQLite", {"sqlite3"}, R"(processor/edges/\w+\.cc|tests/unit/processor/.*)"},
      {"Beast", {"boost/beast"}, R"(transport/(\w+\.cc|(tls_async_stream|web_socket_stream)\.h)|tests/.*|cmake/boost_impl\.cc)"},
      {"OpenSSL",
       {"openssl/", "boost/asio/ssl"},
       R"(transport/\w+\.(cc|h)|processor/edges/\w+\.(cc|h)|config/sealed\.cc|processor/(digest|x509|identity|fleet/authority)\.cc|)"
       R"(tests/.*|bench/\w+\.cc|cmake/boost_impl\.cc)"},
      {"msgpack", {"msgpack"}, R"(transport/\w+\.cc|tests/.*)"},
      {"zstd and zlib", {"zstd", "zlib"}, R"((transport|storage)/\w+\.cc|tests/.*)"},
      {"simdjson", {"simdjson"}, R"(agent/edges/\w+\.(cc|h)|tests/.*|bench/\w+\.cc)"},
      {"Boost.JSON",
       {"boost/json"},
       R"(respond/(candidates|foreign_json|record_json|responder|(responder|run)_store_form|sensor_messages|stored_fields|template\w*)\.(cc|h)|)"
       R"(respond/vision_one_tasks\.cc|processor/(action_asked|cli_action)\.cc|processor/respond/(action|rule)_order\.(cc|h)|)"
       R"(tests/.*|cmake/boost_impl\.cc)"},
      {"yaml-cpp", {"yaml-cpp"}, R"(config/\w+\.(cc|h)|tests/.*)"},
      {"CLI11", {"CLI/"}, R"((agent|processor)/(cli\w*|main)\.cc|manual/\w+\.cc|tests/.*|bench/\w+\.cc)"},
      {"libcurl", {"curl/"}, R"(processor/edges/\w+\.cc)"},
      {"libsystemd", {"systemd/"}, R"((agent|processor)/\w+\.cc|(agent|processor)/edges/\w+\.cc)"},
  };
  return rules;
}

TEST(Tidy, NoFileIsLongerThanItsBound) {
  for (const SourceFile& file : tree()) {
    if (is_cxx(file.path)) {
      EXPECT_LE(file.lines, file_lines_max) << file.path << ": split it by idea";
    }
  }
}

TEST(Tidy, NoFunctionIsLongerThanAScreen) {
  for (const SourceFile& file : tree()) {
    for (const Function& function : functions_of(file.code)) {
      EXPECT_LE(function.lines, function_lines_max) << file.path << ':' << function.line << ": " << function.head;
    }
  }
}

TEST(Tidy, BannedCallsStandInTheirSeamsAlone) {
  for (const Banned& rule : banned()) {
    for (const SourceFile& file : tree()) {
      const bool allowed = std::any_of(rule.allowed.begin(), rule.allowed.end(),
                                       [&](std::string_view prefix) { return file.path.starts_with(prefix); });
      if (allowed) continue;
      for (const std::string_view word : rule.words) {
        for (std::size_t at = find_word(file.code, word); at != std::string::npos; at = find_word(file.code, word, at + 1)) {
          ADD_FAILURE() << file.path << ':' << line_of(file.code, at) << ": '" << word << "': " << rule.instead;
        }
      }
    }
  }
}

TEST(Tidy, EachLibraryIsIncludedInItsSeamAlone) {
  for (const Seam& seam : seams()) {
    const std::regex allowed{seam.allowed};
    for (const SourceFile& file : tree()) {
      for (const Include& include : file.includes) {
        const bool of_library =
            !include.quoted && std::any_of(seam.headers.begin(), seam.headers.end(),
                                           [&](std::string_view prefix) { return include.path.starts_with(prefix); });
        if (of_library) {
          EXPECT_TRUE(std::regex_match(file.path, allowed)) << file.path << " includes " << seam.library;
        }
      }
    }
  }
}

TEST(Tidy, WorkLeftToDoNamesItsIssue) {
  for (const SourceFile& file : tree()) {
    for (const std::string_view word : {"TO"
                                        "DO",
                                        "FIX"
                                        "ME",
                                        "X"
                                        "XX"}) {
      for (std::size_t at = find_word(file.text, word); at != std::string::npos; at = find_word(file.text, word, at + 1)) {
        EXPECT_EQ(file.text.substr(at + word.size(), 2), "(#")
            << file.path << ':' << line_of(file.text, at) << ": name the issue, as in (#12)";
      }
    }
  }
}

TEST(Tidy, NoFileNamesThePlaceWhereItWasMade) {
  for (const SourceFile& file : tree()) {
    for (const std::string_view place : {"/wo"
                                         "rk/",
                                         "/ro"
                                         "ot/",
                                         "/ho"
                                         "me/"}) {
      const std::size_t at = file.text.find(place);
      const bool path_of_its_own = at == std::string::npos || (at > 0 && word_character(file.text[at - 1]));
      EXPECT_TRUE(path_of_its_own) << file.path << ':' << line_of(file.text, std::min(at, file.text.size()))
                                   << ": a path of somebody's machine";
    }
  }
}

TEST(Tidy, FilesEndWithOneNewlineAndLinesWithoutBlanks) {
  for (const SourceFile& file : tree()) {
    if (!is_cxx(file.path) && !file.path.ends_with(".md") && !file.path.ends_with(".cmake")) continue;
    EXPECT_TRUE(file.text.ends_with('\n')) << file.path << ": ends in the middle of a line";
    EXPECT_FALSE(file.text.ends_with("\n\n")) << file.path << ": ends with an empty line";
    EXPECT_EQ(file.text.find(" \n"), std::string::npos) << file.path << ": blanks at the end of a line";
  }
}

TEST(Tidy, HeadersAreIncludedOnceAndSourcesBeginWithTheirOwn) {
  for (const SourceFile& file : tree()) {
    if (file.path.ends_with(".h")) {
      EXPECT_NE(file.text.find("#pragma once\n"), std::string::npos) << file.path;
    }
    if (!file.path.ends_with(".cc")) continue;
    const std::string own = file.path.substr(0, file.path.size() - 2) + "h";
    const bool has_header = std::filesystem::exists(root() / own);
    if (has_header && !file.includes.empty()) {
      EXPECT_EQ(file.includes.front().path, own) << file.path;
    }
  }
}

}  // namespace
}  // namespace tidegate::tidy
