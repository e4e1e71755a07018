#include "bench/backlog.h"

namespace tidegate {

Facts BacklogOptions::parameters() const {
  return {
      {"records", std::to_string(records)}, {"technique_bytes", std::to_string(technique_bytes)}, {"seed", std::to_string(seed)}};
}

Result<std::unique_ptr<Rig>> make_backlog_rig(const BacklogOptions& options, std::uint16_t data_port, const Clock& clock) {
  RigOptions rig{.directory = options.directory, .programs = options.programs, .simulator_flags = {}};
  rig.simulator_flags = {"--seed",
                         std::to_string(options.seed),
                         "--techniques",
                         std::to_string(options.records),
                         "--technique-bytes",
                         std::to_string(options.technique_bytes),
                         "--backlog-hours",
                         "6",
                         "--link-lifetime",
                         "1h"};
  rig.data_address = "127.0.0.1:" + std::to_string(data_port);
  rig.connector = {{"content_types", "[observed_attack_techniques]"},
                   {"interval", "1s"},
                   {"first_read", "24h"},
                   {"overlap", "1min"},
                   {"settle", "1s"},
                   {"requests_per_minute", "100000"}};
  return Rig::make(std::move(rig), clock);
}

}  // namespace tidegate
