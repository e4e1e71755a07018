#include "config/validate.h"

#include <map>

#include "config/regions.h"
#include "config/units.h"
#include "config/values.h"

namespace tidegate {
namespace {

// A processor of ours asks for a certificate and is asked for one (P10); another receiver may do without the sensor's.
void check_tls(const AgentConfig& config, std::vector<Breach>& breaches) {
  const TlsFiles& tls = config.processor.tls;
  const auto require = [&](std::string_view key, const std::string& file, std::string_view other, std::string problem) {
    if (file.empty()) {
      breaches.push_back({.field = "processor.tls." + std::string{key},
                          .other = std::string{other},
                          .problem = std::move(problem),
                          .remedy = "name the PEM file"});
    }
  };
  if (config.ship.receiver == Receiver::tidegate) {
    require("ca_file", tls.ca_file, "ship.receiver", "is missing, and the receiver is tidegate");
    require("certificate_file", tls.certificate_file, "ship.receiver", "is missing, and the receiver is tidegate");
    require("private_key_file", tls.private_key_file, "ship.receiver", "is missing, and the receiver is tidegate");
    return;
  }
  if (!tls.certificate_file.empty()) {
    require("private_key_file", tls.private_key_file, "processor.tls.certificate_file", "is missing beside certificate_file");
  }
  if (!tls.private_key_file.empty()) {
    require("certificate_file", tls.certificate_file, "processor.tls.private_key_file", "is missing beside private_key_file");
  }
}

// The handshake of receivers of others: a shared key, and where they ask for a user as well, both name and password.
void check_handshake(const ShipConfig& ship, std::vector<Breach>& breaches) {
  const auto refuse = [&](std::string_view key, const std::string& value, std::string_view other, std::string problem,
                          std::string remedy) {
    const std::string field = "ship." + std::string{key};
    breaches.push_back({.field = field,
                        .other = "ship." + std::string{other},
                        .value = shown(find_field(agent_fields(), field), value),
                        .problem = std::move(problem),
                        .remedy = std::move(remedy)});
  };
  const auto useless = [&](std::string_view key, const std::string& value) {
    if (!value.empty())
      refuse(key, value, "receiver", "is of no use where the receiver is tidegate", "take it away, or write receiver: forward");
  };
  const auto alone = [&](std::string_view key, const std::string& value, std::string_view other, const std::string& beside) {
    const std::string name{other};
    if (!value.empty() && beside.empty()) refuse(key, value, other, "stands without " + name, "give " + name + ", or take it away");
  };
  if (ship.receiver == Receiver::tidegate) {
    useless("shared_key_file", ship.shared_key_file);
    useless("username", ship.username);
    useless("password_file", ship.password_file);
    return;
  }
  alone("username", ship.username, "shared_key_file", ship.shared_key_file);
  alone("username", ship.username, "password_file", ship.password_file);
  alone("password_file", ship.password_file, "username", ship.username);
}

void check_bandwidth_schedule(const std::vector<BandwidthRule>& schedule, std::vector<Breach>& breaches) {
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    if (schedule[i].from != schedule[i].to) continue;
    const std::string rule = "ship.bandwidth_schedule[" + std::to_string(i) + "].";
    breaches.push_back({.field = rule + "to",
                        .other = rule + "from",
                        .value = time_of_day_text(schedule[i].to),
                        .problem = "is when it begins as well",
                        .remedy = "write another time; a whole day is from 00:00 to 24:00"});
  }
}

// `first` or `second`, never both and never neither.
struct Alternative {
  std::string_view first;
  bool first_given = false;
  std::string_view second;
  bool second_given = false;
};

void check_alternative(const std::string& path, const Alternative& either, std::vector<Breach>& breaches) {
  const std::string first = path + "." + std::string{either.first};
  const std::string second = path + "." + std::string{either.second};
  if (either.first_given && either.second_given) {
    breaches.push_back({.field = second,
                        .other = first,
                        .problem = "stands beside " + std::string{either.first},
                        .remedy = "keep one of the two"});
  } else if (!either.first_given && !either.second_given) {
    breaches.push_back({.field = first,
                        .other = second,
                        .problem = "is missing, and so is " + std::string{either.second},
                        .remedy = "give one of the two"});
  }
}

// Complains where a name was given to an earlier element of the list as well.
class UniqueNames {
 public:
  // `list` is the list's path, `each` what one of its elements is called.
  UniqueNames(std::string list, std::string_view each) : list_(std::move(list)), each_(each) {}

