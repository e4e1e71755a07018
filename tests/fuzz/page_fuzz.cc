// A page of the Vision One API, whatever its bytes: parsed, encoded, and read back by the receiver's half.
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "agent/edges/vision_one_error.h"
#include "agent/edges/vision_one_page.h"
#include "base/check.h"
#include "tests/fuzz/encoded_page.h"

namespace {

using namespace tidegate;

// The same bytes as the body of an answer that refuses, and its beginning as the time to wait.
void check_refusal(std::uint8_t kind, const Bytes& body) {
  constexpr unsigned statuses[] = {400, 401, 403, 404, 408, 410, 418, 429, 500, 503, 504};
  HttpResponse refused;
  refused.status = statuses[kind % std::size(statuses)];
  refused.body = body;
  refused.headers.emplace_back("Retry-After", body.substr(0, 12));
  const Error error = error_of(refused, kind % 2 == 0 ? PageKind::first : PageKind::followed_link, "trace");
  const std::optional<AnswerFacts> facts = answer_facts(error);
  TG_ASSERT(facts && facts->status == refused.status && facts->trace_id == "trace",
            "what an error is made of is read back from it");
  const std::optional<std::chrono::seconds> wait = retry_after(refused);
  TG_ASSERT(!wait || (wait->count() >= 0 && *wait <= std::chrono::hours{1}), "a wait is bounded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidegate;
  if (size == 0) return 0;
  const Lane lane = all_lanes[data[0] % 3];
  const Bytes body{reinterpret_cast<const char*>(data + 1), size - 1};

  check_refusal(data[0] / 3, body);

  VisionOnePageParser parser{lane};
  const Result<Page> page = parser.parse(body, WallTime{std::chrono::seconds{1'700'000'000}});
  if (page) check_encodes(*page, lane);
  return 0;
}
