#include "tests/support/vision_one_schedule.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Where the options set no end, an alert's updates come within this time of its creation, or of the origin.
constexpr seconds update_horizon = 1h;

WallSeconds whole(WallTime time) { return std::chrono::floor<seconds>(time); }

nanoseconds scaled(double share, nanoseconds of) {
  return nanoseconds{static_cast<std::int64_t>(share * static_cast<double>(of.count()))};
}

}  // namespace

std::size_t AlertFacts::current(WallTime now) const {
  std::size_t found = no_version;
  for (std::size_t i = 0; i < count && versions[i].visible <= now; ++i) found = i;
  return found;
}

bool AlertFacts::ever_listed(std::size_t version) const {
  return version + 1 >= count || versions[version].visible < versions[version + 1].visible;
}

Schedule::Schedule(const DataOptions& options, Seed seed) : options_(options), seed_(seed.value) {}

const FeedOptions& Schedule::of(Feed feed) const {
  if (feed == Feed::alerts) return options_.alerts;
  return feed == Feed::audit_logs ? options_.audit_logs : options_.techniques;
}

Random Schedule::dice(Feed feed, std::uint32_t record, Draw draw) const {
  const auto purpose = (static_cast<std::uint64_t>(feed) << 4) | static_cast<std::uint64_t>(draw);
  return Random{Seed{seed_ + (static_cast<std::uint64_t>(record) << 8 | purpose) * 0xD1342543DE82EF95u}};
}

std::uint64_t Schedule::total(Feed feed) const {
  const FeedOptions& feed_options = of(feed);
  if (feed_options.per_second <= 0) return feed_options.backlog;
  if (!options_.live) return std::numeric_limits<std::uint32_t>::max();
  return feed_options.backlog + static_cast<std::uint64_t>(feed_options.per_second * static_cast<double>(options_.live->count()));
}

std::uint32_t Schedule::model_of(Feed feed, std::uint32_t record) const {
  if (feed != Feed::audit_logs) return record;
  const std::uint32_t backlog = options_.audit_logs.backlog;
  const std::uint32_t place = record < backlog ? record : record - backlog;
  return record - place % options_.audit_copies;
}

// Rises with the record's number: within its slot of time each record is jittered, and slots do not overlap. A burst
// shares the first second of its first record's slot.
WallTime Schedule::arrival(Feed feed, std::uint32_t number) const {
  const std::uint32_t record = model_of(feed, number);
  const FeedOptions& feed_options = of(feed);
  const bool live = record >= feed_options.backlog;
  const std::uint32_t burst = feed == Feed::techniques ? options_.technique_burst : 1;
  std::uint32_t slot = live ? record - feed_options.backlog : record;
  double jitter = 0;
  if (burst > 1) slot -= slot % burst;
  else jitter = dice(feed, record, Draw::times).unit();
  const double place = static_cast<double>(slot) + jitter;
  WallTime at;
  if (live) at = options_.origin + scaled(place / feed_options.per_second, 1s);
  else at = options_.origin - options_.backlog_period + scaled(place / feed_options.backlog, options_.backlog_period);
  return burst > 1 ? WallTime{whole(at)} : at;
}

std::uint32_t Schedule::arrived(Feed feed, WallTime now) const {
  const FeedOptions& feed_options = of(feed);
  std::uint64_t high = total(feed);
  if (feed_options.per_second > 0) {
    const double live = std::chrono::duration<double>(now - options_.origin).count();
    const double bound = feed_options.backlog + std::max(live, 0.0) * feed_options.per_second + options_.technique_burst +
                         options_.audit_copies + 1.0;
    high = std::min(high, static_cast<std::uint64_t>(bound));
  }
  std::uint64_t low = 0;
  while (low < high) {
    const std::uint64_t middle = (low + high) / 2;
    if (arrival(feed, static_cast<std::uint32_t>(middle)) <= now) low = middle + 1;
    else high = middle;
  }
  return static_cast<std::uint32_t>(low);
}

nanoseconds Schedule::lateness(Random& dice) const {
  const double drawn = dice.unit();
  if (drawn >= options_.late_share) return 0ns;
  return scaled(1.0 - dice.unit(), options_.late_max);
}

// A copy has the times of its model; when it is listed is its own chance.
EventFacts Schedule::event(Feed feed, std::uint32_t record) const {
  const std::uint32_t model = model_of(feed, record);
  const WallTime at = arrival(feed, record);
  Random dice = this->dice(feed, model, Draw::times);
  (void)dice.next();  // the jitter of arrival()
  EventFacts facts;
  facts.ingested = whole(at);
  facts.visible = at + lateness(dice);
  // Audit logs take seconds to be ingested, now and then minutes; techniques 20 to 60 s, those of sensors that were
  // offline hours.
  seconds delay;
  if (feed == Feed::audit_logs) delay = seconds{pick(dice, 50) == 0 ? 60 + pick(dice, 540) : 1 + pick(dice, 20)};
  else delay = seconds{pick(dice, 200) == 0 ? 3600 + pick(dice, 11 * 3600) : 20 + pick(dice, 41)};
  facts.happened = facts.ingested - delay;
  if (model != record) {
    Random own = this->dice(feed, record, Draw::times);
    facts.visible = at + lateness(own);
  }
  return facts;
}

AlertFacts Schedule::alert(std::uint32_t record) const {
  const WallTime at = arrival(Feed::alerts, record);
  Random dice = this->dice(Feed::alerts, record, Draw::times);
  (void)dice.next();  // the jitter of arrival()
  AlertFacts facts;
  facts.created = whole(at);
  facts.count = 1;
  facts.versions[0].updated = facts.created + seconds{pick(dice, 2) == 0 ? 0 : pick(dice, 21)};
  facts.versions[0].visible = std::max(at, WallTime{facts.versions[0].updated}) + lateness(dice);
  if (dice.unit() >= options_.updates_share) return facts;

  const bool backlog = record < options_.alerts.backlog;
  const WallSeconds origin = whole(options_.origin);
  const WallSeconds end = options_.live ? origin + *options_.live : std::max(facts.created, origin) + update_horizon;
  std::array<WallSeconds, alert_versions_max - 1> times;
  const std::size_t updates = 1 + pick(dice, alert_versions_max - 1);
  for (std::size_t i = 0; i < updates; ++i) {
    // Half the updates of the backlog happen before the origin, so that a first reading finds old and new ones.
    const bool before_origin = backlog && (end <= origin || pick(dice, 2) == 0);
    const WallSeconds from = backlog && !before_origin ? origin : facts.versions[0].updated;
    const WallSeconds to = before_origin ? origin : end;
    times[i] = from + scaled(dice.unit(), std::max(to - from, 0s)) / 1s * 1s;
  }
  std::sort(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(updates));
  for (std::size_t i = 0; i < updates; ++i) {
    const AlertVersion& before = facts.versions[facts.count - 1];
    const WallSeconds updated = std::max(times[i], before.updated + 1s);
    if (updated >= end) break;
    const WallTime visible = std::max(before.visible, WallTime{updated} + lateness(dice));
    facts.versions[facts.count++] = {updated, visible};
  }
  return facts;
}

}  // namespace tidegate
