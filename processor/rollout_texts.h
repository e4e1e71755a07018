// Roll-outs in words for people and as JSON, as control_texts.h has the rest. Control characters of what sensors sent are taken
// out.
//
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "processor/fleet/rollouts.h"
#include "processor/rollout_ports.h"

namespace tidegate {

// A dry run shows what changes on each sensor, and in which stage; one that began says its id.
std::string rollout_plan_text(const RolloutPlan& plan);
std::string rollout_plan_json(const RolloutPlan& plan);

std::string rollouts_text(const std::vector<RolloutSummary>& rollouts);
std::string rollouts_json(const std::vector<RolloutSummary>& rollouts);

std::string rollout_text(const Rollout& rollout);
std::string rollout_json(const Rollout& rollout);

// "3f2a9c  running  stage 1 of 3  5 of 100 sensors: 4 applied, 1 pushing"
std::string rollout_line(const RolloutSummary& summary);
// For those who follow: `progress` is what they have seen next time, `ended` says that it goes on by itself no more.
std::string rollout_progress_json(const RolloutSummary& summary);

}  // namespace tidegate
