// What becomes of a run that a sensor carries out: by the sensor's word, or without it. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "respond/run.h"

namespace tidegate {

// Some part of it, a target or its request, is not settled.
bool has_open_part(const ActionRun& run);
// Something of it was begun, so somebody has taken it.
bool was_taken(const ActionRun& run);
// Each open part comes to that end.
void settle_parts(ActionRun& run, ResponseState state, const std::string& reason, WallTime now);
// Nobody takes back in time what it has done: a person has to.
void drop_limit(ActionRun& run, std::string_view reason);

// P10: what is reported is the run that is here: handed to that ledger, of that sensor, about the same.
bool is_report_of(const ActionRun& here, const ActionRun& reported, std::string_view ledger);
// It takes the run back because its time was over, which a sensor begins by itself, once; nothing else does. `undoing`: what takes
// it back already; null: nothing, or nothing that is known.
bool is_end_of_limit(const ActionRun& here, const ActionRun& reported, std::string_view ledger, const ActionRun* undoing);
// What the sensor says of the run, beside what is the processor's to say. `keeps_undoing`: what takes it back is what is known
// here.
//   requires: is_report_of()
void merge_report(ActionRun& here, const ActionRun& reported, bool keeps_undoing);

}  // namespace tidegate
