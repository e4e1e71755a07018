// Configurations that the tests of this folder begin from, and what is said of wrong ones.
#pragma once

#include <string>

#include "config/parse.h"

namespace tidegate {

// The least that an agent needs, with one connector on lines 8 to 13.
inline const std::string least_agent = R"(sensor: {name: zurich-01}
processor:
  data: [dp1.example.net:24224]
  tls:
    ca_file: /etc/tidegate/ca.pem
    certificate_file: /etc/tidegate/sensor.pem
    private_key_file: /etc/tidegate/sensor.key
connectors:
  - name: acme-visionone
    type: trendmicro_visionone
    tenant: {id: acme, name: ACME Corp}
    region: us
    bearer_token: abc.def.ghi
)";

inline const std::string least_processor = R"(tls:
  ca_file: /etc/tidegate/ca.pem
  certificate_file: /etc/tidegate/processor.pem
  private_key_file: /etc/tidegate/processor.key
)";

// `text` with the first `from` replaced; the text must hold it.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

// Of an agent's configuration.
inline std::string errors_of(const std::string& yaml) { return to_text(parse_agent(yaml, "agent.yaml").errors); }

}  // namespace tidegate
