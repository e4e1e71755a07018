// A YAML document as a tree with lines: all that the rest of config/ sees of YAML. The seam of yaml-cpp.
//
// Refused here, whatever the keys mean: text that is no UTF-8, syntax errors, duplicate keys, aliases and anchors, tags,
// keys that are not plain text, more than one document, and anything beyond YamlLimits.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/errors.h"

namespace tidegate {

struct YamlLimits {
  std::size_t bytes_max = 1024 * 1024;
  std::size_t depth_max = 16;
  std::size_t nodes_max = 100'000;
};

struct YamlNode {
  enum class Kind : unsigned char { null, scalar, list, map };
  Kind kind = Kind::null;
  std::size_t line = 0;  // from 1; of the value
  std::string key;       // of a map's member
  std::size_t key_line = 0;
  std::string text;                // of a scalar
  std::vector<YamlNode> children;  // of a list or a map, in their order; a map's keys are unique
};

struct YamlDocument {
  std::optional<YamlNode> root;     // absent where the text is no document; a duplicate key alone leaves it in place
  std::vector<ConfigError> errors;  // without `file`: the caller knows it
};

YamlDocument read_document(std::string_view yaml, const YamlLimits& limits = {});

}  // namespace tidegate
