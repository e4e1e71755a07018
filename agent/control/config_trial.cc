#include "agent/control/config_trial.h"

#include <algorithm>

#include "agent/control/config_changes.h"
#include "transport/backoff.h"
#include "transport/deadline.h"

namespace tidegate {
namespace {

constexpr BackoffLimits load_backoff{.first = std::chrono::seconds{1}, .ceiling = std::chrono::seconds{60}};
constexpr BackoffLimits link_backoff{.first = std::chrono::seconds{1}, .ceiling = std::chrono::seconds{10}};

// Whole lines, as many as the bound allows, and how many more there are.
std::string shortened(const std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  constexpr std::size_t tail_bytes = 40;
  const std::size_t room = bytes_max - std::min(bytes_max, tail_bytes);
  std::size_t cut = text.rfind('\n', room);
  if (cut == std::string::npos) cut = room;
  const auto more = std::count(text.begin() + static_cast<std::ptrdiff_t>(cut) + 1, text.end(), '\n') + 1;
  return text.substr(0, cut) + "\nand " + std::to_string(more) + " more lines";
}

std::string on_one_line(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(text.empty() ? "" : "; ").append(line);
  return text;
}

std::string without_last_newline(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

ConfigTrial::ConfigTrial(AgentConfig local, TrialPorts ports, Surroundings around, Log& log, Metrics& metrics, OnStatus on_status,
                         TrialLimits limits)
    : ports_(ports),
      around_(around),
      log_(log),
      metrics_(metrics),
      on_status_(std::move(on_status)),
      limits_(limits),
      local_(std::move(local)),
      in_force_(local_) {}

bool ConfigTrial::stopped() const { return stop_ && stop_->cancelled() != asio::cancellation_type::none; }

asio::awaitable<Error> ConfigTrial::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  stop_ = co_await asio::this_coro::cancellation_state;
  Backoff backoff{around_.random, load_backoff};
  bool loaded = co_await load();
  while (!loaded && !stopped()) {
    co_await around_.clock.sleep_for(backoff.next());
    if (!stopped()) loaded = co_await load();
  }
  while (!stopped()) {
    if (new_local_) {
      local_ = *std::exchange(new_local_, std::nullopt);
      co_await settle();
    } else if (waiting_) {
      co_await take_offer();
    } else {
      co_await changed_.wait();
    }
  }
  co_return Error{Code::cancelled, "stopped"};
}

void ConfigTrial::offer(RemoteOffer offer) {
  if (offer.hash.empty() || offer.hash.size() > config_hash_bytes_max) {
    log_.warning("an offered configuration without a proper hash is ignored", {{"hash_bytes", std::to_string(offer.hash.size())}});
    return;
  }
  const bool known = trying_.empty() ? status_.state != RemoteState::unset && offer.hash == status_.hash : offer.hash == trying_;
  waiting_.reset();  // the newest wins, also where it is no change
  if (!known) waiting_ = std::move(offer);
  changed_.notify();
}

void ConfigTrial::take_local(AgentConfig local) {
  new_local_ = std::move(local);
  changed_.notify();
}

asio::awaitable<bool> ConfigTrial::load() {
  Result<KeptConfigs> kept = co_await ports_.keeper.load();
  if (!kept) {
    log_.error("the configuration that was kept cannot be read", {{"reason", kept.error().text()}});
    co_return false;
  }
  last_good_ = std::move(kept->last_good);
  refusal_ = std::move(kept->refusal);
  co_await settle();
  if (kept->candidate) co_await resume(std::move(kept->candidate));
  co_return true;
}

// A crash left a candidate. One that was refused is only not dropped yet.
asio::awaitable<void> ConfigTrial::resume(std::optional<StoredConfig> candidate) {
  const ConfigHead head = candidate->head;
  if (refusal_ && refusal_->hash == head.hash && refusal_->sequence >= head.sequence) {
    if (Result<void> dropped = co_await ports_.keeper.drop_candidate(); !dropped)
      log_.error("a candidate could not be dropped", {{"reason", dropped.error().text()}});
    co_return;
  }
  if (head.tries >= limits_.tries_max) {
    co_await refuse(head, "the agent ended " + std::to_string(head.tries) + " times while this configuration was tried");
    co_return;
  }
  log_.info("a configuration whose trial was cut short is tried again", {{"revision", std::to_string(head.revision)}});
  Result<Secret> document = ports_.sealer.open(candidate->sealed);
  if (!document) {
    co_await refuse(head, "cannot be opened after a restart: " + document.error().text());
    co_return;
  }
  co_await attempt(*std::move(candidate), *std::move(document));
}

Result<ConnectorsDocument> ConfigTrial::read(const StoredConfig& config) {
  Result<Secret> text = ports_.sealer.open(config.sealed);
  if (!text) return std::move(text).error();
  ParsedConnectors parsed = parse_connectors(text->reveal(), policy_of(local_));
  if (!parsed.document) return Error{Code::invalid, without_last_newline(to_text(parsed.errors))};
  return *std::move(parsed.document);
}

// The file, and with it the document that was kept, as far as the file permits it.
asio::awaitable<void> ConfigTrial::settle() {
  AgentConfig next = local_;
  document_.reset();
  RemoteStatus status;
  if (last_good_) {
    status = {last_good_->head.hash, last_good_->head.revision, RemoteState::applied, {}};
    if (Result<ConnectorsDocument> document = read(*last_good_)) {
      next = with_document(local_, *document);
      document_ = *std::move(document);
    } else {
      status.state = RemoteState::failed;
      status.reasons = shortened("what was kept cannot be used: " + document.error().text(), limits_.reasons_bytes_max);
      log_.error("the configuration that was kept cannot be used", {{"reason", status.reasons}});
    }
  }
  if (next != in_force_) {
    if (Result<void> applied = co_await ports_.target.apply(next); !applied) {
      status.state = RemoteState::failed;
      status.reasons = applied.error().text();
      log_.error("a configuration could not be applied", {{"reason", status.reasons}});
    }
    in_force_ = std::move(next);
  }
  const bool refused_since = refusal_ && (!last_good_ || refusal_->sequence > last_good_->head.sequence);
  if (refused_since && status.state != RemoteState::failed) status = {refusal_->hash, 0, RemoteState::failed, refusal_->reasons};
  set_status(std::move(status));
}

asio::awaitable<void> ConfigTrial::take_offer() {
  RemoteOffer taken = *std::exchange(waiting_, std::nullopt);
  if (status_.state != RemoteState::unset && taken.hash == status_.hash) co_return;
  StoredConfig candidate;
  candidate.head.hash = std::move(taken.hash);
  candidate.head.received = std::chrono::floor<std::chrono::seconds>(around_.clock.wall());
  co_await attempt(std::move(candidate), std::move(taken.document));
}

asio::awaitable<void> ConfigTrial::attempt(StoredConfig candidate, Secret document) {
  trying_ = candidate.head.hash;
  rebuilt_ = false;
  set_status({candidate.head.hash, candidate.head.revision, RemoteState::applying, {}});
  ParsedConnectors parsed = parse_connectors(document.reveal(), policy_of(local_));
  if (!parsed.document) co_return co_await refuse(candidate.head, without_last_newline(to_text(parsed.errors)));
  candidate.head.revision = parsed.document->revision;
  AgentConfig next = with_document(local_, *parsed.document);
  const std::vector<std::string> changes = changes_between(in_force_, next);
  log_.info("a configuration is tried",
            {{"revision", std::to_string(candidate.head.revision)}, {"changes", changes.empty() ? "none" : on_one_line(changes)}});
  if (candidate.sealed.empty()) {
    Result<Bytes> sealed = ports_.sealer.seal(document);
    if (!sealed) co_return co_await refuse(candidate.head, "cannot be sealed: " + sealed.error().text());
    candidate.sealed = *std::move(sealed);
  }
  ++candidate.head.tries;
  Result<ConfigHead> stored = co_await ports_.keeper.put_candidate(candidate);
  if (!stored) co_return co_await refuse(candidate.head, "cannot be stored: " + stored.error().text());
  candidate.head = *std::move(stored);
  const Result<void> tried = co_await try_out(next);
  if (tried) {
    co_await keep(std::move(candidate), std::move(next), *std::move(parsed.document));
  } else if (!stopped()) {  // else it is a crash like any other: the next start goes on
    co_await roll_back(candidate.head, tried.error().text());
  }
  phase_ = TrialPhase::idle;
}

asio::awaitable<Result<void>> ConfigTrial::try_out(const AgentConfig& next) {
  if (next == in_force_) co_return Result<void>{};
  phase_ = TrialPhase::checking;
  if (Result<void> fit = co_await check_connectors(next); !fit) co_return fit;
  if (stopped()) co_return Error{Code::cancelled, "stopped"};
  phase_ = TrialPhase::applying;
  rebuilt_ = true;
  if (Result<void> applied = co_await ports_.target.apply(next); !applied)
    co_return std::move(applied).error().in("cannot be applied");
  phase_ = TrialPhase::awaiting_link;
  co_return co_await await_link();
}

// What collects now must not be stopped for something that would not. A connector that is new takes nothing away: only what the API
// refuses for good speaks against it.
asio::awaitable<Result<void>> ConfigTrial::check_connectors(const AgentConfig& next) {
  ConnectorsToCheck asked = connectors_to_check(in_force_, next);
  std::vector<ConnectorConfig> all = asked.changed;
  all.insert(all.end(), asked.begun.begin(), asked.begun.end());
  if (all.empty()) co_return Result<void>{};
  asio::awaitable<Result<std::vector<UnfitConnector>>> checking = ports_.check.check(std::move(all));
  Result<std::vector<UnfitConnector>> unfit =
      co_await with_deadline(std::move(checking), limits_.check_wait_max, "connector check", &around_.clock);
  if (!unfit && !asked.changed.empty()) co_return std::move(unfit).error();
  if (!unfit) co_return Result<void>{};
  std::string reasons;
  for (const UnfitConnector& each : *unfit) {
    const bool collects_now = std::ranges::find(asked.changed, each.name, &ConnectorConfig::name) != asked.changed.end();
    if (retryable(each.why) && !collects_now) continue;
    reasons.append(reasons.empty() ? "" : "\n").append("connectors[" + each.name + "]: " + each.why.text());
  }
  if (reasons.empty()) co_return Result<void>{};
  co_return Error{Code::invalid, std::move(reasons)};
}

// The roll-out over many sensors is the processor's to stage, so the first attempt is made at once.
asio::awaitable<Result<void>> ConfigTrial::await_link() {
  const SteadyTime until = around_.clock.steady() + limits_.link_wait_max;
  Backoff backoff{around_.random, link_backoff};
  std::string last = "no attempt was made";
  for (auto left = until - around_.clock.steady(); left.count() > 0; left = until - around_.clock.steady()) {
    asio::awaitable<Result<void>> renewing = ports_.link.renew();
    const Result<void> renewed = co_await with_deadline(std::move(renewing), left, "control link", &around_.clock);
    if (renewed) co_return Result<void>{};
    if (stopped()) break;
    last = renewed.error().text();
    co_await around_.clock.sleep_until(std::min(until, around_.clock.steady() + backoff.next()));
    if (stopped()) break;
  }
  co_return Error{Code::timeout, "the control link did not come back within " + std::to_string(limits_.link_wait_max.count()) +
                                     " s under it: " + last};
}

asio::awaitable<void> ConfigTrial::keep(StoredConfig candidate, AgentConfig next, ConnectorsDocument document) {
  TG_ASSERT(trying_ == candidate.head.hash, "what is kept was tried, and nothing else (P8)");
  Result<void> kept = co_await ports_.keeper.keep_candidate();
  if (!kept) co_return co_await roll_back(candidate.head, "cannot be kept: " + kept.error().text());
  in_force_ = std::move(next);
  document_ = std::move(document);
  last_good_ = std::move(candidate);
  trying_.clear();
  count("applied");
  log_.info("a configuration is kept", {{"revision", std::to_string(last_good_->head.revision)}});
  set_status({last_good_->head.hash, last_good_->head.revision, RemoteState::applied, {}});
}

asio::awaitable<void> ConfigTrial::roll_back(const ConfigHead& head, std::string reasons) {
  phase_ = TrialPhase::rolling_back;
  if (rebuilt_) {
    if (Result<void> back = co_await ports_.target.apply(in_force_); !back)
      reasons.append("\nthe one before could not be put back whole: ").append(back.error().text());
  }
  co_await refuse(head, std::move(reasons));
}

// Remembered first, dropped then: a crash in between finds a candidate that is known to be refused.
asio::awaitable<void> ConfigTrial::refuse(const ConfigHead& head, std::string reasons) {
  reasons = shortened(reasons, limits_.reasons_bytes_max);
  ConfigRefusal refusal{head.sequence, head.hash, std::chrono::floor<std::chrono::seconds>(around_.clock.wall()), reasons};
  if (Result<void> remembered = co_await ports_.keeper.refuse(refusal); !remembered)
    log_.error("a refused configuration could not be noted, and may be tried again after a restart",
               {{"reason", remembered.error().text()}});
  if (Result<void> dropped = co_await ports_.keeper.drop_candidate(); !dropped)
    log_.error("a candidate could not be dropped", {{"reason", dropped.error().text()}});
  if (last_good_ && refusal.sequence == 0) refusal.sequence = last_good_->head.sequence + 1;
  refusal_ = std::move(refusal);
  trying_.clear();
  count("failed");
  log_.error("a configuration is refused, the one in force stays",
             {{"revision", std::to_string(head.revision)}, {"reason", reasons}});
  set_status({head.hash, head.revision, RemoteState::failed, std::move(reasons)});
}

void ConfigTrial::count(std::string_view outcome) {
  metrics_
      .counter("tidegate_config_offers_total", "Offered configurations, by what became of them.",
               {{"outcome", std::string{outcome}}})
      .add();
}

void ConfigTrial::set_status(RemoteStatus status) {
  if (status == status_) return;
  status_ = std::move(status);
  if (on_status_) on_status_(status_);
}

}  // namespace tidegate
