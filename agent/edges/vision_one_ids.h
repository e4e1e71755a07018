// What those who look at records must know of their fields: what the API calls the id, and where its two ways to techniques
// differ.
#pragma once

#include <string_view>

#include "config/model.h"

namespace tidegate {

constexpr std::string_view id_field(ContentType type) { return type == ContentType::alerts ? "id" : "uuid"; }

// Of techniques that are collected from a data pipeline, and looked at in the list of detections.
inline constexpr std::string_view pipeline_fields_differ =
    "with techniques_from: pipeline, records of observed_attack_techniques have other fields than those of the list of detections "
    "that are looked at here: tags, filterRiskLevel, eventSourceType and logReceivedTime, or filters.level, filters.techniques, "
    "detectionTime and endpoint.name, in place of filters.riskLevel, filters.mitreTechniqueIds, source, ingestedDateTime, "
    "detectedDateTime and endpoint.endpointName; what matches here does not show what a filter would match";

}  // namespace tidegate
