// `bench outage`: the receiver is away while the agent buffers a backlog, then comes back; fresh alerts arrive all the while.
//
//   drain_records_per_s       the backlog's techniques, from the first byte at the receiver to their last chunk. The agent tries to
//                             reach a receiver that is away after up to a minute: that wait is not in it
//   drain_cpu_s_per_million   of the agent over that time, all that it does, for a million of the backlog's records
//   fresh_alert_ms_max        of the alerts that the API served while the drain ran, the longest way from there to the receiver:
//                             request, parsing, the journal beside the drain, the wire. When the API served an alert is seen
//                             by looking at its statistics every 10 ms, and taken to be the last look that did not show it, so a
//                             figure is up to 10 ms too long and never too short. How long an alert waits to be asked for is the
//                             connector's interval and not in it. fresh_alerts says how many they were; where the drain was
//                             too short for any, it is the first one behind it, and fresh_alerts is 0
//   missing, twins            techniques and alerts, by their ids
//
// The receiver acknowledges at once and counts when all is over: counting 200,000 records a second takes more than one
// processor, and on a small machine it would be the count that is measured. receiver_cpu_s is what it took during the drain.
#pragma once

#include "bench/backlog.h"

namespace tidegate {

Result<Report> bench_outage(const BacklogOptions& options, const Clock& clock);

}  // namespace tidegate
