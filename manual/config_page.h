// The manual page of a configuration file, section 5, made from the table that its parser uses.
//
// Pure; any thread. Source: man-pages(7).
#pragma once

#include <string>
#include <string_view>

#include "config/fields.h"

namespace tidegate {

struct ConfigFacts {
  std::string program;  // "tidegate-agent"
  std::string version;
  std::string file;  // where it lies
  FieldTable table;  // of what may stand in it
};

// Its name is the program's and ".yaml".
std::string config_page(const ConfigFacts& facts);

}  // namespace tidegate
