#include "agent/verdict.h"

namespace tidegate {

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::starting: return "starting";
    case Verdict::healthy: return "healthy";
    case Verdict::idle: return "idle";
    case Verdict::throttled: return "throttled";
    case Verdict::degraded: return "degraded";
    case Verdict::auth_failed: return "auth_failed";
    case Verdict::misconfigured: return "misconfigured";
    case Verdict::paused: return "paused";
    case Verdict::unreachable: return "unreachable";
    case Verdict::disabled: return "disabled";
  }
  return "starting";
}

std::string_view remedy(Verdict verdict) {
  switch (verdict) {
    case Verdict::starting:
    case Verdict::healthy:
    case Verdict::idle:
    case Verdict::disabled: return "";
    case Verdict::throttled:
      return "reading goes on by itself, slower; if it lasts, lower requests_per_minute or see who else uses this token";
    case Verdict::degraded: return "reading is tried again by itself; if it lasts, check api_base_url and any proxy in between";
    case Verdict::auth_failed:
      return "check that the token is of this region, not expired, and that its role may view this content type";
    case Verdict::misconfigured: return "check region or api_base_url of this connector";
    case Verdict::paused: return "reading goes on by itself when the processor has taken the backlog; or raise storage.budget";
    case Verdict::unreachable: return "check network, proxy and firewall between this sensor and the API";
  }
  return "";
}

std::string_view uplink_remedy(Verdict verdict) {
  switch (verdict) {
    case Verdict::auth_failed:
      return "compare the sensor's certificate, or its shared key, user and password, with what the receiver lets in; the files of "
             "the "
             "latter are read again at each attempt";
    case Verdict::unreachable: return "check network, firewall and certificates between this sensor and processor.data";
    default: return "";
  }
}

}  // namespace tidegate
