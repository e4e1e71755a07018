// What the API calls a record's id.
#pragma once

#include <string_view>

#include "config/model.h"

namespace tidegate {

constexpr std::string_view id_field(ContentType type) { return type == ContentType::alerts ? "id" : "uuid"; }

}  // namespace tidegate
