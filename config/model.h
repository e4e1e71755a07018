// The configuration as plain structs: what the rest of the program is given. A model that came out of parse_agent() or
// parse_processor() is whole and valid: regions are resolved, bounds hold, names are unique. The values that stand here
// are the defaults of the field table (fields.h); a test holds the two together.
//
// Thread: values; copy them. Secrets print as ***.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/secret.h"

namespace tidegate {

inline constexpr std::string_view agent_config_file = "/etc/tidegate/agent.yaml";
inline constexpr std::string_view processor_config_file = "/etc/tidegate/processor.yaml";

// A place on the network: "dp1.example.net:24224", "[::1]:9273". The host has no brackets here.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  auto operator<=>(const HostPort&) const = default;
};

// As it would be written, with brackets where the host is an IPv6 address.
std::string to_text(const HostPort& place);

// Files of a mutual TLS identity (PEM). An empty ca_file stands for the system's roots; an empty certificate_file and
// private_key_file (always both) for no certificate of one's own. Both are possible only with Receiver::forward.
struct TlsFiles {
  std::string ca_file;
  std::string certificate_file;
  std::string private_key_file;

  bool operator==(const TlsFiles&) const = default;
};

struct SensorConfig {
  std::string name;  // printable ASCII, unique in the fleet
  std::string state_directory = "/var/lib/tidegate/agent";
  std::string sealing_key_file;  // empty: a credential of the service manager's, or <state_directory>/sealing.key

  bool operator==(const SensorConfig&) const = default;
};

// Where the agent's data goes, in order of preference.
struct UplinkConfig {
  std::vector<HostPort> data;  // at least one
  std::string control;         // wss URL; empty: no control link
  TlsFiles tls;

  bool operator==(const UplinkConfig&) const = default;
};

struct StorageConfig {
  std::uint64_t budget = 4ull << 30;     // bytes of disk kept for the backlog (P5)
  std::uint64_t keep_free = 1ull << 30;  // bytes of the file system that are never filled

  bool operator==(const StorageConfig&) const = default;
};

enum class Receiver : std::uint8_t { tidegate, forward };
enum class ShipCompression : std::uint8_t { zstd, gzip, none };

std::string_view name(Receiver receiver);
std::string_view name(ShipCompression compression);
// What a receiver is sent where the configuration does not say: zstd to a processor of ours, gzip to any other.
ShipCompression default_compression(Receiver receiver);

enum class Weekday : std::uint8_t { mon, tue, wed, thu, fri, sat, sun };

std::string_view name(Weekday day);

inline constexpr std::size_t bandwidth_rules_max = 32;  // of a schedule

// A bandwidth that holds at certain times of the week, in UTC. An interval that ends before its beginning passes midnight; the
// days are those on which it begins.
struct BandwidthRule {
  std::set<Weekday> days{Weekday::mon, Weekday::tue, Weekday::wed, Weekday::thu, Weekday::fri, Weekday::sat, Weekday::sun};
  std::chrono::minutes from{};  // since midnight
  std::chrono::minutes to{};
  std::optional<std::uint64_t> bandwidth;  // as ShipConfig has it

  bool operator==(const BandwidthRule&) const = default;
};

struct ShipConfig {
  Receiver receiver = Receiver::tidegate;
  ShipCompression compression = ShipCompression::zstd;
  std::uint64_t in_flight = 8ull << 20;           // bytes sent and not yet acknowledged
  std::optional<std::uint64_t> bandwidth;         // bits per second; absent: unlimited
  std::vector<BandwidthRule> bandwidth_schedule;  // the first that holds; where none does: bandwidth
  std::uint64_t refusals = 10;                    // of one chunk, while others are taken, before it is set aside
  // With Receiver::forward alone: the handshake that such a receiver may want. The files hold one line each, and are read at each
  // connection (secret_file.h).
  std::string shared_key_file;  // empty: no handshake
  std::string username;         // empty: none; with it always a password_file
  std::string password_file;

  bool operator==(const ShipConfig&) const = default;
};

// What the processor may do to this sensor over the control link. Only the sensor's own file says so.
struct RemoteConfig {
  bool accept = true;               // documents of connectors, and commands; else it may look on
  std::vector<HostPort> api_hosts;  // that a document, or a responder, may name beside those of the regions
  std::vector<HostPort> proxies;    // that a document, or a responder, may name

  bool operator==(const RemoteConfig&) const = default;
};

enum class LogOutput : std::uint8_t { automatic, journal, json, text };

std::string_view name(LogOutput output);

struct LogConfig {
  Level level = Level::info;
  LogOutput format = LogOutput::automatic;  // automatic: journal under a service manager, else text

  bool operator==(const LogConfig&) const = default;
};

// What a connector can collect. The enumerators are named as in the configuration.
enum class ContentType : std::uint8_t { alerts, audit_logs, observed_attack_techniques };

std::string_view name(ContentType type);

// Where techniques are read: from the list of detections, or from the data pipeline, which a tenant with high volume wants.
enum class TechniquesFrom : std::uint8_t { detections, pipeline };

std::string_view name(TechniquesFrom from);

// Of a technique, as the API names it.
enum class RiskLevel : std::uint8_t { info, low, medium, high, critical };

std::string_view name(RiskLevel level);

struct TenantConfig {
  std::string id;
  std::string name;

  bool operator==(const TenantConfig&) const = default;
};

