#include "processor/daemon.h"

#include <systemd/sd-daemon.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <optional>

#include "base/process_limits.h"
#include "config/parse.h"
#include "processor/edges/sqlite_archive.h"
#include "processor/edges/stores.h"
#include "processor/fleet_stores.h"
#include "processor/notify_channels.h"
#include "processor/port_tls.h"
#include "processor/processor.h"
#include "transport/as_values.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

LogFormat format_of(LogOutput output) {
  switch (output) {
    case LogOutput::journal: return LogFormat::journal;
    case LogOutput::json: return LogFormat::json;
    case LogOutput::text: return LogFormat::text;
    case LogOutput::automatic: break;
  }
  return std::getenv("JOURNAL_STREAM") != nullptr ? LogFormat::journal : LogFormat::text;
}

// The index from the reader's side, opened for each search: a day that came since is in it.
std::function<Result<std::unique_ptr<Archive>>()> archive_of(const CentreConfig& config) {
  return [directory = index_directory(config.state_directory)]() -> Result<std::unique_ptr<Archive>> {
    Result<SqliteArchive> archive = SqliteArchive::open(directory);
    if (!archive) return std::move(archive).error();
    return std::unique_ptr<Archive>{std::make_unique<SqliteArchive>(*std::move(archive))};
  };
}

RuleSchedule::OldestUnindexed oldest_unindexed_in(const Landing& landing) {
  return [&landing] {
    const LandingUsage usage = landing.usage();
    return usage.chunks() > 0 ? std::optional{usage.oldest} : std::nullopt;
  };
}

// Everything of the process, in the order in which it is built.
class Daemon {
 public:
  Daemon(const ProcessorConfig& config, std::string config_file)
      : config_(config), config_file_(std::move(config_file)), log_(clock_, format_of(config.log.format), config.log.level) {}

  int run();

 private:
  int fail(int exit_code, const Error& error) {
    log_.error("the processor cannot start", {{"reason", error.text()}});
    return exit_code;
  }

  asio::awaitable<void> supervise();
  asio::awaitable<Error> work();
  asio::awaitable<Error> hear_signals();
  asio::awaitable<Error> feed_watchdog();
  asio::awaitable<Error> renew_certificate();
  // 0, or the exit code.
  int open_control_plane();
  Result<void> take_certificates(const ProcessorConfig& config);
  void reload();

  ProcessorConfig config_;
  std::string config_file_;
  SystemClock clock_;
  Log log_;
  Metrics metrics_;
  asio::io_context loop_{1};
  Stores stores_;
  FleetStores fleet_stores_;  // empty without a control plane, as the next two are
  PortTls port_tls_;
  std::optional<ControlPlane> control_;
  std::optional<Processor> processor_;
  std::optional<Error> ended_;  // how the processor ended
  TaskGroup tasks_{loop_.get_executor()};
};

int Daemon::run() {
  if (!config_.has_control()) {
    Result<TlsContextPtr> tls = load_tls(config_);
    if (!tls) return fail(2, tls.error());
    port_tls_.data = *std::move(tls);
  }
  Result<Stores> stores = open_stores(config_.processor.state_directory, log_, metrics_);
  if (!stores) return fail(4, stores.error());
  stores_ = *std::move(stores);
  if (const int failed = config_.has_control() ? open_control_plane() : 0; failed != 0) return failed;
  processor_.emplace(loop_.get_executor(), clock_, log_, metrics_, *stores_.landing, *stores_.index, port_tls_.data,
                     control_ ? &*control_ : nullptr);
  if (Result<void> bound = processor_->listen(config_); !bound) return fail(2, bound.error());

  std::exception_ptr thrown;
  asio::co_spawn(loop_, supervise(), [&thrown](std::exception_ptr error) { thrown = std::move(error); });
  loop_.run();
  TG_ASSERT(!thrown, "no library exception leaves its seam");
  sd_notify(0, "STOPPING=1");
  return ended_ && ended_->code() == Code::cancelled ? 0 : 1;
}

