// Roll-outs as they go: look() and what it does. What operators ask of them is in rollouts_asked.cc.
#include "processor/fleet/rollouts.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

namespace tidegate {
namespace {

std::string forward_author(const std::string& id) { return std::string{operator_author} + ", roll-out " + id; }

bool awaits_answer(const RolloutTarget& target) {
  return target.state == TargetState::pushing || target.state == TargetState::away || target.state == TargetState::reverting;
}

std::uint64_t failures_in(const Rollout& rollout) {
  return static_cast<std::uint64_t>(std::ranges::count(rollout.targets, TargetState::failed, &RolloutTarget::state));
}

std::string too_many_failures(const Rollout& rollout) {
  const RolloutHead& head = rollout.head;
  const std::uint64_t failures = failures_in(rollout);
  if (failures <= head.failures_allowed + head.failures_excused) return {};
  const std::uint64_t counted = failures - head.failures_excused;
  std::string why = std::to_string(counted) + (counted == 1 ? " sensor" : " sensors") + " failed, ";
  return why + (head.failures_allowed == 0 ? "none" : std::to_string(head.failures_allowed)) + " may";
}

}  // namespace

std::vector<std::size_t> stage_ends(std::size_t sensors, const std::vector<std::uint32_t>& percents) {
  std::vector<std::size_t> ends;
  for (const std::uint32_t percent : percents) {
    const std::size_t before = ends.empty() ? 0 : ends.back();
    if (before == sensors) break;
    const std::size_t share = (sensors * percent + 99) / 100;
    ends.push_back(std::min(std::max(share, before + 1), sensors));
  }
  return ends;
}

std::string progress_of(const RolloutSummary& summary) {
  std::string progress{name(summary.head.state)};
  progress.append(" ").append(std::to_string(summary.head.stage));
  for (const std::size_t count : summary.counts) progress.append(" ").append(std::to_string(count));
  return progress;
}

Rollouts::Rollouts(asio::any_io_executor executor, Parts parts, RolloutsLimits limits)
    : executor_(std::move(executor)),
      parts_(std::move(parts)),
      limits_(limits),
      started_(parts_.clock.steady()),
      moved_(std::make_shared<Signal>()) {}

Rollouts::~Rollouts() = default;

Result<void> Rollouts::load() {
  started_ = parts_.clock.steady();
  const Result<std::vector<RolloutSummary>> all = parts_.store.rollouts();
  if (!all) return all.error();
  for (const RolloutSummary& each : *all) {
    const bool answers_come =
        each.count(TargetState::away) + each.count(TargetState::pushing) + each.count(TargetState::reverting) > 0;
    if (over(each.head.state) && !answers_come) continue;
    Result<Rollout> rollout = parts_.store.rollout(each.head.id);
    if (!rollout) return std::move(rollout).error();
    auto live = std::make_unique<Live>(*std::move(rollout), started_);
    for (std::size_t place = 0; place < live->rollout.targets.size(); ++place)
      if (live->target(place).state == TargetState::pushing) adopt(*live, place);
    live_.insert_or_assign(each.head.id, std::move(live));
  }
  return {};
}

// The processor ended between writing that it pushes and writing what it had pushed: the sensor's history knows.
void Rollouts::adopt(Live& live, std::size_t place) {
  RolloutTarget& target = live.target(place);
  const Result<std::vector<RevisionRecord>> history = parts_.fleet.history(target.sensor);
  if (!history) return;
  const bool ours = !history->empty() && history->front().revision >= std::max<std::uint64_t>(target.revision, 1) &&
                    history->front().author == forward_author(live.head().id);
  if (ours) {
    target.revision = history->front().revision;
    target.before = before(target.sensor, target.revision);
    live.unwritten.insert(place);
  } else if (target.revision == 0) {
    set(live, place, TargetState::waiting);
  }
}

asio::awaitable<Error> Rollouts::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (stop.cancelled() == asio::cancellation_type::none) {
    co_await look();
    if (stop.cancelled() != asio::cancellation_type::none) break;
    co_await parts_.clock.sleep_for(limits_.look_every);
  }
  co_return Error{Code::cancelled, "roll-outs stopped"};
}

