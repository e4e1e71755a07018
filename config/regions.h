// The regions of the Vision One API and their hosts. The list grows: a URL of one's own may always be given instead.
// Source: Trend's guide "Regional domains". The hosts of Canada and South Africa are inferred: their consoles exist
// under these names, their API hosts are not published.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace tidegate {

struct Region {
  std::string_view name;
  std::string_view api_host;
};

inline constexpr std::array regions{
    Region{"us", "api.xdr.trendmicro.com"},          Region{"eu", "api.eu.xdr.trendmicro.com"},
    Region{"au", "api.au.xdr.trendmicro.com"},       Region{"in", "api.in.xdr.trendmicro.com"},
    Region{"jp", "api.xdr.trendmicro.co.jp"},        Region{"sg", "api.sg.xdr.trendmicro.com"},
    Region{"mea", "api.mea.xdr.trendmicro.com"},     Region{"uae", "api.mea.xdr.trendmicro.com"},  // one place, two names
    Region{"uk", "api.uk.xdr.trendmicro.com"},       Region{"ca", "api.ca.xdr.trendmicro.com"},    // inferred
    Region{"usgov", "api.usgov.xdr.trendmicro.com"}, Region{"za", "api.za.xdr.trendmicro.com"},    // za: inferred
};

inline constexpr std::optional<std::string_view> api_host_of(std::string_view region) {
  for (const Region& known : regions) {
    if (known.name == region) return known.api_host;
  }
  return std::nullopt;
}

}  // namespace tidegate
