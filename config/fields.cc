#include "config/fields.h"

#include <algorithm>
#include <array>

namespace tidegate {
namespace {

// The rows of a connector take effect when the file is read again; a running agent rebuilds nothing else.
constexpr std::array agent_table{
    Field{.path = "sensor.name",
          .kind = FieldKind::name,
          .most = "64",
          .need = Need::required,
          .doc = "The sensor's name, unique in the fleet; every record carries it."},
    Field{.path = "sensor.state_directory",
          .kind = FieldKind::path,
          .fallback = "/var/lib/tidegate/agent",
          .most = "1024",
          .doc = "Where the backlog, the cursors and the sensor's own state are kept."},
    Field{.path = "processor.data",
          .kind = FieldKind::places,
          .least = "1",
          .most = "16",
          .need = Need::required,
          .doc = "The processors that take the data, in order of preference; the next one is tried when one is away."},
    Field{.path = "processor.control",
          .kind = FieldKind::wss_url,
          .doc = "Where the control link goes, for example wss://dp1.example.net:4320/v1/opamp; this version makes none."},
    Field{.path = "processor.tls.ca_file",
          .kind = FieldKind::path,
          .most = "1024",
          .doc = "Certificates (PEM) that may vouch for a processor; needed where the receiver is tidegate."},
    Field{.path = "processor.tls.certificate_file",
          .kind = FieldKind::path,
          .most = "1024",
          .doc = "The sensor's own certificate (PEM); needed where the receiver is tidegate."},
    Field{.path = "processor.tls.private_key_file",
          .kind = FieldKind::path,
          .most = "1024",
          .doc = "The key of that certificate (PEM)."},
    Field{.path = "storage.budget",
          .kind = FieldKind::size,
          .fallback = "4GiB",
          .least = "64MiB",
          .most = "64TiB",
          .doc = "Disk kept for the backlog; when it is full, reading pauses and goes on from its cursor later."},
    Field{.path = "storage.keep_free",
          .kind = FieldKind::size,
          .fallback = "1GiB",
          .least = "0B",
          .most = "64TiB",
          .doc = "Space of the file system that is never filled, whatever the budget."},
    Field{.path = "ship.receiver",
          .kind = FieldKind::choice,
          .fallback = "tidegate",
          .allowed = "tidegate|forward",
          .doc = "What takes the data: a processor of Tidegate, or any other receiver of the Forward protocol, version 1."},
    Field{.path = "ship.compression",
          .kind = FieldKind::choice,
          .fallback = "zstd",
          .allowed = "zstd|gzip|none",
          .doc = "How segments are compressed, on disk and on the wire; the default is gzip where the receiver is forward."},
    Field{.path = "ship.in_flight",
          .kind = FieldKind::size,
          .fallback = "8MiB",
          .least = "64KiB",
          .most = "1GiB",
          .doc = "Bytes sent and not yet acknowledged, at most; one segment may always be under way."},
    Field{.path = "ship.bandwidth",
          .kind = FieldKind::rate,
          .fallback = "unlimited",
          .least = "8kbit/s",
          .most = "1000Gbit/s",
          .doc = "How fast data may be sent to the processor, fresh and backlog alike."},
    // Secret, because a key that is written here instead of its file must not be shown.
    Field{.path = "ship.shared_key_file",
          .kind = FieldKind::path,
          .most = "1024",
          .privacy = Privacy::secret,
          .doc = "A file with the key that a receiver of Forward asks for, read at each connection; needs receiver: forward."},
    Field{.path = "ship.username",
          .kind = FieldKind::text,
          .most = "128",
          .doc = "Who we are to a receiver of Forward that asks for users as well; needs shared_key_file and password_file."},
    Field{.path = "ship.password_file",
          .kind = FieldKind::path,
          .most = "1024",
          .privacy = Privacy::secret,
          .doc = "A file with that user's password, read at each connection."},
    Field{.path = "metrics.listen",
          .kind = FieldKind::place,
          .fallback = "127.0.0.1:9273",
          .doc = "Where metrics and health are served over HTTP; port 0 takes any free one."},
    Field{.path = "control.socket",
          .kind = FieldKind::path,
          .fallback = "/run/tidegate/agent.sock",
          .most = "107",
          .doc = "The local socket that the status commands talk to."},
    Field{.path = "log.level",
          .kind = FieldKind::choice,
          .fallback = "info",
          .allowed = "debug|info|warning|error",
          .doc = "The least important lines that are written."},
    Field{.path = "log.format",
          .kind = FieldKind::choice,
          .fallback = "auto",
          .allowed = "auto|journal|json|text",
          .doc = "How lines are written; auto means journal under a service manager and text elsewhere."},
    Field{.path = "connectors[].name",
          .kind = FieldKind::label,
          .most = "64",
          .need = Need::required,
          .applies = Applies::live,
          .doc = "The connector's name, unique on the sensor, in single-byte characters; its cursors are kept under it."},
    Field{.path = "connectors[].type",
          .kind = FieldKind::choice,
          .allowed = "trendmicro_visionone",
          .need = Need::required,
          .applies = Applies::live,
          .doc = "What is collected from."},
    Field{.path = "connectors[].tenant.id",
          .kind = FieldKind::label,
          .most = "128",
          .need = Need::required,
          .applies = Applies::live,
          .doc = "The tenant that the records belong to, as the processor knows it."},
    Field{.path = "connectors[].tenant.name",
          .kind = FieldKind::text,
          .most = "256",
          .need = Need::required,
          .applies = Applies::live,
          .doc = "The tenant's name for people."},
    Field{.path = "connectors[].region",
          .kind = FieldKind::choice,
          .allowed = "us|eu|au|in|jp|sg|mea|uae|uk|ca|usgov|za",
          .applies = Applies::live,
          .doc = "The region of the Vision One console; this or api_base_url."},
    Field{.path = "connectors[].api_base_url",
          .kind = FieldKind::url,
          .applies = Applies::live,
          .doc = "The API's own URL, for example https://api.eu.xdr.trendmicro.com; this or region."},
    Field{.path = "connectors[].bearer_token",
          .kind = FieldKind::token,
          .most = "65536",
          .applies = Applies::live,
          .privacy = Privacy::secret,
          .doc = "The API key of the console; this or bearer_token_file."},
    Field{.path = "connectors[].bearer_token_file",
          .kind = FieldKind::path,
          .most = "1024",
          .applies = Applies::live,
          .doc = "A file with the API key, read anew whenever it is needed; this or bearer_token."},
    Field{.path = "connectors[].interval",
          .kind = FieldKind::duration,
          .fallback = "5min",
          .least = "100ms",
          .most = "24h",
          .applies = Applies::live,
          .doc = "How often alerts and observed attack techniques are asked for."},
    Field{.path = "connectors[].content_types",
          .kind = FieldKind::choices,
          .fallback = "alerts|audit_logs|observed_attack_techniques",
          .allowed = "alerts|audit_logs|observed_attack_techniques",
          .applies = Applies::live,
          .doc = "What is collected."},
    Field{.path = "connectors[].techniques_from",
          .kind = FieldKind::choice,
          .fallback = "detections",
          .allowed = "detections|pipeline",
          .applies = Applies::live,
          .doc = "Where techniques are read: the list of detections, or the data pipeline, for tenants with high volume."},
    Field{.path = "connectors[].pipeline_risk_levels",
          .kind = FieldKind::choices,
          .fallback = "info|low|medium|high|critical",
          .allowed = "info|low|medium|high|critical",
          .applies = Applies::live,
          .doc = "Which techniques the data pipeline holds; what was before its registration comes whole, whatever stands here."},
    Field{.path = "connectors[].audit_logs_interval",
          .kind = FieldKind::duration,
          .fallback = "24h",
          .least = "100ms",
          .most = "7d",
          .applies = Applies::live,
          .doc = "How often audit logs are asked for."},
    Field{.path = "connectors[].first_read",
          .kind = FieldKind::duration,
          .fallback = "24h",
          .least = "0s",
          .most = "180d",
          .applies = Applies::live,
          .doc = "How far back the first window reaches, where nothing was read before."},
    Field{.path = "connectors[].overlap",
          .kind = FieldKind::duration,
          .fallback = "10min",
          .least = "0s",
          .most = "3d",
          .applies = Applies::live,
          .doc = "How far a window reaches back before the last one's end, to catch what arrives late."},
    Field{.path = "connectors[].settle",
          .kind = FieldKind::duration,
          .fallback = "2min",
          .least = "0s",
          .most = "1h",
          .applies = Applies::live,
          .doc = "How far behind the present a window ends."},
    Field{.path = "connectors[].window",
          .kind = FieldKind::duration,
          .fallback = "24h",
          .least = "1s",
          .most = "7d",
          .applies = Applies::live,
          .doc = "The longest interval that one sweep of pages covers."},
    Field{.path = "connectors[].window_records_max",
          .kind = FieldKind::count,
          .fallback = "20000",
          .least = "100",
          .most = "1000000",
          .applies = Applies::live,
          .doc = "A window with more records is split, so that its page links do not expire under way."},
    Field{.path = "connectors[].requests_per_minute",
          .kind = FieldKind::count,
          .fallback = "300",
          .least = "1",
          .most = "100000",
          .applies = Applies::live,
          .doc = "Requests to one endpoint of the API within a minute, at most."},
    Field{.path = "connectors[].proxy",
          .kind = FieldKind::proxy,
          .applies = Applies::live,
          .privacy = Privacy::secret,
          .doc = "The HTTP proxy on the way to the API, for example http://proxy.example.net:3128."},
    Field{.path = "connectors[].ca_file",
          .kind = FieldKind::path,
          .most = "1024",
          .applies = Applies::live,
          .doc = "Certificates (PEM) that may vouch for the API, where a proxy re-signs; else the system's."},
    Field{.path = "connectors[].log_filters[].name",
          .kind = FieldKind::label,
          .most = "64",
          .need = Need::required,
          .applies = Applies::live,
          .doc = "The filter's name, unique in the connector; what it drops is counted under it."},
    Field{.path = "connectors[].log_filters[].content_types",
          .kind = FieldKind::choices,
          .fallback = "alerts|audit_logs|observed_attack_techniques",
          .allowed = "alerts|audit_logs|observed_attack_techniques",
          .applies = Applies::live,
          .doc = "Which records it is for."},
    Field{.path = "connectors[].log_filters[].include",
          .kind = FieldKind::query,
          .most = "8192",
          .applies = Applies::live,
          .doc = "Records that no include of their content type matches are not stored; this or exclude."},
    Field{.path = "connectors[].log_filters[].exclude",
          .kind = FieldKind::query,
          .most = "8192",
          .applies = Applies::live,
          .doc = "Records that it matches are not stored, for example filters.riskLevel: info; this or include."},
    Field{.path = "connectors[].enabled",
          .kind = FieldKind::flag,
          .fallback = "true",
          .applies = Applies::live,
          .doc = "Whether it collects; a disabled connector keeps its cursors."},
};

constexpr std::array processor_table{
    Field{.path = "processor.state_directory",
          .kind = FieldKind::path,
          .fallback = "/var/lib/tidegate/processor",
          .most = "1024",
          .doc = "Where landed chunks and the index are kept."},
    Field{.path = "listen.data",
          .kind = FieldKind::place,
          .fallback = "0.0.0.0:24224",
          .doc = "Where sensors connect to; port 0 takes any free one."},
    Field{.path = "tls.ca_file",
          .kind = FieldKind::path,
          .most = "1024",
          .need = Need::required,
          .doc = "Certificates (PEM) that may vouch for a sensor."},
    Field{.path = "tls.certificate_file",
          .kind = FieldKind::path,
          .most = "1024",
          .need = Need::required,
          .doc = "The processor's own certificate (PEM)."},
    Field{.path = "tls.private_key_file",
          .kind = FieldKind::path,
          .most = "1024",
          .need = Need::required,
          .doc = "The key of that certificate (PEM)."},
    Field{.path = "metrics.listen",
          .kind = FieldKind::place,
          .fallback = "127.0.0.1:9274",
          .doc = "Where metrics and health are served over HTTP; port 0 takes any free one."},
    Field{.path = "log.level",
          .kind = FieldKind::choice,
          .fallback = "info",
          .allowed = "debug|info|warning|error",
          .doc = "The least important lines that are written."},
    Field{.path = "log.format",
          .kind = FieldKind::choice,
          .fallback = "auto",
          .allowed = "auto|journal|json|text",
          .doc = "How lines are written; auto means journal under a service manager and text elsewhere."},
};

// The rest of `path` below `section`; absent when it does not lie there.
std::optional<std::string_view> below(std::string_view path, std::string_view section) {
  if (section.empty()) return path;
  if (path.size() <= section.size() + 1 || !path.starts_with(section) || path[section.size()] != '.') return std::nullopt;
  return path.substr(section.size() + 1);
}

}  // namespace

FieldTable agent_fields() { return agent_table; }
FieldTable processor_fields() { return processor_table; }

std::string without_indexes(std::string_view path) {
  std::string plain;
  bool inside = false;
  for (char c : path) {
    if (c == ']') inside = false;
    if (!inside) plain.push_back(c);
    if (c == '[') inside = true;
  }
  return plain;
}

const Field* find_field(FieldTable table, std::string_view path) {
  const std::string plain = without_indexes(path);
  const auto found = std::find_if(table.begin(), table.end(), [&](const Field& field) { return field.path == plain; });
  return found == table.end() ? nullptr : &*found;
}

bool is_section(FieldTable table, std::string_view path) {
  return std::any_of(table.begin(), table.end(), [&](const Field& field) { return below(field.path, path).has_value(); });
}

std::vector<std::string_view> keys_of(FieldTable table, std::string_view section) {
  std::vector<std::string_view> keys;
  for (const Field& field : table) {
    const std::optional<std::string_view> rest = below(field.path, section);
    if (!rest) continue;
    const std::string_view key = rest->substr(0, rest->find_first_of(".["));
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  }
  return keys;
}

std::vector<std::string_view> split_choices(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t bar = std::min(text.find('|'), text.size());
    parts.push_back(text.substr(0, bar));
    text.remove_prefix(std::min(bar + 1, text.size()));
  }
  return parts;
}

std::vector<std::string_view> allowed_of(const Field& field) { return split_choices(field.allowed); }

std::string_view name(FieldKind kind) {
  switch (kind) {
    case FieldKind::name: return "name";
    case FieldKind::label: return "label";
    case FieldKind::text: return "text";
    case FieldKind::path: return "path";
    case FieldKind::url: return "URL";
    case FieldKind::wss_url: return "wss URL";
    case FieldKind::proxy: return "proxy URL";
    case FieldKind::token: return "token";
    case FieldKind::duration: return "duration";
    case FieldKind::size: return "size";
    case FieldKind::rate: return "bit rate";
    case FieldKind::count: return "number";
    case FieldKind::flag: return "true or false";
    case FieldKind::choice: return "one of";
    case FieldKind::choices: return "list of";
    case FieldKind::place: return "host:port";
    case FieldKind::places: return "list of host:port";
    case FieldKind::query: return "query";
  }
  return "value";
}

std::string_view name(Applies applies) { return applies == Applies::live ? "live" : "restart"; }

}  // namespace tidegate
