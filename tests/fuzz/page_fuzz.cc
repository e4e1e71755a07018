// A page of the Vision One API, whatever its bytes: parsed, encoded, and read back by the receiver's half.
#include <cstddef>
#include <cstdint>

#include "agent/edges/vision_one_error.h"
#include "agent/edges/vision_one_page.h"
#include "tests/fuzz/encoded_page.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidegate;
  if (size == 0) return 0;
  const Lane lane = all_lanes[data[0] % 3];
  const Bytes body{reinterpret_cast<const char*>(data + 1), size - 1};

  HttpResponse refused;
  refused.status = 400;
  refused.body = body;
  (void)error_of(refused, PageKind::first, "trace");

  VisionOnePageParser parser{lane};
  const Result<Page> page = parser.parse(body, WallTime{std::chrono::seconds{1'700'000'000}});
  if (page) check_encodes(*page, lane);
  return 0;
}
