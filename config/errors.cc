#include "config/errors.h"

namespace tidegate {

std::string to_text(const ConfigError& error) {
  std::string text = error.file;
  if (error.line > 0) text.append(":").append(std::to_string(error.line));
  if (!text.empty()) text.append(": ");
  if (!error.field.empty()) text.append(error.field).append(": ");
  if (!error.value.empty()) text.append("'").append(error.value).append("' ");
  text.append(error.problem);
  if (!error.remedy.empty()) text.append("; ").append(error.remedy);
  return text;
}

std::string to_text(const std::vector<ConfigError>& errors) {
  std::string text;
  for (const ConfigError& error : errors) text.append(to_text(error)).append("\n");
  return text;
}

}  // namespace tidegate
