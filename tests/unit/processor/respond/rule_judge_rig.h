// A ledger of rules in memory that takes back what a failed transaction wrote, and fails when it is told to; and records that rules
// are told of.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/check.h"
#include "processor/respond/rule_judge.h"
#include "tests/support/manual_clock.h"
#include "tests/unit/match/documents.h"
#include "transport/msgpack_write.h"

namespace tidegate::test {

inline constexpr WallTime judged_noon{std::chrono::milliseconds{noon_ms}};

class ToldLedger final : public RuleLedger {
 public:
  using MuteKey = std::tuple<std::string, std::string, std::string, std::string>;  // rule, action, tenant, entity
  struct Book {
    std::vector<RuleDecision> decisions;  // in the order of deciding
    std::map<MuteKey, RuleMute> mutes;
    std::map<std::string, std::uint64_t> too_old;
    std::uint64_t unkept = 0;  // muted or capped, and counted alone
  };

  Book book;
  std::optional<std::size_t> fails_after;  // so many calls that pass; the end of a transaction is one
  std::size_t calls = 0;
  bool writing = false;
  std::size_t transactions = 0;
  std::size_t room = SIZE_MAX;  // bytes of a record that may be queued

  Result<void> transact(const std::function<Result<void>()>& body) override {
    TG_ASSERT(!writing, "one transaction does not begin within another");
    ++transactions;
    const Book before = book;
    writing = true;
    Result<void> done = body();
    if (done) done = call();
    writing = false;
    if (!done) book = before;
    return done;
  }
  Result<bool> is_decided(const RuleKey& key) override {
    if (Result<void> passed = call(); !passed) return std::move(passed).error();
    return std::ranges::find(book.decisions, key, &RuleDecision::key) != book.decisions.end();
  }
  Result<std::optional<RuleMute>> find_mute(const RuleMute& mute) override {
    if (Result<void> passed = call(); !passed) return std::move(passed).error();
    const auto found = book.mutes.find(key_of_mute(mute));
    return found == book.mutes.end() ? std::optional<RuleMute>{} : std::optional{found->second};
  }
  Result<std::uint64_t> fired_after(const RuleKey& key, WallTime after) override {
    if (Result<void> passed = call(); !passed) return std::move(passed).error();
    return static_cast<std::uint64_t>(std::ranges::count_if(book.decisions, [&](const RuleDecision& each) {
      return each.outcome == RuleOutcome::fired && each.key.rule == key.rule && each.key.action == key.action &&
             each.key.tenant == key.tenant && each.at > after;
    }));
  }
  Result<bool> has_room(std::size_t document_bytes) override {
    if (Result<void> passed = call(); !passed) return std::move(passed).error();
    return document_bytes <= room;
  }
  Result<void> decide(const RuleDecision& decision) override {
    if (Result<void> passed = call(); !passed) return passed;
    TG_ASSERT(std::ranges::find(book.decisions, decision.key, &RuleDecision::key) == book.decisions.end(), "decided once (P9)");
    book.decisions.push_back(decision);
    return {};
  }
  Result<void> put_mute(const RuleMute& mute) override {
    if (Result<void> passed = call(); !passed) return passed;
    book.mutes.insert_or_assign(key_of_mute(mute), mute);
    return {};
  }
  Result<void> add_unkept(std::string_view rule, const UnkeptDecisions& counts) override {
    if (Result<void> passed = call(); !passed) return passed;
    book.unkept += counts.muted + counts.capped;
    if (counts.too_old > 0) book.too_old[std::string{rule}] += counts.too_old;
    return {};
  }

 private:
  static MuteKey key_of_mute(const RuleMute& mute) { return {mute.rule, mute.action, mute.tenant, mute.entity}; }

  Result<void> call() {
    TG_ASSERT(writing, "what a rule decides is asked and written within a transaction");
    if (fails_after && calls >= *fails_after) return Error{Code::unavailable, "the disk is away"};
    ++calls;
    return {};
  }
};

// The payload {"host": [those]}; one alone is no list.
inline std::function<void(Bytes&)> hosts(std::vector<std::string> those) {
  return [those = std::move(those)](Bytes& out) {
    put_map(out, 1);
    put_str(out, "host");
    if (those.size() != 1) put_array(out, static_cast<std::uint32_t>(those.size()));
    for (const std::string& host : those) put_str(out, host);
  };
}

// Told of each record by its host; it isolates, at most once in an hour for each host.
inline Rule host_rule(const std::string& rule_name = "isolate-hosts") {
  Rule rule;
  rule.name = rule_name;
  rule.query = "msg_class: trendmicro_visionone_alerts";
  rule.entity = "trendmicro_visionone.host";
  rule.mute = std::chrono::hours{1};
  RuleAction isolate;
  isolate.name = "isolate";
  isolate.responder = "acme-v1";
  rule.actions = {isolate};
  return rule;
}

class RuleJudgeRig : public testing::Test {
 public:
  // They come in at `received`, in one batch, and are decided of at once.
  Result<void> tell(const std::vector<Sample>& samples, WallTime received = judged_noon) {
    std::deque<Bytes> documents;
    std::vector<IndexRecord> records;
    for (const Sample& sample : samples) {
      const Result<RecordView> read = read_record(documents.emplace_back(record(sample)));
      TG_ASSERT(read.has_value(), "a test's record is a record");
      records.push_back({*read, "zurich-01", received});
    }
    clock_.step_wall(received - clock_.wall());
    return judge_.seen(records);
  }
  void rules(const std::vector<Rule>& all) {
    const Result<void> set = judge_.set_rules(all);
    ASSERT_TRUE(set) << set.error().text();
  }
  // "fired 1, muted 2": what was decided, with the numbers of the records, in order.
  std::string decided() const {
    std::string out;
    for (const RuleDecision& each : ledger_.book.decisions)
      out.append(out.empty() ? "" : ", ").append(name(each.outcome)).append(" ").append(number_of(each.key.record));
    return out;
  }
  // Of the counter, by outcome.
  bool counts(std::uint64_t fired, std::uint64_t muted, std::uint64_t capped, std::uint64_t too_old) const {
    const std::string text = metrics_.text();
    const auto shows = [&text](const char* outcome, std::uint64_t count) {
      const std::string line =
          std::string{"tidegate_rule_decisions_total{outcome=\""} + outcome + "\"} " + std::to_string(count) + "\n";
      return text.find(line) != std::string::npos;
    };
    return shows("fired", fired) && shows("muted", muted) && shows("capped", capped) && shows("too_old", too_old);
  }
  const RuleMute* mute_of(const std::string& entity, const std::string& tenant = "acme") const {
    const auto found = ledger_.book.mutes.find({"isolate-hosts", "isolate", tenant, entity});
    return found == ledger_.book.mutes.end() ? nullptr : &found->second;
  }

  ToldLedger ledger_;
  ManualClock clock_{judged_noon};
  std::string lines_;
  Log log_{clock_, LogFormat::text, Level::debug, [this](std::string_view line) { lines_.append(line); }};
  Metrics metrics_;
  std::vector<std::size_t> woken_;  // how many decisions there were each time that it was told that something fired
  RuleJudge judge_{ledger_, clock_, log_, metrics_, [this] {
                     EXPECT_FALSE(ledger_.writing) << "it is told after the transaction";
                     woken_.push_back(ledger_.book.decisions.size());
                   }};

 private:
  static std::string number_of(const Id128& id) {
    for (std::uint64_t number = 1; number <= 1000; ++number)
      if (record_id(number) == id) return std::to_string(number);
    return "?";
  }
};

}  // namespace tidegate::test
