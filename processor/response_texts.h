// Responders and actions in words for people and as JSON, as control_texts.h has the rest. No secret is in them, and of what came
// from outside no control character. Warnings stand first: they last for as long as their cause does.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "processor/respond/action_order.h"
#include "processor/respond_ports.h"
#include "respond/run.h"

namespace tidegate {

// "WARNING: …", a line each.
std::string warnings_text(const std::vector<std::string>& warnings);

// What may be asked of responders at the moment.
enum class Sending : std::uint8_t { goes_on, stopped };
std::string responders_text(const std::map<std::string, KeptResponder>& responders, Sending sending);
std::string responders_json(const std::map<std::string, KeptResponder>& responders, Sending sending);
std::string responder_text(const KeptResponder& kept);
std::string responder_json(const KeptResponder& kept);

struct RunsPage {
  std::vector<ActionRun> runs;
  std::optional<std::uint64_t> total;  // of all that match; told with the first page alone
  std::string next;                    // the id before which the next page begins; empty: it was the last
};
std::string runs_text(const RunsPage& page);
std::string runs_json(const RunsPage& page);

// "3f2a…  succeeded  isolate_endpoint  2 targets: 2 succeeded", with its end of line.
std::string run_line(const ActionRun& run);
std::string run_text(const ActionRun& run, const std::vector<std::string>& warnings);
std::string run_json(const ActionRun& run, const std::vector<std::string>& warnings);
// A dry run with what would be sent.
std::string dry_run_text(const ActionDraft& dry, const std::vector<std::string>& warnings);
std::string dry_run_json(const ActionDraft& dry, const std::vector<std::string>& warnings);

// What those who follow have seen: another text, another state of some part.
std::string progress_of(const ActionRun& run);
std::string run_progress_json(const ActionRun& run);

}  // namespace tidegate