asio::awaitable<void> Rollouts::look() {
  std::vector<std::string> ids;
  for (const auto& [id, live] : live_) ids.push_back(id);
  for (const std::string& id : ids) {
    Live& live = *live_.at(id);
    observe(live);
    if (live.head().state == RolloutState::running) co_await go_on(live);
    if (live.head().state == RolloutState::rolling_back) co_await go_back(live);
    const bool saved = save(live);
    const bool ended = saved && over(live.head().state) && std::ranges::none_of(live.rollout.targets, awaits_answer);
    if (ended || live.dropped) live_.erase(id);
  }
}

void Rollouts::observe(Live& live) {
  const std::size_t count = live.rollout.targets.size();
  for (std::size_t place = 0; place < count; ++place) {
    const RolloutTarget& target = live.target(place);
    if (target.state == TargetState::pushing || (target.state == TargetState::reverting && target.reverted_by != 0))
      observe(live, place);
  }
  std::size_t looks = 0;
  for (std::size_t i = 0; i < count && looks < limits_.away_looks_max; ++i) {
    const std::size_t place = live.away_next;
    live.away_next = (live.away_next + 1) % count;
    if (live.target(place).state != TargetState::away) continue;
    observe(live, place);
    ++looks;
  }
}

void Rollouts::observe(Live& live, std::size_t place) {
  const RolloutTarget& target = live.target(place);
  const bool back = target.state == TargetState::reverting;
  const std::uint64_t revision = back ? target.reverted_by : target.revision;
  if (revision == 0) return;  // not pushed yet
  const Result<SensorView> now = parts_.desk.glance(target.sensor);
  if (!now) {
    parts_.log.warning("a sensor of a roll-out cannot be looked at", {{"sensor", target.sensor}, {"reason", now.error().text()}});
    return;
  }
  ConfigState state = now->config.state;
  std::string reasons = now->config.reasons;
  const bool replaced = now->config.wanted_revision != revision;
  if (replaced) {
    const Result<StoredDocument> record = parts_.fleet.document(target.sensor, revision);
    state = record ? record->record.state : ConfigState::unset;
    reasons = record ? record->record.reasons : std::string{};
  }
  if (state == ConfigState::applied) return set(live, place, back ? TargetState::reverted : TargetState::applied);
  if (state == ConfigState::failed) return fail(live, place, std::move(reasons));
  if (replaced)
    return fail(live, place, "revision " + std::to_string(now->config.wanted_revision) + " was pushed before the sensor answered");
  judge_silence(live, place, *now);
}

void Rollouts::judge_silence(Live& live, std::size_t place, const SensorView& now) {
  const RolloutTarget& target = live.target(place);
  const auto waited = parts_.clock.steady() - live.asked[place];
  if (now.state == SensorState::revoked) return fail(live, place, "the sensor was revoked");
  if (target.state == TargetState::away) return;
  const bool connected = now.state == SensorState::connected;
  if (connected && waited >= limits_.answer_wait)
    return fail(live, place, "the sensor has it and has not answered; `sensor show` tells what it runs");
  if (connected || waited < limits_.away_after) return;
  if (target.state == TargetState::pushing) set(live, place, TargetState::away);
  else live.late.insert(place);
}

// Just after a start nobody is connected yet, which says nothing of a sensor.
bool Rollouts::may_be_asked(const std::string& sensor) {
  if (parts_.clock.steady() - started_ >= limits_.restart_wait) return true;
  const Result<SensorView> now = parts_.desk.glance(sensor);
  return !now || now->state == SensorState::connected || now->state == SensorState::revoked;
}