inline constexpr std::size_t connectors_max = 256;  // of a sensor
inline constexpr std::size_t log_filters_max = 64;  // of a connector

// A rule about what is not worth storing, on the API's record. Exactly one of the two queries is given (filter_query.h).
struct LogFilterConfig {
  std::string name;  // unique in the connector; printable ASCII
  std::set<ContentType> content_types{ContentType::alerts, ContentType::audit_logs, ContentType::observed_attack_techniques};
  std::string include;  // a record is dropped where no include of its content type matches
  std::string exclude;  // a record is dropped where an exclude matches

  bool operator==(const LogFilterConfig&) const = default;
};

struct ConnectorConfig {
  std::string name;  // unique in the file; printable ASCII
  std::string type;  // "trendmicro_visionone"
  TenantConfig tenant;
  std::string region;             // empty when the URL was given
  std::string api_base_url;       // given, or the region's; no slash at its end
  Secret bearer_token;            // this or the file, never both; load_token() in token.h answers for either
  std::string bearer_token_file;  // read when needed, so that a renewed token needs no new configuration
  std::chrono::milliseconds interval = std::chrono::minutes{5};  // of every content type but audit logs
  std::set<ContentType> content_types{ContentType::alerts, ContentType::audit_logs, ContentType::observed_attack_techniques};
  TechniquesFrom techniques_from = TechniquesFrom::detections;
  std::set<RiskLevel> pipeline_risk_levels{RiskLevel::info, RiskLevel::low, RiskLevel::medium, RiskLevel::high,
                                           RiskLevel::critical};
  std::chrono::milliseconds audit_logs_interval = std::chrono::hours{24};
  std::chrono::seconds first_read = std::chrono::hours{24};  // how far back the first window reaches
  std::chrono::seconds overlap = std::chrono::minutes{10};   // how far a window reaches back before the cursor
  std::chrono::seconds settle = std::chrono::minutes{2};     // how far behind the present a window ends
  std::chrono::seconds window = std::chrono::hours{24};      // the longest one
  std::uint64_t window_records_max = 20000;                  // a window with more is split
  std::uint64_t requests_per_minute = 300;                   // per endpoint of the API
  Secret proxy;                                              // HTTP proxy URL; may hold a password. Empty: none
  std::string ca_file;                                       // PEM; empty: the system's roots
  std::vector<LogFilterConfig> log_filters;
  bool enabled = true;

  // The polling interval of one content type.
  std::chrono::milliseconds interval_of(ContentType content) const {
    return content == ContentType::audit_logs ? audit_logs_interval : interval;
  }

  bool operator==(const ConnectorConfig&) const = default;
};

struct AgentConfig {
  SensorConfig sensor;
  UplinkConfig processor;
  StorageConfig storage;
  ShipConfig ship;
  RemoteConfig remote;
  HostPort metrics_listen{.host = "127.0.0.1", .port = 9273};
  std::string control_socket = "/run/tidegate/agent.sock";
  LogConfig log;
  std::vector<ConnectorConfig> connectors;

  bool operator==(const AgentConfig&) const = default;
};

// Of what happens in the fleet, the least first.
enum class EventSeverity : std::uint8_t { warning, critical };

std::string_view name(EventSeverity severity);

enum class NotifyType : std::uint8_t { webhook, smtp };

std::string_view name(NotifyType type);

enum class SmtpTls : std::uint8_t { starttls, implicit, none };

std::string_view name(SmtpTls tls);

inline constexpr std::size_t notify_channels_max = 16;  // of a processor

// A way in which people are told of the fleet's events. Secrets stand in files of their own alone, which hold one line each and are
// read at each message (secret_file.h).
struct NotifyConfig {
  std::string name;  // unique in the file
  NotifyType type = NotifyType::webhook;
  EventSeverity least_severity = EventSeverity::warning;
  std::vector<std::string> tenants;  // empty: all
  std::uint64_t per_minute = 6;      // messages at most
  std::string ca_file;               // PEM; empty: the system's roots
  // A webhook's.
  std::string url;
  std::string header_name;  // empty: none; with it always a header_value_file
  std::string header_value_file;
  std::string proxy;  // HTTP proxy URL, without credentials; empty: none
  // Mail's.
  HostPort server;
  SmtpTls tls = SmtpTls::starttls;
  std::string username;  // empty: none; with it always a password_file
  std::string password_file;
  std::string from;
  std::vector<std::string> to;

  bool operator==(const NotifyConfig&) const = default;
};

struct CentreConfig {
  std::string state_directory = "/var/lib/tidegate/processor";
  std::vector<std::string> names;  // of its own certificate; empty: what this machine is called
  std::string sealing_key_file;    // empty: <state_directory>/sealing.key

  bool operator==(const CentreConfig&) const = default;
};

struct ProcessorConfig {
  CentreConfig processor;
  HostPort data_listen{.host = "0.0.0.0", .port = 24224};
  HostPort control_listen;                                      // without a host: no control plane
  std::string control_socket = "/run/tidegate/processor.sock";  // only with one
  TlsFiles tls;                                                 // all three, or none: the authority issues what is needed
  HostPort metrics_listen{.host = "127.0.0.1", .port = 9274};
  LogConfig log;
  std::vector<NotifyConfig> notify;  // only with a control plane

  bool has_control() const { return !control_listen.host.empty(); }
  bool operator==(const ProcessorConfig&) const = default;
};

}  // namespace tidegate
