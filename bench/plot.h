// The figures of agent and peers as a picture: horizontal bars, a group for each figure on a scale of its own, the values at the
// bars. The SVG stands alone: no fonts, scripts or styles from elsewhere, and a white ground of its own, so that it reads the
// same on a light page and on a dark one. The same reports give the same bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/report.h"

namespace tidegate {

// Of each report that has peers: CPU per million records, disk bytes per input byte, peak memory, records per second, as far as
// the agent has them. Empty where there is nothing to compare.
std::string peers_chart(const std::vector<Report>& reports);

// For text and attributes of XML.
std::string xml_text(std::string_view text);

}  // namespace tidegate
