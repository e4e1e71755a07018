// The staged test of one connector against its real API, beside collection: with sources, budgets and counters of its own. The
// command runs it in its own process, the daemon for whoever asks over the local socket or the control link.
//
// Thread: the loop. Bounded by the stages' own limits (connector_test.h). Source: design, section 6.4.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "agent/control/connector_test.h"
#include "agent/ports.h"
#include "config/model.h"

namespace tidegate {

//   requires: what `around` refers to outlives the wait
asio::awaitable<ConnectorReport> run_staged_test(ConnectorConfig connector, Surroundings around,
                                                 ConnectorTest::OnStage on_stage = {});

}  // namespace tidegate
