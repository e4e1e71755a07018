#include "agent/bootstrap.h"

#include <algorithm>
#include <string_view>

#include "base/json_writer.h"

namespace tidegate {
namespace {

std::string place_text(const HostPort& place) {
  const bool v6 = place.host.find(':') != std::string::npos;
  return (v6 ? "[" + place.host + "]" : place.host) + ":" + std::to_string(place.port);
}

std::string control_url(const Bootstrap& bootstrap) { return "wss://" + place_text(bootstrap.control) + "/v1/opamp"; }

// A scalar: plain where it can be nothing but text, else quoted. JSON's strings are YAML's.
std::string scalar(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' ||
           c == '/';
  };
  const bool starts_well = !text.empty() && text.front() != '-' && text.front() != '.';
  const bool empty_value = text == "null" || text == "Null" || text == "NULL";
  if (starts_well && !empty_value && std::all_of(text.begin(), text.end(), plain)) return std::string{text};
  std::string quoted;
  append_json_string(quoted, text);
  return quoted;
}

void append_yaml(std::string& out, std::string_view key, const std::string& value) {
  out.append(key).append(": ").append(value).append("\n");
}

}  // namespace

std::string bootstrap_file(const Bootstrap& bootstrap) {
  std::string out =
      "# Written by `tidegate-agent enroll`. Connectors usually come from the processor; they may stand here as well.\n"
      "sensor:\n";
  append_yaml(out, "  name", scalar(bootstrap.sensor));
  append_yaml(out, "  state_directory", scalar(bootstrap.state_directory));
  out += "processor:\n";
  append_yaml(out, "  data", "[" + scalar(place_text({bootstrap.control.host, data_port})) + "]");
  append_yaml(out, "  control", scalar(control_url(bootstrap)));
  out += "  tls:\n";
  append_yaml(out, "    ca_file", scalar(bootstrap.tls.ca_file));
  append_yaml(out, "    certificate_file", scalar(bootstrap.tls.certificate_file));
  append_yaml(out, "    private_key_file", scalar(bootstrap.tls.private_key_file));
  return out;
}

bool says_the_same(const AgentConfig& config, const Bootstrap& bootstrap) {
  return config.sensor.name == bootstrap.sensor && config.sensor.state_directory == bootstrap.state_directory &&
         config.processor.control == control_url(bootstrap) && config.processor.tls == bootstrap.tls;
}

}  // namespace tidegate
