#include "tests/crash/traffic.h"

namespace tidegate {

std::vector<std::string> simulator_flags(const CrashTraffic& traffic) {
  return {"--seed",
          std::to_string(traffic.seed),
          "--techniques",
          std::to_string(traffic.techniques),
          "--alerts",
          "300",
          "--audit-logs",
          "500",
          "--backlog-hours",
          "6",
          "--techniques-per-second",
          "100",
          "--alerts-per-second",
          "1",
          "--audit-logs-per-second",
          "2",
          "--live-seconds",
          std::to_string(traffic.live.count()),
          "--updates-share",
          "0.3",
          "--late-share",
          "0.02",
          "--late-max",
          "10s",
          "--link-lifetime",
          "10s"};
}

Settings slow_connector() {
  return {{"interval", "500ms"}, {"audit_logs_interval", "500ms"}, {"overlap", "1min"}, {"settle", "1s"},
          {"first_read", "24h"}, {"requests_per_minute", "1200"}};
}

}  // namespace tidegate
