#include "processor/fleet/enrol_form.h"

#include "transport/query_string.h"

namespace tidegate {

Result<EnrolForm> read_enrol_form(ByteView body) {
  Result<QueryPairs> pairs = parse_query_string(body, enrol_form_bytes_max);
  if (!pairs) return std::move(pairs).error().in("enrolment form");
  const auto wanted = [&pairs](std::string_view name) { return pairs->find(name); };
  const auto sensor = wanted("sensor");
  const auto token = wanted("token");
  const auto csr = wanted("csr");
  if (sensor == pairs->end() || token == pairs->end() || csr == pairs->end() || pairs->size() != 3)
    return Error{Code::invalid, "enrolment form: sensor, token and csr are wanted, and nothing else"};
  return EnrolForm{std::move(sensor->second), Secret{std::move(token->second)}, std::move(csr->second)};
}

}  // namespace tidegate