std::vector<std::size_t> Rollouts::next_places(const Live& live, TargetState state) const {
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < live.rollout.targets.size(); ++place) {
    const RolloutTarget& target = live.rollout.targets[place];
    if (target.state == state && target.stage <= live.rollout.head.stage) places.push_back(place);
  }
  return places;
}

asio::awaitable<void> Rollouts::go_on(Live& live) {
  if (std::string why = too_many_failures(live.rollout); !why.empty()) {
    set(live, RolloutState::paused, std::move(why));
    co_return;
  }
  const std::size_t pushing = next_places(live, TargetState::pushing).size();
  const std::vector<std::size_t> waiting = next_places(live, TargetState::waiting);
  if (waiting.empty()) {
    if (pushing == 0) end_stage(live);
    co_return;
  }
  std::vector<std::size_t> batch;
  for (const std::size_t place : waiting) {
    if (pushing + batch.size() >= limits_.pushing_max) break;
    if (may_be_asked(live.target(place).sensor)) batch.push_back(place);
  }
  for (const std::size_t place : batch) set(live, place, TargetState::pushing);
  const bool written = save(live);  // before it is done: after a crash it is known where to look
  for (const std::size_t place : batch) {
    if (written && live.head().state == RolloutState::running) {
      co_await push(live, place);
      std::string why = too_many_failures(live.rollout);
      if (!why.empty() && live.head().state == RolloutState::running) set(live, RolloutState::paused, std::move(why));
    } else {
      set(live, place, TargetState::waiting);
    }
  }
}

asio::awaitable<void> Rollouts::push(Live& live, std::size_t place) {
  RolloutTarget& target = live.target(place);
  const Result<SensorView> now = parts_.desk.glance(target.sensor);
  target.healthy_before = now && now->health.known && now->health.healthy;
  const Result<Secret> document = parts_.store.rollout_document(live.head().id, place);
  if (!document) {
    take(live, place, document.error());
    co_return;
  }
  ApplyOrder order;
  order.yaml = std::string{document->reveal()};
  order.file_name = live.head().file_name;
  order.author = forward_author(live.head().id);
  order.wait = std::chrono::nanoseconds{0};  // look() sees the answer
  const Result<ConnectorsOutcome> outcome = co_await parts_.connectors.apply(std::move(order));
  take(live, place, outcome);
}

void Rollouts::take(Live& live, std::size_t place, const Result<ConnectorsOutcome>& outcome) {
  RolloutTarget& target = live.target(place);
  live.asked[place] = parts_.clock.steady();
  if (!outcome && store_in_the_way(outcome.error())) {
    set(live, place, TargetState::waiting);
    if (live.head().state == RolloutState::running)
      set(live, RolloutState::paused, "sensor " + target.sensor + " could not be pushed to: " + outcome.error().text());
    return;
  }
  if (!outcome) return fail(live, place, outcome.error().text());
  if (!outcome->push) return set(live, place, TargetState::unchanged);
  target.revision = outcome->push->revision;
  target.before = before(target.sensor, target.revision);
  TargetState state = TargetState::pushing;
  switch (outcome->push->state) {
    case PushState::applied: state = TargetState::applied; break;
    case PushState::failed:
    case PushState::replaced: state = TargetState::failed; break;
    case PushState::away: state = TargetState::away; break;
    case PushState::waiting: break;
  }
  // An operator asked for the old ones back meanwhile.
  if (live.head().state == RolloutState::rolling_back && state != TargetState::failed) state = TargetState::reverting;
  set(live, place, state, outcome->push->reasons);
}

// Of the document that the sensor had before that revision.
std::uint64_t Rollouts::before(const std::string& sensor, std::uint64_t revision) {
  const Result<std::vector<RevisionRecord>> history = parts_.fleet.history(sensor);
  if (!history) return 0;
  for (const RevisionRecord& each : *history)
    if (each.revision < revision && each.state != ConfigState::failed) return each.revision;
  return 0;
}

