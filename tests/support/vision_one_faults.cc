#include "tests/support/vision_one_faults.h"

#include "tests/support/vision_one_answers.h"

namespace tidegate {
namespace {

SimResponse page_for_people(unsigned status, std::string_view title) {
  SimResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/html");
  response.body.append("<html><head><title>").append(title).append("</title></head><body><center><h1>");
  response.body.append(title).append("</h1></center></body></html>\n");
  return response;
}

}  // namespace

std::optional<FaultKind> FaultPlan::strike(const std::vector<Fault>& rules, Endpoint endpoint) {
  if (rules != rules_) {
    rules_ = rules;
    counts_.assign(rules.size(), 0);
  }
  std::optional<FaultKind> struck;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const Fault& rule = rules_[i];
    if (rule.endpoint && *rule.endpoint != endpoint) continue;
    ++counts_[i];
    const bool hit = counts_[i] == rule.nth || (rule.rate > 0 && random_.unit() < rule.rate);
    if (hit && !struck) struck = rule.kind;
  }
  return struck;
}

SimResponse too_many_requests(const ServeOptions& options) {
  SimResponse response = error_answer({.status = 429, .code = "TooManyRequests", .message = "Too many requests"});
  if (options.retry_after) response.headers.emplace_back("Retry-After", std::to_string(options.retry_after->count()));
  return response;
}

std::optional<SimResponse> fault_answer(FaultKind kind, const ServeOptions& options) {
  switch (kind) {
    case FaultKind::too_many_requests: return too_many_requests(options);
    case FaultKind::internal_error:
      return error_answer({.status = 500, .code = "InternalServerError", .message = "Internal server error.", .number = 3090999});
    case FaultKind::bad_gateway: return page_for_people(502, "502 Bad Gateway");
    case FaultKind::unavailable: return page_for_people(503, "503 Service Temporarily Unavailable");
    case FaultKind::gateway_timeout: return page_for_people(504, "504 Gateway Time-out");
    case FaultKind::garbage: return json_answer(std::string("\x8f\x00\x17{\"items\":[\xff\xfe}]]", 18));
    case FaultKind::html: return page_for_people(200, "Please sign in");
    case FaultKind::huge_announced:
    case FaultKind::huge_unannounced: {
      SimResponse response = json_answer("{");
      response.filler_bytes = options.huge_body_bytes;
      if (kind == FaultKind::huge_unannounced) response.delivery = Delivery::unannounced;
      return response;
    }
    case FaultKind::truncated:
    case FaultKind::endless_pages:
    case FaultKind::foreign_host:
    case FaultKind::cut_off: return std::nullopt;
  }
  return std::nullopt;
}

void spoil(SimResponse& response, FaultKind kind) {
  if (kind == FaultKind::truncated) response.body.resize(response.body.size() / 2);
  if (kind == FaultKind::cut_off) response.delivery = Delivery::cut_off;
}

}  // namespace tidegate
