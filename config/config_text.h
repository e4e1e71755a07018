// Configurations as YAML: what a reader of ours reads back, and what status and the processor show. Written from the same table
// that reading goes by (bind.h); what equals its default and what is empty is left out.
//
// Promises: to_yaml(document, plain) is read back equal by parse_connectors(); masked, it has no secret in it and *** in their
// place. The effective configuration never has one. The text is valid YAML whatever a value holds: texts are quoted.
//
// Pure; any thread. A text with plain secrets belongs into a Secret.
#pragma once

#include <string>
#include <string_view>

#include "config/connectors_document.h"
#include "config/model.h"

namespace tidegate {

enum class SecretsAs : unsigned char { masked, plain };

//   requires: parse_connectors() could have made it
std::string to_yaml(const ConnectorsDocument& document, SecretsAs secrets);

// What an agent runs with; its connectors may come from a file, a document or both.
std::string to_yaml(const AgentConfig& config);

// A text in double quotes: one scalar of YAML, whatever the text holds.
std::string yaml_quoted(std::string_view text);

}  // namespace tidegate