void Rollouts::end_stage(Live& live) {
  RolloutHead& head = live.head();
  const std::size_t last = live.rollout.targets.back().stage;
  if (head.stage >= last) return set(live, RolloutState::done);
  const SteadyTime now = parts_.clock.steady();
  if (!live.settled_at) {
    live.settled_at = now + head.settle;
    if (head.settle.count() > 0) live.settled_at = std::max(*live.settled_at, started_ + limits_.restart_wait);
  }
  if (now < *live.settled_at) return;
  if (std::string why = unsettled(live); !why.empty()) return set(live, RolloutState::paused, std::move(why));
  live.settled_at.reset();
  ++head.stage;
  live.head_unwritten = true;
  parts_.log.info("the next stage of a roll-out begins", {{"rollout", head.id}, {"stage", std::to_string(head.stage)}});
}

// Why the next stage must not begin; empty: it may.
std::string Rollouts::unsettled(const Live& live) {
  const RolloutHead& head = live.rollout.head;
  std::size_t answered = 0;
  std::size_t away = 0;
  for (const RolloutTarget& target : live.rollout.targets) {
    if (target.stage != head.stage) continue;
    if (target.state == TargetState::away) ++away;
    else ++answered;
    if (target.state != TargetState::applied || head.settle.count() == 0) continue;
    const Result<SensorView> now = parts_.desk.glance(target.sensor);
    if (!now) return "sensor " + target.sensor + " cannot be looked at: " + now.error().text();
    if (now->state != SensorState::connected) return "sensor " + target.sensor + " is " + std::string{name(now->state)} + " since";
    if (target.healthy_before && now->health.known && !now->health.healthy) {
      const std::string& what = now->health.worst.empty() ? now->health.reason : now->health.worst;
      return "sensor " + target.sensor + " is not healthy since" + (what.empty() ? "" : ": " + what);
    }
  }
  if (answered == 0 && away > 0) return "all sensors of stage " + std::to_string(head.stage) + " are away: nobody has tried it";
  return {};
}

void Rollouts::fail(Live& live, std::size_t place, std::string why) {
  if (live.target(place).state == TargetState::reverting) keep(live, place, std::move(why));
  else set(live, place, TargetState::failed, std::move(why));
}

void Rollouts::set(Live& live, std::size_t place, TargetState state, std::string reasons) {
  RolloutTarget& target = live.target(place);
  if (state == TargetState::failed)
    parts_.log.warning("a sensor of a roll-out failed",
                       {{"rollout", live.head().id}, {"sensor", target.sensor}, {"reason", reasons}});
  target.state = state;
  target.reasons = std::move(reasons);
  live.unwritten.insert(place);
}

void Rollouts::set(Live& live, RolloutState state, std::string why) {
  RolloutHead& head = live.head();
  head.state = state;
  head.why = std::move(why);
  if (over(state)) head.ended = parts_.clock.wall();
  else head.ended.reset();
  live.settled_at.reset();
  live.head_unwritten = true;
  parts_.log.write(state == RolloutState::paused ? Level::warning : Level::info, "a roll-out goes over to another state",
                   {{"rollout", head.id}, {"state", std::string{name(state)}}, {"reason", head.why}});
}

// True: the store has it as it is.
bool Rollouts::save(Live& live) {
  if (!live.head_unwritten && live.unwritten.empty()) return true;
  moved_->notify();
  const std::vector<std::size_t> places{live.unwritten.begin(), live.unwritten.end()};
  const Result<void> written = parts_.store.write_rollout(live.rollout, places);
  if (written) {
    live.unwritten.clear();
    live.head_unwritten = false;
    return true;
  }
  live.dropped = written.error().code() == Code::absent;
  if (!live.dropped)
    parts_.log.error("a roll-out cannot be written: it is tried again",
                     {{"rollout", live.head().id}, {"reason", written.error().text()}});
  return false;
}

}  // namespace tidegate
