#include "config/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "config/utf8.h"

namespace tidegate {
namespace {

std::size_t line_of(const YAML::Mark& mark) { return mark.line < 0 ? 1 : static_cast<std::size_t>(mark.line) + 1; }

// Builds the tree from yaml-cpp's events. Events and not its node graph: that one hides duplicate keys and follows
// aliases. After the first error that leaves no tree, further events are let pass.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const YamlLimits& limits, std::vector<ConfigError>& errors) : limits_(limits), errors_(errors) {}

  std::optional<YamlNode> take_root() { return stopped_ ? std::nullopt : std::move(root_); }
  bool stopped() const { return stopped_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) stop(mark, "is a second document", "keep one document in the file");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { leaf(mark, YamlNode::Kind::null, {}); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { stop(mark, "uses a YAML alias", "write the value out"); }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override { stop(mark, "uses a YAML anchor", "write the value out"); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    if (refuse_tag(mark, tag)) return;
    leaf(mark, YamlNode::Kind::scalar, value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(mark, tag, YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(mark, tag, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  // A container under construction, and in a map the key that waits for its value.
  struct Open {
    YamlNode node;
    std::optional<std::string> key;
    std::size_t key_line = 0;
    std::map<std::string, std::size_t> key_lines;  // of the members so far
  };

  void stop(const YAML::Mark& mark, std::string problem, std::string remedy) {
    if (stopped_) return;
    stopped_ = true;
    errors_.push_back({.line = line_of(mark), .problem = std::move(problem), .remedy = std::move(remedy)});
  }

  // yaml-cpp gives "?" to what has no tag and "!" to quoted text.
  bool refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") stop(mark, "uses a YAML tag", "leave the tag out");
    return stopped_;
  }

  // True when one more node stays within the limits.
  bool admit(const YAML::Mark& mark) {
    if (++nodes_ > limits_.nodes_max) stop(mark, "has more values than a configuration may", "make it smaller");
    return !stopped_;
  }

  void leaf(const YAML::Mark& mark, YamlNode::Kind kind, const std::string& text) {
    if (!admit(mark)) return;
    if (expects_key()) {
      if (kind == YamlNode::Kind::null) return stop(mark, "has a key without a name", "name the key");
      open_.back().key = text;
      open_.back().key_line = line_of(mark);
      return;
    }
    YamlNode node;
    node.kind = kind;
    node.line = line_of(mark);
    node.text = text;
    put(std::move(node));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YamlNode::Kind kind) {
    if (refuse_tag(mark, tag) || !admit(mark)) return;
    if (expects_key()) return stop(mark, "has a key that is not plain text", "name the key");
    if (open_.size() >= limits_.depth_max) return stop(mark, "is nested too deeply", "see the reference for its shape");
    Open opened;
    opened.node.kind = kind;
    opened.node.line = line_of(mark);
    open_.push_back(std::move(opened));
  }

  void close() {
    if (stopped_) return;
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    put(std::move(node));
  }

  bool expects_key() const { return !open_.empty() && open_.back().node.kind == YamlNode::Kind::map && !open_.back().key; }

  void put(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::map) {
      node.key = *parent.key;
      node.key_line = parent.key_line;
      parent.key.reset();
      const auto [first, is_new] = parent.key_lines.emplace(node.key, node.key_line);
      if (!is_new) return repeated(node, first->second);
    }
    parent.node.children.push_back(std::move(node));
  }

  void repeated(const YamlNode& node, std::size_t first_line) {
    if (errors_.size() >= config_errors_max) return;
    std::string path;
    for (const Open& container : open_) {
      if (container.node.kind == YamlNode::Kind::list) path.append("[" + std::to_string(container.node.children.size()) + "]");
      else path.append(path.empty() ? "" : ".").append(container.key.value_or(node.key));
    }
    errors_.push_back({.line = node.key_line,
                       .field = std::move(path),
                       .problem = "stands here again, first on line " + std::to_string(first_line),
                       .remedy = "keep one of the two"});
  }

  const YamlLimits limits_;
  std::vector<ConfigError>& errors_;
  std::optional<YamlNode> root_;
  std::vector<Open> open_;
  std::size_t nodes_ = 0;
  std::size_t documents_ = 0;
  bool stopped_ = false;
};

// The library's sentence without what it may quote of the text: that could be a secret.
std::string syntax_problem(const YAML::Exception& failure) {
  return "is not YAML: " + failure.msg.substr(0, failure.msg.find(": "));
}

std::optional<ConfigError> refuse_bytes(std::string_view yaml, const YamlLimits& limits) {
  if (yaml.size() > limits.bytes_max) {
    return ConfigError{.problem = "has " + std::to_string(yaml.size()) + " bytes",
                       .remedy = "a configuration has at most " + std::to_string(limits.bytes_max)};
  }
  if (const std::optional<std::size_t> at = not_text_at(yaml)) {
    const auto lines = std::count(yaml.begin(), yaml.begin() + static_cast<std::ptrdiff_t>(*at), '\n');
    return ConfigError{.line = static_cast<std::size_t>(lines) + 1,
                       .problem = "has a byte that is no UTF-8 text",
                       .remedy = "save the file as UTF-8, without control characters"};
  }
  return std::nullopt;
}

}  // namespace

YamlDocument read_document(std::string_view yaml, const YamlLimits& limits) {
  YamlDocument document;
  if (std::optional<ConfigError> refused = refuse_bytes(yaml, limits)) {
    document.errors.push_back(std::move(*refused));
    return document;
  }
  TreeBuilder builder{limits, document.errors};
  try {
    std::istringstream in{std::string{yaml}};
    YAML::Parser parser{in};
    while (!builder.stopped() && parser.HandleNextDocument(builder)) {
    }
    document.root = builder.take_root();
    if (!document.root && !builder.stopped()) {  // nothing but comments: an empty configuration
      document.root = YamlNode{};
      document.root->kind = YamlNode::Kind::map;
      document.root->line = 1;
    }
  } catch (const YAML::Exception& failure) {
    document.root.reset();
    if (builder.stopped()) return document;  // the first error says it
    document.errors.push_back({.line = line_of(failure.mark),
                               .problem = syntax_problem(failure),
                               .remedy = "mind indentation, colons and quotes near this line"});
  } catch (const std::exception&) {
    document.root.reset();
    document.errors.push_back({.problem = "cannot be read as YAML", .remedy = "see the reference for its shape"});
  }
  return document;
}

}  // namespace tidegate
