// What is written for people must agree with the tree: links lead somewhere, every key of the configuration says what it
// is for, every promise has its test and its assertion.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "config/fields.h"
#include "tests/tidy/tree.h"

namespace tidegate::tidy {
namespace {

// Links of Markdown text; code is left out, where brackets mean other things.
std::vector<std::string> links_of(const std::string& text) {
  static const std::regex code{R"(```[^`]*```|`[^`\n]*`)"};
  static const std::regex link{R"(\]\(([^)\s#]+)(#[^)\s]*)?\))"};
  const std::string plain = std::regex_replace(text, code, "");
  std::vector<std::string> links;
  for (std::sregex_iterator at{plain.begin(), plain.end(), link}, end; at != end; ++at) links.push_back((*at)[1].str());
  return links;
}

TEST(Documents, LinksToTheTreeLeadSomewhere) {
  for (const SourceFile& file : tree()) {
    if (!file.path.ends_with(".md")) continue;
    for (const std::string& link : links_of(file.text)) {
      if (link.find("://") != std::string::npos || link.starts_with("mailto:")) continue;
      EXPECT_TRUE(std::filesystem::exists(root() / folder_of(file.path) / link)) << file.path << ": " << link;
    }
  }
}

TEST(Documents, EveryKeyOfTheConfigurationSaysWhatItIsFor) {
  for (const FieldTable table : {agent_fields(), processor_fields()}) {
    for (const Field& field : table) {
      EXPECT_GE(field.doc.size(), 10u) << field.path;
      EXPECT_TRUE(field.doc.ends_with('.')) << field.path << ": a whole sentence, please";
    }
  }
}

// The promises that the product's code asserts, by number.
std::set<int> promises_asserted() {
  static const std::regex assertion{R"(TG_ASSERT\([^;]*?\bP([0-9]{1,2})\b)"};
  std::set<int> promises;
  for (const SourceFile& file : tree()) {
    if (!is_cxx(file.path) || starts_with_any(file.path, {"tests/", "bench/"})) continue;
    for (std::sregex_iterator at{file.text.begin(), file.text.end(), assertion}, end; at != end; ++at) {
      promises.insert(std::stoi((*at)[1].str()));
    }
  }
  return promises;
}

std::set<int> promises_tested() {
  static const std::regex name{R"(tests/promises/p([0-9]{2})_\w+_test\.cc)"};
  std::set<int> promises;
  for (const SourceFile& file : tree()) {
    std::smatch match;
    if (std::regex_match(file.path, match, name)) promises.insert(std::stoi(match[1].str()));
  }
  return promises;
}

TEST(Documents, EveryPromiseThatTheCodeAssertsHasItsTest) {
  const std::set<int> tested = promises_tested();
  for (const int promise : promises_asserted()) EXPECT_TRUE(tested.contains(promise)) << "P" << promise;
}

TEST(Documents, EveryPromiseThatIsTestedIsNamedWhereItIsKept) {
  for (const int promise : promises_tested()) {
    const std::regex named{"\\bP" + std::to_string(promise) + "\\b"};
    bool found = false;
    for (const SourceFile& file : tree()) {
      if (!is_cxx(file.path) || starts_with_any(file.path, {"tests/", "bench/"})) continue;
      found = found || std::regex_search(file.text, named);
    }
    EXPECT_TRUE(found) << "P" << promise;
  }
}

}  // namespace
}  // namespace tidegate::tidy
