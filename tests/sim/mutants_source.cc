// Mutants of what is read, how it is asked for, and what is said of it.
#include <algorithm>

#include "tests/sim/mutant_makers.h"
#include "tests/sim/passing_ports.h"

namespace tidegate {
namespace {

// What is younger than the overlap is read at least twice. A record that had another name one of the times is not known by the ids
// seen, and its record id is another: the index has it twice (P2).
class RenamesRecords final : public PassingSource {
 public:
  using PassingSource::PassingSource;

  Result<Page> parse(const PageRequest& request, Bytes body) override {
    Result<Page> page = real_->parse(request, std::move(body));
    if (!page || page->records.empty() || ++pages_ % every_tenth != 0) return page;
    for (Record& record : page->records) {
      Bytes id;
      put_id(id, record.source_id);
      record.source_id = hash128({id, "another name"});
    }
    return page;
  }

 private:
  std::uint64_t pages_ = 0;
};

// Nothing is lost and nothing is said to be wrong; but an alert is in the index three hours late (P6).
class SettlesLate final : public PassingSource {
 public:
  using PassingSource::PassingSource;

  SourceFacts facts() const override {
    SourceFacts facts = real_->facts();
    facts.settle = std::max<std::chrono::seconds>(facts.settle, std::chrono::hours{3});
    return facts;
  }
};

// Ids are kept for what may be shown again, and here that is everything: a day's ids are more than an hour's (memory).
class RemembersAll final : public PassingSource {
 public:
  using PassingSource::PassingSource;

  SourceFacts facts() const override {
    SourceFacts facts = real_->facts();
    facts.reach = std::chrono::hours{365 * 24};
    return facts;
  }
};

}  // namespace

std::unique_ptr<Source> renaming_records(std::unique_ptr<Source> real) { return std::make_unique<RenamesRecords>(std::move(real)); }
std::unique_ptr<Source> settling_late(std::unique_ptr<Source> real) { return std::make_unique<SettlesLate>(std::move(real)); }
std::unique_ptr<Source> remembering_all(std::unique_ptr<Source> real) { return std::make_unique<RemembersAll>(std::move(real)); }

// Records are drawn up to the overlap late, and windows settle as soon as they are read: what comes later is never asked for (P1).
void overlapping_too_little(ConnectorConfig& config) { config.overlap = std::chrono::seconds{1}; }

// Many windows that were left behind, or a chain of pages that does not end, are asked for as fast as they are answered: nothing
// but the budget of requests holds them back (P7).
void asking_too_often(ConnectorConfig& config) { config.requests_per_minute *= 100; }

// Outages of an API last longer than its intervals, so what was known to be unreachable is shown as healthy (P12).
AgentStatus always_healthy(AgentStatus real) {
  for (ConnectorStatus& connector : real.connectors)
    for (ContentStatus& content : connector.contents) content.state.verdict = Verdict::healthy;
  real.uplink.verdict = Verdict::healthy;
  return real;
}

}  // namespace tidegate
