#include "agent/control/status.h"

#include <algorithm>
#include <utility>

#include "base/json_writer.h"

namespace tidegate {
namespace {

// From best to worst, so that the worst is the maximum.
int weight(Verdict verdict) {
  switch (verdict) {
    case Verdict::healthy: return 0;
    case Verdict::idle: return 1;
    case Verdict::disabled: return 2;
    case Verdict::starting: return 3;
    case Verdict::throttled: return 4;
    case Verdict::degraded: return 5;
    case Verdict::paused: return 6;
    case Verdict::unreachable: return 7;
    case Verdict::misconfigured: return 8;
    case Verdict::auth_failed: return 9;
  }
  return 9;
}

Verdict worse(Verdict a, Verdict b) { return weight(a) >= weight(b) ? a : b; }

constexpr std::string_view set_aside_remedy =
    "the processor's log says why it refused them; when that is mended, `tidegate-agent queue resend` ships them again";

std::string_view control_remedy(Verdict verdict) {
  if (verdict != Verdict::unreachable) return {};
  return "check network, firewall and certificates between this sensor and processor.control; collection goes on without it";
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

void write_state(ObjectWriter& object, const StageState& state, std::string_view advice) {
  object.text("state", name(state.verdict));
  object.time("since", state.since);
  object.text("reason", state.reason);
  object.text("remedy", advice);
}

void write_gap(std::string& out, const Gap& gap) {
  ObjectWriter object{out};
  object.time("from", gap.from);
  object.time("to", gap.to);
  object.number("seconds", gap.length().count());
  object.text("reason", gap.reason);
  object.time("noted", gap.noted);
}

void write_token(std::string& out, const TokenView& token) {
  ObjectWriter object{out};
  object.text("source", name(token.expiry.source));
  object.time("expires", token.expiry.expires);
  object.text("level", name(token.level));
}

void write_content(std::string& out, const ContentStatus& content) {
  ObjectWriter object{out};
  object.text("content_type", content.content_type);
  write_state(object, content.state, remedy(content.state.verdict));
  object.number("lag_seconds", content.lag.count());
  object.time("read_through", content.read_through);
  object.time("last_success", content.last_success);
  object.time("last_record", content.last_record);
  object.number("next_poll_seconds", content.next_poll_in.count());
  object.number("ids_remembered", static_cast<std::int64_t>(content.ids_remembered));
  std::string& list = object.key("gaps");
  list.push_back('[');
  for (const Gap& gap : content.gaps) {
    if (&gap != &content.gaps.front()) list.push_back(',');
    write_gap(list, gap);
  }
  list.push_back(']');
}

void write_connector(std::string& out, const ConnectorStatus& connector) {
  ObjectWriter object{out};
  object.text("name", connector.name);
  object.text("tenant", connector.tenant);
  object.text("state", name(connector.verdict()));
  write_token(object.key("token"), connector.token);
  std::string& list = object.key("content_types");
  list.push_back('[');
  for (const ContentStatus& content : connector.contents) {
    if (&content != &connector.contents.front()) list.push_back(',');
    write_content(list, content);
  }
  list.push_back(']');
}

void write_journal(std::string& out, const JournalUsage& usage, WallTime now) {
  ObjectWriter object{out};
  object.number("bytes", static_cast<std::int64_t>(usage.bytes));
  object.number("budget_bytes", static_cast<std::int64_t>(usage.budget));
  std::string& lanes = object.key("lanes");
  lanes.push_back('[');
  for (const Lane lane : all_lanes) {
    if (lane != all_lanes.front()) lanes.push_back(',');
    const LaneUsage& kept = usage.lane(lane);
    ObjectWriter row{lanes};
    row.text("lane", name(lane));
    row.number("records", static_cast<std::int64_t>(kept.records));
    row.number("bytes", static_cast<std::int64_t>(kept.bytes));
    row.number("oldest_seconds", kept.empty() ? 0 : std::chrono::floor<std::chrono::seconds>(now - kept.oldest).count());
  }
  lanes.push_back(']');
  ObjectWriter aside{object.key("set_aside")};
  aside.number("chunks", static_cast<std::int64_t>(usage.set_aside.last + 1 - usage.set_aside.first));
  aside.number("records", static_cast<std::int64_t>(usage.set_aside.records));
  aside.number("bytes", static_cast<std::int64_t>(usage.set_aside.bytes));
  aside.text("remedy", usage.set_aside.empty() ? std::string_view{} : set_aside_remedy);
}

// Lines as a list, since an offer is refused with all reasons at once.
void write_control(ObjectWriter& object, const ControlStatus& control) {
  {
    ObjectWriter link{object.key("control")};
    write_state(link, control.link, control_remedy(control.link.verdict));
  }
  ObjectWriter configuration{object.key("configuration")};
  configuration.text("state", name(control.configuration.state));
  configuration.number("revision", static_cast<std::int64_t>(control.configuration.revision));
  std::string& list = configuration.key("reasons");
  list.push_back('[');
  bool first = true;
  for (const std::string_view line : lines_of(control.configuration.reasons)) {
    if (!std::exchange(first, false)) list.push_back(',');
    append_json_string(list, line);
  }
  list.push_back(']');
}

void write_actions(std::string& list, const std::vector<ActionTrouble>& troubles) {
  list.push_back('[');
  for (const ActionTrouble& trouble : troubles) {
    if (&trouble != &troubles.front()) list.push_back(',');
    ObjectWriter object{list};
    object.text("part", trouble.part);
    object.text("reason", trouble.reason);
  }
  list.push_back(']');
}

std::string line_of(std::string_view indent, std::string_view what, const StageState& state, std::string_view advice) {
  std::string line{indent};
  line.append(what).append("  ").append(name(state.verdict)).append(" since ").append(to_iso8601(state.since));
  if (!state.reason.empty()) line.append("\n").append(indent).append("  reason: ").append(state.reason);
  if (!advice.empty()) line.append("\n").append(indent).append("  remedy: ").append(advice);
  return line + "\n";
}

std::string control_text(const ControlStatus& control) {
  std::string out = line_of("  ", "control", control.link, control_remedy(control.link.verdict));
  const RemoteStatus& offer = control.configuration;
  out.append("  configuration  ").append(name(offer.state));
  if (offer.revision != 0) out.append(", revision ").append(std::to_string(offer.revision));
  out.append("\n");
  for (const std::string_view line : lines_of(offer.reasons)) out.append("    reason: ").append(line).append("\n");
  return out;
}

}  // namespace

Verdict ConnectorStatus::verdict() const {
  if (!enabled) return Verdict::disabled;
  if (contents.empty()) return Verdict::starting;
  Verdict worst = contents.front().state.verdict;
  for (const ContentStatus& content : contents) worst = worse(worst, content.state.verdict);
  return worst;
}

Verdict AgentStatus::verdict() const {
  bool collecting = false;
  // Before the first chunk there is nothing to say of the way to the processor.
  Verdict worst = uplink.verdict == Verdict::starting ? Verdict::idle : uplink.verdict;
  if (!journal.set_aside.empty()) worst = worse(worst, Verdict::degraded);
  for (const ConnectorStatus& connector : connectors) {
    if (!connector.enabled) continue;
    collecting = true;
    worst = worse(worst, connector.verdict());
  }
  return collecting ? worst : worse(worst, Verdict::disabled);
}

std::string status_json(const AgentStatus& status) {
  std::string out;
  {
    ObjectWriter object{out};
    object.text("sensor", status.sensor);
    object.text("version", TIDEGATE_VERSION);
    object.text("state", name(status.verdict()));
    object.time("now", status.now);
    object.time("started", status.started);
    std::string& list = object.key("connectors");
    list.push_back('[');
    for (const ConnectorStatus& connector : status.connectors) {
      if (&connector != &status.connectors.front()) list.push_back(',');
      write_connector(list, connector);
    }
    list.push_back(']');
    {
      ObjectWriter uplink{object.key("uplink")};
      write_state(uplink, status.uplink, uplink_remedy(status.uplink.verdict));
      uplink.time("last_ack", status.last_ack);
      uplink.number("chunks_in_flight", static_cast<std::int64_t>(status.chunks_in_flight));
    }
    write_journal(object.key("journal"), status.journal, status.now);
    if (status.control) write_control(object, *status.control);
    if (!status.actions.empty()) write_actions(object.key("actions"), status.actions);
  }
  return out;
}

std::string status_text(const AgentStatus& status) {
  std::string out =
      status.sensor + "  " + std::string{name(status.verdict())} + ", running since " + to_iso8601(status.started) + "\n";
  for (const ConnectorStatus& connector : status.connectors) {
    out.append("  connector ").append(connector.name).append("  ").append(name(connector.verdict())).append("\n");
    if (connector.token.expiry.source != TokenExpiry::Source::unknown)
      out.append("    token ")
          .append(expiry_text(connector.token.expiry,
                              status.now + connector.token.expiry.clock_offset.value_or(std::chrono::seconds{0})))
          .append("\n");
    for (const ContentStatus& content : connector.contents) {
      out.append(line_of("    ", content.content_type, content.state, remedy(content.state.verdict)));
      out.append("      read through ").append(content.read_through ? to_iso8601(*content.read_through) : "nothing yet");
      out.append(", lag ").append(std::to_string(content.lag.count())).append(" s, next poll in ");
      out.append(std::to_string(content.next_poll_in.count())).append(" s\n");
      for (const Gap& gap : content.gaps)
        out.append("      gap from ")
            .append(to_iso8601(gap.from))
            .append(" to ")
            .append(to_iso8601(gap.to))
            .append(": ")
            .append(gap.reason + "\n");
    }
  }
  out.append(line_of("  ", "uplink", status.uplink, uplink_remedy(status.uplink.verdict)));
  if (status.control) out.append(control_text(*status.control));
  for (const ActionTrouble& trouble : status.actions) {
    out.append("  actions  ").append(trouble.part).append("\n");
    for (const std::string_view line : lines_of(trouble.reason)) out.append("    reason: ").append(line).append("\n");
  }
  out.append("  journal  ")
      .append(std::to_string(status.journal.bytes))
      .append(" of ")
      .append(std::to_string(status.journal.budget))
      .append(" bytes\n");
  for (const Lane lane : all_lanes) {
    const LaneUsage& kept = status.journal.lane(lane);
    if (!kept.empty())
      out.append("    ").append(name(lane)).append("  ").append(std::to_string(kept.records)).append(" records wait\n");
  }
  if (const LaneUsage& aside = status.journal.set_aside; !aside.empty())
    out.append("    set aside  ")
        .append(std::to_string(aside.records))
        .append(" records that the processor refused\n      remedy: ")
        .append(set_aside_remedy)
        .append("\n");
  return out;
}

}  // namespace tidegate
