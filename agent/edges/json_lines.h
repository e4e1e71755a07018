// A package of the data pipeline: gzip of JSON lines in, Page out. Each line is one record, parsed and kept as a page's items are
// (vision_one_page.h): a line that cannot be understood costs only itself, and one that is too large for a record becomes several.
//
// A package never changes, so a record without an id is known by its package, its line and its piece of that: reading the package
// again shows the same ids, and two lines that agree to the byte are two records (P1, P2).
//
// Thread: the owner's; one parser is used again from package to package.
// Source: Trend Vision One public API v3.0, oat/dataPipelines/{id}/packages/{packageId}.
#pragma once

#include "agent/edges/vision_one_page.h"
#include "agent/record.h"
#include "base/result.h"

namespace tidegate {

struct PackageLimits {
  std::size_t plain_bytes_max = 64u << 20;  // a line is 1.5 to 3 KB
  std::size_t records_max = 200'000;
  std::size_t piece_bytes_max = 1u << 20;  // of a package that is kept as it came
};

class JsonLinesParser {
 public:
  explicit JsonLinesParser(PackageLimits limits = {});

  // `fallback` is the time of a record that has none that can be read. `corrupt`: no gzip, broken off, or beyond the limits.
  Result<Page> parse(std::string_view package, ByteView body, WallTime fallback);

  // The package as it came, for one that cannot be parsed however often it is asked for: in pieces, each a record that is not
  // understood.
  Page keep(std::string_view package, ByteView body, WallTime fallback) const;

 private:
  PackageLimits limits_;
  VisionOnePageParser lines_;
};

}  // namespace tidegate
