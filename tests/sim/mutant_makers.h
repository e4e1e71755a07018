// The makers of the mutants, each with what it breaks and why the checkers must see it; the table is in mutants.cc.
#pragma once

#include <cstdint>
#include <memory>

#include "agent/control/status.h"
#include "agent/control_ports.h"
#include "agent/ports.h"
#include "config/model.h"
#include "processor/ports.h"
#include "tests/sim/mutants.h"

namespace tidegate {

inline constexpr std::uint64_t every_tenth = 10;  // page, chunk or ack is broken

// mutants_store.cc
std::unique_ptr<Store> losing_pages(std::unique_ptr<Store> real);
std::unique_ptr<Store> splitting_pages(std::unique_ptr<Store> real);
std::unique_ptr<Store> dropping_when_full(std::unique_ptr<Store> real);
std::unique_ptr<Store> hiding_alerts(std::unique_ptr<Store> real);
std::unique_ptr<Store> forgetting_damage(std::unique_ptr<Store> real);

// mutants_uplink.cc
std::unique_ptr<Uplink> acknowledging_unsent(std::unique_ptr<Uplink> real);
std::unique_ptr<Uplink> losing_acks(std::unique_ptr<Uplink> real);
std::unique_ptr<Uplink> swapping_order(std::unique_ptr<Uplink> real);

// mutants_source.cc
std::unique_ptr<Source> renaming_records(std::unique_ptr<Source> real);
std::unique_ptr<Source> settling_late(std::unique_ptr<Source> real);
std::unique_ptr<Source> remembering_all(std::unique_ptr<Source> real);
void overlapping_too_little(ConnectorConfig& config);
void asking_too_often(ConnectorConfig& config);
AgentStatus always_healthy(AgentStatus real);

// mutants_control.cc
std::unique_ptr<ConfigKeeper> keeping_what_failed(std::unique_ptr<ConfigKeeper> real);
std::unique_ptr<ConfigKeeper> forgetting_what_was_kept(std::unique_ptr<ConfigKeeper> real);
std::unique_ptr<ConnectorCheck> trusting_every_connector(std::unique_ptr<ConnectorCheck> real);
SensorMutant standing_still_when_refused();

// mutants_processor.cc
std::unique_ptr<Landing> landing_too_late(std::unique_ptr<Landing> real);

}  // namespace tidegate