  void add(std::size_t index, std::string_view name, std::vector<Breach>& breaches) {
    const auto [first, is_new] = first_of_.emplace(name, index);
    if (is_new || name.empty()) return;
    breaches.push_back({.field = list_ + "[" + std::to_string(index) + "].name",
                        .value = std::string{name},
                        .problem = "is the name of " + list_ + "[" + std::to_string(first->second) + "] as well",
                        .remedy = "give each " + std::string{each_} + " a name of its own"});
  }

 private:
  std::string list_;
  std::string_view each_;
  std::map<std::string_view, std::size_t> first_of_;
};

void check_log_filters(const std::string& list, const std::vector<LogFilterConfig>& filters, std::vector<Breach>& breaches) {
  UniqueNames names{list, "filter"};
  for (std::size_t i = 0; i < filters.size(); ++i) {
    names.add(i, filters[i].name, breaches);
    const std::string path = list + "[" + std::to_string(i) + "]";
    check_alternative(path, {"include", !filters[i].include.empty(), "exclude", !filters[i].exclude.empty()}, breaches);
  }
}

void check_connector(const std::string& path, const ConnectorConfig& connector, std::vector<Breach>& breaches) {
  // A URL that came from the region was not written beside it.
  const std::optional<std::string_view> host = api_host_of(connector.region);
  const bool url_given = !connector.api_base_url.empty() && !(host && connector.api_base_url == "https://" + std::string{*host});
  check_alternative(path, {"region", !connector.region.empty(), "api_base_url", url_given}, breaches);
  check_alternative(
      path, {"bearer_token", !connector.bearer_token.empty(), "bearer_token_file", !connector.bearer_token_file.empty()}, breaches);
  check_log_filters(path + ".log_filters", connector.log_filters, breaches);
}

// No two listeners of the processor at one place.
void check_places(const ProcessorConfig& config, std::vector<Breach>& breaches) {
  const auto apart = [&](std::string_view field, const HostPort& place, std::string_view other, const HostPort& taken) {
    if (place.host.empty() || place.port == 0 || place != taken) return;
    breaches.push_back({.field = std::string{field},
                        .other = std::string{other},
                        .value = to_text(place),
                        .problem = "is the place of " + std::string{other} + " as well",
                        .remedy = "give it another port"});
  };
  apart("metrics.listen", config.metrics_listen, "listen.data", config.data_listen);
  apart("listen.control", config.control_listen, "listen.data", config.data_listen);
  apart("metrics.listen", config.metrics_listen, "listen.control", config.control_listen);
}

// Certificates come from files, all of them, or from the authority of the control plane.
void check_tls(const ProcessorConfig& config, std::vector<Breach>& breaches) {
  const TlsFiles& tls = config.tls;
  const bool none = tls.ca_file.empty() && tls.certificate_file.empty() && tls.private_key_file.empty();
  if (none && config.has_control()) return;
  const auto require = [&](std::string_view key, const std::string& file) {
    if (!file.empty()) return;
    breaches.push_back({.field = "tls." + std::string{key},
                        .problem = none ? "is missing, and there is no listen.control" : "is missing beside the rest of tls",
                        .remedy = none ? "name the PEM file, or give listen.control" : "name the PEM file"});
  };
  require("ca_file", tls.ca_file);
  require("certificate_file", tls.certificate_file);
  require("private_key_file", tls.private_key_file);
}

}  // namespace

std::vector<Breach> validate(const AgentConfig& config) {
  std::vector<Breach> breaches;
  check_tls(config, breaches);
  check_handshake(config.ship, breaches);
  check_bandwidth_schedule(config.ship.bandwidth_schedule, breaches);
  UniqueNames names{"connectors", "connector"};
  for (std::size_t i = 0; i < config.connectors.size(); ++i) {
    const ConnectorConfig& connector = config.connectors[i];
    const std::string path = "connectors[" + std::to_string(i) + "]";
    names.add(i, connector.name, breaches);
    check_connector(path, connector, breaches);
  }
  return breaches;
}

std::vector<Breach> validate(const ProcessorConfig& config) {
  std::vector<Breach> breaches = validate_notify(config);
  check_places(config, breaches);
  check_tls(config, breaches);
  return breaches;
}

}  // namespace tidegate
