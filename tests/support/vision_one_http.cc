#include "tests/support/vision_one_http.h"

#include "base/check.h"
#include "transport/url.h"

namespace tidegate {

Result<HttpResponse> answer_of(VisionOneSim& sim, const HttpRequest& request, WallTime now) {
  const Result<Url> url = parse_url(request.url);
  TG_ASSERT(url.has_value(), "a client asks for URLs");
  SimRequest asked;
  asked.method = request.method;
  asked.target = url->target;
  asked.headers = {{"Host", url->host_header()}};
  for (const HttpHeader& header : request.headers) asked.headers.emplace_back(header.name, header.value);
  asked.body = request.body;
  SimResponse answer = sim.handle(asked, now);
  if (answer.delivery == Delivery::cut_off) return Error{Code::unavailable, "the answer broke off"};
  if (answer.filler_bytes > 0) return Error{Code::invalid, "answer larger than the limit"};
  HttpResponse response;
  response.status = answer.status;
  for (auto& [name, value] : answer.headers) response.headers.push_back({name, value});
  response.body = std::move(answer.body);
  return response;
}

}  // namespace tidegate
