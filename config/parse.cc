#include "config/parse.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "config/bind.h"
#include "config/connector_reader.h"
#include "config/document.h"
#include "config/reader.h"
#include "config/validate.h"

namespace tidegate {
namespace {

void read_bandwidth_schedule(Reader& reader, std::vector<BandwidthRule>& schedule) {
  const std::string list{"ship.bandwidth_schedule"};
  schedule.resize(reader.list_size(list));
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    const std::string rule = list + "[" + std::to_string(i) + "].";
    visit_bandwidth_rule(schedule[i], [&](std::string_view key, auto& member) { reader.read(rule + std::string{key}, member); });
  }
}

void read_notify(Reader& reader, std::vector<NotifyConfig>& channels) {
  channels.resize(reader.list_size("notify"));
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::string channel = "notify[" + std::to_string(i) + "].";
    visit_notify(channels[i], [&](std::string_view key, auto& member) { reader.read(channel + std::string{key}, member); });
  }
}

// Region to URL, and the default that hangs on another field.
void resolve(AgentConfig& config, const Reader& reader) {
  if (!reader.was_given("ship.compression")) config.ship.compression = default_compression(config.ship.receiver);
  for (ConnectorConfig& connector : config.connectors) resolve_region(connector);
}

// The text of the file, or why there is none.
Complained read_file(std::string_view path, std::string& text) {
  static constexpr std::string_view another = "name a readable configuration file with --config";
  errno = 0;
  std::ifstream file{std::string{path}, std::ios::binary};
  if (!file) return Complaint{{}, std::string{"cannot be opened: "} + std::strerror(errno), std::string{another}};
  text.resize(YamlLimits{}.bytes_max + 1);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return Complaint{{}, std::string{"cannot be read: "} + std::strerror(errno), std::string{another}};
  text.resize(static_cast<std::size_t>(file.gcount()));
  const std::string most = std::to_string(YamlLimits{}.bytes_max) + " bytes";
  if (text.size() > YamlLimits{}.bytes_max)
    return Complaint{{}, "is larger than " + most, "make it smaller, or name the configuration file with --config"};
  return std::nullopt;
}

template <class Parsed, class Parse>
Parsed parse_file(std::string_view path, Parse parse) {
  std::string text;
  if (Complained failure = read_file(path, text)) {
    Parsed parsed;
    parsed.errors.push_back(
        {.file = std::string{path}, .problem = std::move(failure->problem), .remedy = std::move(failure->remedy)});
    return parsed;
  }
  return parse(text, path);
}

}  // namespace

ParsedAgent parse_agent(std::string_view yaml, std::string_view file_name) {
  const YamlDocument document = read_document(yaml);
  Reader reader{agent_fields(), document, file_name};
  AgentConfig config;
  if (document.root) {
    visit_agent(config, [&](std::string_view path, auto& member) { reader.read(path, member); });
    read_bandwidth_schedule(reader, config.ship.bandwidth_schedule);
    config.connectors = read_connectors(reader);
    resolve(config, reader);
    apply_rules(validate(config), reader);
  }
  ParsedAgent parsed{.config = std::nullopt, .errors = reader.take_errors()};
  if (parsed.errors.empty()) parsed.config = std::move(config);
  return parsed;
}

ParsedProcessor parse_processor(std::string_view yaml, std::string_view file_name) {
  const YamlDocument document = read_document(yaml);
  Reader reader{processor_fields(), document, file_name};
  ProcessorConfig config;
  if (document.root) {
    visit_processor(config, [&](std::string_view path, auto& member) { reader.read(path, member); });
    read_notify(reader, config.notify);
    apply_rules(validate(config), reader);
  }
  ParsedProcessor parsed{.config = std::nullopt, .errors = reader.take_errors()};
  if (parsed.errors.empty()) parsed.config = std::move(config);
  return parsed;
}

ParsedAgent parse_agent_file(std::string_view path) { return parse_file<ParsedAgent>(path, parse_agent); }
ParsedProcessor parse_processor_file(std::string_view path) { return parse_file<ParsedProcessor>(path, parse_processor); }

}  // namespace tidegate
