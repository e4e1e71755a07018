#include "agent/control/health.h"

#include <string>

namespace tidegate {
namespace {

bool works(Verdict verdict) { return verdict == Verdict::healthy || verdict == Verdict::idle || verdict == Verdict::throttled; }

Component component_of(std::string name_of_part, const StageState& state) {
  Component part;
  part.name = std::move(name_of_part);
  part.healthy = works(state.verdict);
  part.status = name(state.verdict);
  part.reason = state.reason;
  part.since = state.since;
  return part;
}

// The reason of the first part that is not well, with its name.
std::string reason_within(const Component& whole) {
  for (const Component& part : whole.parts) {
    if (part.healthy) continue;
    return part.name + ": " + (part.reason.empty() ? part.status : part.reason);
  }
  return {};
}

Component component_of(const ConnectorStatus& connector) {
  const Verdict verdict = connector.verdict();
  Component whole;
  whole.name = connector.name;
  whole.healthy = works(verdict) || verdict == Verdict::disabled;
  whole.status = name(verdict);
  for (const ContentStatus& content : connector.contents) {
    Component part = component_of(content.content_type, content.state);
    if (content.state.verdict == verdict && part.since > whole.since) whole.since = part.since;
    if (connector.enabled) whole.parts.push_back(std::move(part));
  }
  if (!whole.healthy) whole.reason = reason_within(whole);
  return whole;
}

Component connectors_of(const AgentStatus& status) {
  Component all;
  all.name = "connectors";
  bool collecting = false;
  bool good = true;
  for (const ConnectorStatus& connector : status.connectors) {
    all.parts.push_back(component_of(connector));
    collecting = collecting || connector.enabled;
    good = good && all.parts.back().healthy;
  }
  all.healthy = collecting && good;
  all.status = collecting ? (good ? "healthy" : "degraded") : "disabled";
  all.reason = collecting ? reason_within(all) : "no connector is enabled";
  return all;
}

Component uplink_of(const StageState& state) {
  Component uplink = component_of("uplink", state);
  // Before the first chunk there is nothing to say against it.
  if (state.verdict == Verdict::starting) uplink.healthy = true;
  return uplink;
}

Component journal_of(const JournalUsage& usage) {
  Component journal;
  journal.name = "journal";
  const bool fills = usage.budget > 0 && usage.bytes >= usage.budget / 100 * journal_filling_percent;
  journal.healthy = !fills && usage.set_aside.empty();
  journal.status = fills ? "filling" : (journal.healthy ? "healthy" : "degraded");
  if (fills) journal.reason = "more than " + std::to_string(journal_filling_percent) + " % of its budget are used";
  else if (!journal.healthy) journal.reason = "the processor refused chunks, which are set aside";
  return journal;
}

Component configuration_of(const RemoteStatus& remote) {
  Component configuration;
  configuration.name = "configuration";
  configuration.healthy = remote.state != RemoteState::failed;
  configuration.status = name(remote.state);
  configuration.reason = remote.reasons;
  return configuration;
}

}  // namespace

Component health_of(const AgentStatus& status) {
  const Verdict verdict = status.verdict();
  Component whole;
  whole.name = status.sensor;
  whole.healthy = works(verdict);
  whole.status = name(verdict);
  whole.since = status.started;
  whole.parts.push_back(connectors_of(status));
  whole.parts.push_back(uplink_of(status.uplink));
  whole.parts.push_back(journal_of(status.journal));
  if (status.control) whole.parts.push_back(configuration_of(status.control->configuration));
  if (!whole.healthy) whole.reason = reason_within(whole);
  return whole;
}

}  // namespace tidegate