int Daemon::open_control_plane() {
  Result<FleetStores> stores = open_fleet(config_.processor, clock_.wall(), log_);
  if (!stores) return fail(4, stores.error());
  fleet_stores_ = *std::move(stores);
  Result<PortTls> tls = make_port_tls(config_, *fleet_stores_.authority, clock_.wall());
  if (!tls) return fail(2, tls.error());
  port_tls_ = *std::move(tls);
  Result<std::vector<NotifyRoute>> channels = make_notify_routes(config_.notify);
  if (!channels) return fail(2, channels.error());
  ControlPlane::Parts parts{*fleet_stores_.store,       *fleet_stores_.writer_store,   *fleet_stores_.authority,
                            *fleet_stores_.store,       *fleet_stores_.events,         *fleet_stores_.actions,
                            *fleet_stores_.actions,     *fleet_stores_.actions,        *fleet_stores_.rules,
                            *fleet_stores_.rule_ledger, archive_of(config_.processor), oldest_unindexed_in(*stores_.landing),
                            *std::move(channels)};
  control_.emplace(loop_.get_executor(), clock_, log_, metrics_, std::move(parts), port_tls_);
  return 0;
}

asio::awaitable<void> Daemon::supervise() {
  tasks_.spawn("processor", work());
  tasks_.spawn("signals", hear_signals());
  tasks_.spawn("watchdog", feed_watchdog());
  if (control_) tasks_.spawn("own certificate", renew_certificate());
  co_await tasks_.join();
}

asio::awaitable<Error> Daemon::work() {
  co_await asio::this_coro::throw_if_cancelled(false);
  sd_notify(0, "READY=1");
  ended_ = co_await processor_->run();
  tasks_.stop();
  co_return *ended_;
}

asio::awaitable<Error> Daemon::hear_signals() {
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::signal_set signals{loop_, SIGTERM, SIGINT, SIGHUP};
  while (!co_await stopped()) {
    const auto [failed, number] = co_await signals.async_wait(as_values);
    if (failed) break;
    if (number == SIGHUP) {
      reload();
      continue;
    }
    log_.info("asked to stop");
    sd_notify(0, "STOPPING=1");
    tasks_.stop();
    break;
  }
  co_return Error{Code::cancelled, "signals are no longer heard"};
}

void Daemon::reload() {
  const ParsedProcessor parsed = parse_processor_file(config_file_);
  if (!parsed.config) {
    log_.error("the configuration is not valid: the one in force stays", {{"errors", to_text(parsed.errors)}});
    return;
  }
  if (Result<void> taken = take_certificates(*parsed.config); !taken) {
    log_.error("the certificates cannot be used: those in force stay", {{"reason", taken.error().text()}});
    return;
  }
  ProcessorConfig rest = *parsed.config;
  rest.tls = config_.tls;
  if (rest == config_) log_.info("configuration read again: new connections use the certificates as they are now");
  else log_.warning("configuration read again: certificates are taken over, all other changes need a restart");
}

// For new connections, on both ports or on neither.
Result<void> Daemon::take_certificates(const ProcessorConfig& config) {
  if (!control_) {
    Result<TlsContextPtr> tls = load_tls(config);
    if (!tls) return std::move(tls).error();
    processor_->set_tls(*std::move(tls));
    return {};
  }
  Result<PortTls> tls = make_port_tls(config, *fleet_stores_.authority, clock_.wall());
  if (!tls) return std::move(tls).error();
  port_tls_ = *std::move(tls);
  processor_->set_tls(port_tls_.data);
  control_->set_tls(port_tls_.control);
  return {};
}

// The authority's own certificate for the processor, long before it ends.
asio::awaitable<Error> Daemon::renew_certificate() {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!co_await stopped()) {
    co_await clock_.sleep_for(std::chrono::hours{1});
    if (!port_tls_.renew_at || clock_.wall() < *port_tls_.renew_at || co_await stopped()) continue;
    if (Result<void> taken = take_certificates(config_); !taken)
      log_.error("the processor's own certificate cannot be renewed: it is tried again", {{"reason", taken.error().text()}});
    else log_.info("the processor's own certificate was renewed");
  }
  co_return Error{Code::cancelled, "the processor's own certificate is not watched any more"};
}

// The watchdog is fed by the loop itself: a loop that is stuck is not fed.
asio::awaitable<Error> Daemon::feed_watchdog() {
  co_await asio::this_coro::throw_if_cancelled(false);
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) > 0) {
    while (!co_await stopped()) {
      sd_notify(0, "WATCHDOG=1");
      co_await clock_.sleep_for(std::chrono::microseconds{microseconds} / 2);
    }
  }
  co_return Error{Code::cancelled, "the watchdog is not fed"};
}

}  // namespace

int run_daemon(const ProcessorConfig& config, const std::string& config_file) {
  refuse_core_files();
  raise_open_files();
  Daemon daemon{config, config_file};
  return daemon.run();
}

}  // namespace tidegate
