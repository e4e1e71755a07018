#include "config/model.h"

namespace tidegate {

std::string to_text(const HostPort& place) {
  const bool bare_ipv6 = place.host.find(':') != std::string::npos;
  return (bare_ipv6 ? "[" + place.host + "]" : place.host) + ":" + std::to_string(place.port);
}

std::string_view name(Receiver receiver) { return receiver == Receiver::tidegate ? "tidegate" : "forward"; }

std::string_view name(ShipCompression compression) {
  switch (compression) {
    case ShipCompression::zstd: return "zstd";
    case ShipCompression::gzip: return "gzip";
    case ShipCompression::none: break;
  }
  return "none";
}

ShipCompression default_compression(Receiver receiver) {
  return receiver == Receiver::tidegate ? ShipCompression::zstd : ShipCompression::gzip;
}

std::string_view name(Weekday day) {
  switch (day) {
    case Weekday::mon: return "mon";
    case Weekday::tue: return "tue";
    case Weekday::wed: return "wed";
    case Weekday::thu: return "thu";
    case Weekday::fri: return "fri";
    case Weekday::sat: return "sat";
    case Weekday::sun: break;
  }
  return "sun";
}

std::string_view name(LogOutput output) {
  switch (output) {
    case LogOutput::automatic: return "auto";
    case LogOutput::journal: return "journal";
    case LogOutput::json: return "json";
    case LogOutput::text: break;
  }
  return "text";
}

std::string_view name(ContentType type) {
  switch (type) {
    case ContentType::alerts: return "alerts";
    case ContentType::audit_logs: return "audit_logs";
    case ContentType::observed_attack_techniques: break;
  }
  return "observed_attack_techniques";
}

std::string_view name(TechniquesFrom from) { return from == TechniquesFrom::pipeline ? "pipeline" : "detections"; }

std::string_view name(RiskLevel level) {
  switch (level) {
    case RiskLevel::info: return "info";
    case RiskLevel::low: return "low";
    case RiskLevel::medium: return "medium";
    case RiskLevel::high: return "high";
    case RiskLevel::critical: break;
  }
  return "critical";
}

std::string_view name(EventSeverity severity) { return severity == EventSeverity::critical ? "critical" : "warning"; }

std::string_view name(NotifyType type) { return type == NotifyType::smtp ? "smtp" : "webhook"; }

std::string_view name(SmtpTls tls) {
  switch (tls) {
    case SmtpTls::starttls: return "starttls";
    case SmtpTls::implicit: return "implicit";
    case SmtpTls::none: break;
  }
  return "none";
}

}  // namespace tidegate
