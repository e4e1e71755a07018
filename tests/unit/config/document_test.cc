#include "config/document.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

std::string only_error(const YamlDocument& document) {
  return document.errors.size() == 1 ? to_text(document.errors.front()) : std::to_string(document.errors.size()) + " errors";
}

TEST(Document, KeepsOrderKindsAndLines) {
  const YamlDocument document = read_document("a: 1\nb:\n  - x\n  - {c: 'y z'}\nd:\n");
  ASSERT_TRUE(document.root);
  ASSERT_TRUE(document.errors.empty());
  const YamlNode& root = *document.root;
  ASSERT_EQ(root.kind, YamlNode::Kind::map);
  ASSERT_EQ(root.children.size(), 3u);
  EXPECT_EQ(root.children[0].key, "a");
  EXPECT_EQ(root.children[0].text, "1");
  EXPECT_EQ(root.children[0].line, 1u);
  const YamlNode& list = root.children[1];
  EXPECT_EQ(list.key, "b");
  ASSERT_EQ(list.kind, YamlNode::Kind::list);
  ASSERT_EQ(list.children.size(), 2u);
  EXPECT_EQ(list.children[0].text, "x");
  ASSERT_EQ(list.children[1].children.size(), 1u);
  EXPECT_EQ(list.children[1].children[0].key, "c");
  EXPECT_EQ(list.children[1].children[0].text, "y z");
  EXPECT_EQ(list.children[1].children[0].key_line, 4u);
  EXPECT_EQ(root.children[2].key, "d");
  EXPECT_EQ(root.children[2].kind, YamlNode::Kind::null);
}

TEST(Document, EmptyTextIsAnEmptyMap) {
  for (const char* text : {"", "\n", "# nothing yet\n"}) {
    const YamlDocument document = read_document(text);
    ASSERT_TRUE(document.root) << text;
    EXPECT_EQ(document.root->kind, YamlNode::Kind::map);
    EXPECT_TRUE(document.root->children.empty());
  }
}

TEST(Document, ARepeatedKeyIsAnErrorWithBothLines) {
  const YamlDocument document = read_document("a: 1\nl:\n  - b: 1\n  - b: 1\n    b: 2\na: 2\n");
  ASSERT_TRUE(document.root);
  ASSERT_EQ(document.errors.size(), 2u);
  EXPECT_EQ(to_text(document.errors[0]), ":5: l[1].b: stands here again, first on line 4; keep one of the two");
  EXPECT_EQ(to_text(document.errors[1]), ":6: a: stands here again, first on line 1; keep one of the two");
  ASSERT_FALSE(document.root->children.empty());
  EXPECT_EQ(document.root->children[0].text, "1");
}

TEST(Document, AliasesAnchorsAndTagsAreRefused) {
  EXPECT_EQ(only_error(read_document("a: &x 1\nb: *x\n")), ":1: uses a YAML anchor; write the value out");
  EXPECT_FALSE(read_document("a: *x\n").root);
  EXPECT_EQ(only_error(read_document("a: !!binary abc\n")), ":1: uses a YAML tag; leave the tag out");
  EXPECT_FALSE(read_document("a: !x {b: 1}\n").root);
}

TEST(Document, AliasBombsEndAtTheirFirstAnchor) {
  std::string bomb{"a: &a [x, x, x, x, x, x, x, x, x]\n"};
  for (char c = 'b'; c < 'z'; ++c) {
    bomb.append({c}).append(": &").append({c}).append(" [");
    for (int i = 0; i < 9; ++i) bomb.append("*").append({static_cast<char>(c - 1)}).append(",");
    bomb.append("]\n");
  }
  EXPECT_EQ(only_error(read_document(bomb)), ":1: uses a YAML anchor; write the value out");
}

TEST(Document, IsBoundedInBytesDepthAndNodes) {
  const YamlLimits limits{.bytes_max = 100, .depth_max = 3, .nodes_max = 10};
  EXPECT_FALSE(read_document(std::string(101, '#'), limits).root);
  EXPECT_TRUE(read_document("[[[x]]]", limits).root);
  EXPECT_EQ(only_error(read_document("[[[[x]]]]", limits)), ":1: is nested too deeply; see the reference for its shape");
  EXPECT_TRUE(read_document("[1,2,3,4,5,6,7,8,9]", limits).root);
  EXPECT_FALSE(read_document("[1,2,3,4,5,6,7,8,9,10]", limits).root);
  EXPECT_FALSE(read_document(std::string(900'000, '[')).root);
  EXPECT_FALSE(read_document(std::string(900'000, '{')).root);
}

TEST(Document, SyntaxErrorsHaveALineAndQuoteNothing) {
  const YamlDocument document = read_document("a: 1\nb: [1, 2\nc: secret*token\n");
  EXPECT_FALSE(document.root);
  ASSERT_EQ(document.errors.size(), 1u);
  EXPECT_GE(document.errors[0].line, 2u);
  EXPECT_EQ(to_text(document.errors[0]).find("secret"), std::string::npos);
  EXPECT_EQ(to_text(read_document("a: *topsecret\n").errors.at(0)).find("topsecret"), std::string::npos);
}

TEST(Document, WhatIsNoTextIsRefusedWithItsLine) {
  EXPECT_EQ(only_error(read_document("a: 1\nb: \xFF\n")),
            ":2: has a byte that is no UTF-8 text; save the file as UTF-8, without control characters");
  EXPECT_FALSE(read_document(std::string{"a\0: 1", 5}).root);
}

TEST(Document, HoldsOneDocumentWithPlainKeys) {
  EXPECT_EQ(only_error(read_document("a: 1\n---\nb: 2\n")), ":2: is a second document; keep one document in the file");
  EXPECT_EQ(only_error(read_document("? [a, b]\n: 1\n")), ":1: has a key that is not plain text; name the key");
  EXPECT_FALSE(read_document("~: 1\n").root);
}

TEST(Document, ManyRepeatedKeysStayBounded) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text.append("a: 1\n");
  EXPECT_EQ(read_document(text).errors.size(), config_errors_max);
}

}  // namespace
}  // namespace tidegate
