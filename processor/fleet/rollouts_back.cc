// Roll-outs that are taken back.
#include <algorithm>

#include "processor/fleet/rollouts.h"

namespace tidegate {
namespace {

constexpr std::string_view not_rolled_back = "not rolled back: ";

std::string back_author(const std::string& id) { return std::string{operator_author} + ", roll-back of roll-out " + id; }

std::string kept_ones(const Rollout& rollout) {
  const auto kept = std::ranges::count_if(rollout.targets,
                                          [](const RolloutTarget& target) { return target.reasons.starts_with(not_rolled_back); });
  if (kept == 0) return {};
  return std::to_string(kept) + (kept == 1 ? " sensor was" : " sensors were") + " not rolled back";
}

}  // namespace

bool Rollouts::store_in_the_way(const Error& error) {
  return retryable(error) || error.code() == Code::full || error.code() == Code::cancelled;
}

asio::awaitable<void> Rollouts::go_back(Live& live) {
  std::size_t open = 0;  // pushed, not answered
  std::vector<std::size_t> next;
  for (std::size_t place = 0; place < live.rollout.targets.size(); ++place) {
    const RolloutTarget& target = live.target(place);
    if (target.state != TargetState::reverting) continue;
    if (target.reverted_by == 0) next.push_back(place);
    else if (!live.late.contains(place)) ++open;
  }
  if (next.empty() && open == 0) {
    set(live, RolloutState::rolled_back, kept_ones(live.rollout));
    co_return;
  }
  for (const std::size_t place : next) {
    if (open >= limits_.pushing_max) break;
    co_await revert(live, place);
    const RolloutTarget& target = live.target(place);
    if (target.state == TargetState::reverting && !live.late.contains(place)) ++open;
  }
}

asio::awaitable<void> Rollouts::revert(Live& live, std::size_t place) {
  RolloutTarget& target = live.target(place);
  RestoreOrder order;
  order.sensor = target.sensor;
  order.revision = target.before;
  order.newest = target.revision;
  order.author = back_author(live.head().id);
  const Result<ConnectorsOutcome> outcome = co_await parts_.connectors.restore(std::move(order));
  live.asked[place] = parts_.clock.steady();
  if (!outcome && outcome.error().code() == Code::gone) {
    // Our own, before the processor ended?
    const Result<std::vector<RevisionRecord>> history = parts_.fleet.history(target.sensor);
    const bool ours = history && !history->empty() && history->front().author == back_author(live.head().id);
    if (!ours) {
      keep(live, place, outcome.error().text());
      co_return;
    }
    target.reverted_by = history->front().revision;
    live.unwritten.insert(place);
    co_return;
  }
  if (!outcome && store_in_the_way(outcome.error())) {
    parts_.log.warning("a sensor is not rolled back yet: it is tried again",
                       {{"sensor", target.sensor}, {"reason", outcome.error().text()}});
    co_return;
  }
  if (!outcome) {
    keep(live, place, outcome.error().text());
    co_return;
  }
  if (!outcome->push) {
    set(live, place, TargetState::reverted);
    co_return;
  }
  target.reverted_by = outcome->push->revision;
  if (outcome->push->state == PushState::away) live.late.insert(place);
  live.unwritten.insert(place);
}

// The sensor stays with what the roll-out gave it, or with what came since.
void Rollouts::keep(Live& live, std::size_t place, const std::string& why) {
  const RolloutTarget& target = live.target(place);
  const Result<StoredDocument> pushed = parts_.fleet.document(target.sensor, target.revision);
  const bool applied = pushed && pushed->record.state == ConfigState::applied;
  set(live, place, applied ? TargetState::applied : TargetState::failed, std::string{not_rolled_back} + why);
}

}  // namespace tidegate
