#include "tests/support/vision_one_options.h"

#include <array>
#include <charconv>
#include <cmath>

namespace tidegate {
namespace {

constexpr std::array<std::string_view, endpoint_count> endpoint_names{
    "alerts", "alert",     "audit_logs", "techniques", "connectivity", "actions",  "tasks",
    "task",   "pipelines", "pipeline",   "packages",   "package",      "api_keys", "unknown"};
constexpr std::array<std::string_view, fault_kind_count> fault_names{
    "too_many_requests", "internal_error", "bad_gateway",    "unavailable",      "gateway_timeout", "garbage", "truncated", "html",
    "endless_pages",     "foreign_host",   "huge_announced", "huge_unannounced", "cut_off"};

constexpr double per_second_max = 1e6;
constexpr std::size_t technique_bytes_most = 1u << 20;
constexpr auto backlog_period_max = std::chrono::hours{170 * 24};  // audit logs are listed for 180 days

Error invalid(std::string text) { return Error{Code::invalid, std::move(text)}; }

Result<void> check_feed(std::string_view name, const FeedOptions& feed) {
  if (!(feed.per_second >= 0 && feed.per_second <= per_second_max))
    return invalid(std::string{name} + " per second: between 0 and 1000000");
  return {};
}

bool is_share(double value) { return value >= 0 && value <= 1; }

}  // namespace

std::string_view content_type(Feed feed) {
  if (feed == Feed::alerts) return "alerts";
  return feed == Feed::audit_logs ? "audit_logs" : "observed_attack_techniques";
}

std::string_view msg_class(Feed feed) {
  if (feed == Feed::alerts) return "trendmicro_visionone_alerts";
  return feed == Feed::audit_logs ? "trendmicro_visionone_audit_logs" : "trendmicro_visionone_observedattacktechniques";
}

std::string_view name(Endpoint endpoint) { return endpoint_names[static_cast<std::size_t>(endpoint)]; }

std::optional<Endpoint> endpoint_from_name(std::string_view text) {
  for (std::size_t i = 0; i < endpoint_count; ++i)
    if (endpoint_names[i] == text) return static_cast<Endpoint>(i);
  return std::nullopt;
}

std::string_view name(FaultKind kind) { return fault_names[static_cast<std::size_t>(kind)]; }

Result<Fault> parse_fault(std::string_view text) {
  const std::string_view whole = text;
  Fault fault;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    fault.endpoint = endpoint_from_name(text.substr(slash + 1));
    if (!fault.endpoint) return invalid("fault '" + std::string{whole} + "': no endpoint of that name");
    text = text.substr(0, slash);
  }
  const std::size_t at = text.find_first_of(":@");
  if (at == std::string_view::npos) return invalid("fault '" + std::string{whole} + "': write KIND:RATE or KIND@NTH");
  const std::string_view kind = text.substr(0, at);
  std::size_t found = 0;
  while (found < fault_kind_count && fault_names[found] != kind) ++found;
  if (found == fault_kind_count) return invalid("fault '" + std::string{whole} + "': no kind of that name");
  fault.kind = static_cast<FaultKind>(found);
  const char* first = text.data() + at + 1;
  const char* last = text.data() + text.size();
  const auto [end, error] = text[at] == ':' ? std::from_chars(first, last, fault.rate) : std::from_chars(first, last, fault.nth);
  const bool sensible = text[at] == ':' ? is_share(fault.rate) : fault.nth > 0;
  if (error != std::errc{} || end != last || !sensible)
    return invalid("fault '" + std::string{whole} + "': a rate lies between 0 and 1, the first request is number 1");
  return fault;
}

Result<void> check(const SimOptions& options) {
  const DataOptions& data = options.data;
  if (auto checked = check_feed("alerts", data.alerts); !checked) return checked;
  if (auto checked = check_feed("audit logs", data.audit_logs); !checked) return checked;
  if (auto checked = check_feed("techniques", data.techniques); !checked) return checked;
  if (data.backlog_period <= std::chrono::seconds{0} || data.backlog_period > backlog_period_max)
    return invalid("backlog period: more than nothing and at most 170 days");
  if (data.live && (data.live->count() < 0 || *data.live > std::chrono::days{365})) return invalid("live time: at most a year");
  if (!is_share(data.updates_share)) return invalid("share of updated alerts: between 0 and 1");
  if (!is_share(data.late_share)) return invalid("share of late records: between 0 and 1");
  if (data.late_max < std::chrono::seconds{0}) return invalid("lateness: not negative");
  if (data.technique_bytes < technique_bytes_least || data.technique_bytes > technique_bytes_most)
    return invalid("bytes of a technique: between 1000 and 1048576");
  if (data.technique_burst == 0) return invalid("burst of techniques: at least 1");
  if (data.audit_copies == 0) return invalid("copies of an audit log: at least 1");
  if (!is_share(options.serve.package_missing_rate)) return invalid("rate of missing packages: between 0 and 1");
  for (const Fault& fault : options.serve.faults)
    if (!is_share(fault.rate)) return invalid("rate of a fault: between 0 and 1");
  return {};
}

}  // namespace tidegate
