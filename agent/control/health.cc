#include "agent/control/health.h"

#include <algorithm>
#include <string>
#include <utility>

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

// A concern of its own beside the tree of what works: sound until something is noted in it.
struct Concern {
  explicit Concern(std::string called) {
    whole.name = std::move(called);
    whole.healthy = true;
    whole.status = "healthy";
  }
  void note(std::string name_of_part, std::string status, std::string reason, WallTime since = {}) {
    Component part;
    part.name = std::move(name_of_part);
    part.status = std::move(status);
    part.reason = std::move(reason);
    part.since = since;
    whole.healthy = false;
    whole.status = "degraded";
    whole.parts.push_back(std::move(part));
    whole.reason = reason_within(whole);
  }

  Component whole;
};

Component tokens_of(const AgentStatus& status) {
  Concern tokens{"tokens"};
  for (const ConnectorStatus& connector : status.connectors) {
    const TokenView& token = connector.token;
    if (!connector.enabled || token.level < ExpiryLevel::week || !token.expiry.expires) continue;
    const bool over = token.level == ExpiryLevel::expired;
    tokens.note(connector.name, over ? "expired" : "expires_soon",
                (over ? "its API token expired " : "its API token expires ") + to_iso8601(*token.expiry.expires));
  }
  return std::move(tokens.whole);
}

Component lag_of(const AgentStatus& status) {
  Concern lag{"lag"};
  for (const ConnectorStatus& connector : status.connectors) {
    for (const ContentStatus& content : connector.contents) {
      const std::chrono::hours told_from =
          content.content_type == name(Lane::audit_logs) ? audit_logs_lag_told_from : lag_told_from;
      if (!connector.enabled || content.lag < told_from) continue;
      // Without the lag itself, which changes with every page.
      lag.note(connector.name + " " + content.content_type, "lagging",
               "reading is " + std::to_string(told_from.count()) + " h behind, or more");
    }
  }
  return std::move(lag.whole);
}

Component gaps_of(const AgentStatus& status) {
  Concern gaps{"gaps"};
  for (const ConnectorStatus& connector : status.connectors) {
    for (const ContentStatus& content : connector.contents) {
      if (content.gaps.empty()) continue;
      const Gap& newest = *std::ranges::max_element(content.gaps, {}, &Gap::noted);
      if (status.now - newest.noted >= gap_told_for) continue;
      gaps.note(connector.name + " " + content.content_type, "gap",
                to_iso8601(newest.from) + " to " + to_iso8601(newest.to) + ": " + newest.reason, newest.noted);
    }
  }
  return std::move(gaps.whole);
}

Component clock_of(const AgentStatus& status) {
  Concern clock{"clock"};
  for (const ConnectorStatus& connector : status.connectors) {
    const std::optional<std::chrono::seconds>& offset = connector.token.expiry.clock_offset;
    if (!connector.enabled || !offset || std::chrono::abs(*offset) < clock_offset_told_from) continue;
    clock.note(connector.name, "off",
               "the API's clock is " + std::to_string(std::chrono::abs(*offset).count()) + " s " +
                   (offset->count() > 0 ? "ahead of" : "behind") + " this machine's: set the machine's by NTP");
  }
  return std::move(clock.whole);
}

Component actions_of(const std::vector<ActionTrouble>& troubles) {
  Concern actions{"actions"};
  for (const ActionTrouble& trouble : troubles) actions.note(trouble.part, "degraded", trouble.reason, trouble.since);
  return std::move(actions.whole);
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
  for (Component (*const concern)(const AgentStatus&) : {tokens_of, lag_of, gaps_of, clock_of})
    whole.parts.push_back(concern(status));
  if (status.control) whole.parts.push_back(configuration_of(status.control->configuration));
  if (!status.actions.empty()) whole.parts.push_back(actions_of(status.actions));
  if (!whole.healthy) whole.reason = reason_within(whole);
  return whole;
}

}  // namespace tidegate
