// A member of the model as it would be written in a configuration: the inverse of values.h. Empty where there is none.
// Secrets are written as ***. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/fields.h"
#include "config/model.h"

namespace tidegate {

std::string written(const Field& field, const std::string& value);
std::string written(const Field& field, const Secret& value);
std::string written(const Field& field, bool value);
std::string written(const Field& field, std::uint64_t value);
std::string written(const Field& field, const std::optional<std::uint64_t>& value);
std::string written(const Field& field, std::chrono::milliseconds value);
std::string written(const Field& field, std::chrono::minutes value);  // a time of day
std::string written(const Field& field, const HostPort& value);
std::string written(const Field& field, const std::vector<HostPort>& value);
std::string written(const Field& field, const std::vector<std::string>& value);
std::string written(const Field& field, const std::set<ContentType>& value);
std::string written(const Field& field, const std::set<RiskLevel>& value);
std::string written(const Field& field, const std::set<Weekday>& value);
std::string written(const Field& field, TechniquesFrom value);
std::string written(const Field& field, Receiver value);
std::string written(const Field& field, ShipCompression value);
std::string written(const Field& field, LogOutput value);
std::string written(const Field& field, Level value);
std::string written(const Field& field, EventSeverity value);
std::string written(const Field& field, NotifyType value);
std::string written(const Field& field, SmtpTls value);

}  // namespace tidegate
