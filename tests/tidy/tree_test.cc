// The eyes of the tidy rules: what they cannot see they cannot forbid.
#include "tests/tidy/tree.h"

#include <gtest/gtest.h>

namespace tidegate::tidy {
namespace {

TEST(CodeOnly, KeepsCodeAndLinesAndNothingElse) {
  const std::string code = code_only("#define X \\\n  y\nint a = 1'000; // b\n/* c\n d */ f(\"e\\\"\", 'g', R\"x(h)\")x\");\n");
  EXPECT_EQ(code, "           \n   \nint a = 1'000;     \n    \n      f(     ,    ,           );\n");
}

TEST(FunctionsOf, FindsTheOutermostBodiesAndTheirLengths) {
  const std::vector<Function> functions = functions_of(
      "namespace a {\n"
      "struct S { int x = 0; int get() const { return x; } };\n"
      "template <class T>\nclass C {\n public:\n  C(int v) : v_{v}, w_{1} {\n    go();\n  }\n};\n"
      "constexpr int table[] = {1, 2};\n"
      "int f(int a) {\n  if (a) {\n    return 1;\n  }\n  return 0;\n}\n"
      "}\n");
  ASSERT_EQ(functions.size(), 3u);
  EXPECT_EQ(functions[0].lines, 1u);
  EXPECT_EQ(functions[1].line, 6u);
  EXPECT_EQ(functions[1].lines, 3u);
  EXPECT_EQ(functions[2].line, 11u);
  EXPECT_EQ(functions[2].lines, 6u);
}

TEST(Tree, HoldsThisFileAndNothingThatWasBuilt) {
  bool found = false;
  for (const SourceFile& file : tree()) {
    found = found || file.path == "tests/tidy/tree_test.cc";
    EXPECT_FALSE(starts_with_any(file.path, {"build/", "third/", ".git/"})) << file.path;
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace tidegate::tidy
