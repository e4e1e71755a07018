#include "agent/daemon.h"

#include <malloc.h>
#include <systemd/sd-daemon.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>

#include "agent/action_routes.h"
#include "agent/agent.h"
#include "agent/control/connector_report.h"
#include "agent/control_routes.h"
#include "agent/edges/edges.h"
#include "agent/staged_test.h"
#include "base/process_limits.h"
#include "config/diff.h"
#include "config/parse.h"
#include "transport/http_server.h"

namespace tidegate {
namespace {

constexpr unsigned control_socket_mode = 0660;

LogFormat format_of(LogOutput output) {
  switch (output) {
    case LogOutput::journal: return LogFormat::journal;
    case LogOutput::json: return LogFormat::json;
    case LogOutput::text: return LogFormat::text;
    case LogOutput::automatic: break;
  }
  return std::getenv("JOURNAL_STREAM") != nullptr ? LogFormat::journal : LogFormat::text;
}

bool is_well(Verdict verdict) {
  return verdict == Verdict::healthy || verdict == Verdict::idle || verdict == Verdict::starting || verdict == Verdict::throttled ||
         verdict == Verdict::paused;
}

class Daemon {
 public:
  Daemon(const AgentConfig& config, std::string config_file)
      : config_(config),
        config_file_(std::move(config_file)),
        log_(clock_, format_of(config.log.format), config.log.level),
        signals_(loop_, SIGTERM, SIGINT, SIGHUP) {}

  int run() {
    bool storage_failed = false;
    Result<std::unique_ptr<Edges>> edges = Edges::open(config_, {clock_, random_}, log_, metrics_, storage_failed);
    if (!edges) return refuse(edges.error(), storage_failed ? exit_storage : exit_invalid);
    edges_ = *std::move(edges);
    AgentPorts ports{{clock_, random_}, edges_->store(), edges_->uplink(), edges_->sources()};
    if (edges_->control() != nullptr) {
      ports.control = &edges_->control()->ports();
      ports.actions = &edges_->control()->actions();
    }
    CommandHandler answer = [this](std::string method, std::string target, Secret body) {
      return answer_command(std::move(method), std::move(target), std::move(body));
    };
    AgentHooks hooks{.answer = std::move(answer), .restart = [this] { stop_as_by_signal(); }};
    agent_ = std::make_unique<Agent>(config_, ports, loop_.get_executor(), log_, metrics_, std::move(hooks));
    ControlRoutes::Sources sources{.status = [this] { return agent_->status(); },
                                   .effective = [this] { return agent_->effective(); },
                                   .configured = [this] { return agent_->config().connectors; },
                                   .test = [this](ConnectorConfig connector) { return test(std::move(connector)); }};
    routes_ = std::make_unique<ControlRoutes>(std::move(sources), *agent_, clock_);
    if (agent_->responder() != nullptr) action_routes_.emplace(*agent_->responder());
    HttpServer server{loop_.get_executor(), log_};
    if (Result<void> listening = listen(server); !listening) return refuse(listening.error(), exit_invalid);

    TaskGroup tasks{loop_.get_executor(), [this](std::string_view what, const Error& error) { fail(what, error); }};
    tasks_ = &tasks;
    tasks.spawn("http", server.run());
    tasks.spawn("agent", agent_->run());
    if (edges_->control() != nullptr) tasks.spawn("control link", edges_->control()->link().run());
    tasks.spawn("signals", take_signals());
    tasks.spawn("service manager", tell_service_manager());
    bool joined = false;
    asio::co_spawn(loop_, tasks.join(), [&joined](const std::exception_ptr&) { joined = true; });
    loop_.run();
    TG_ASSERT(joined, "nothing runs after its owner is gone");
    sd_notify(0, "STOPPING=1");
    log_.info("agent stopped", {});
    return exit_code_;
  }

 private:
  int refuse(const Error& error, int code) {
    log_.error("the agent cannot start", {{"reason", error.text()}});
    return code;
  }

  void fail(std::string_view what, const Error& error) {
    log_.error("the agent cannot go on", {{"part", std::string{what}}, {"reason", error.text()}});
    exit_code_ = what == "agent" ? exit_storage : exit_failed;
    signals_.cancel();
    tasks_->stop();
  }

  Result<void> listen(HttpServer& server) {
    const TcpAddress metrics{config_.metrics_listen.host, config_.metrics_listen.port};
    Result<void> listening = server.listen(metrics, [this](HttpRequestView request) { return answer_metrics(request); });
    if (!listening) return std::move(listening).error().in("metrics.listen");
    listening = server.listen_unix(config_.control_socket, control_socket_mode,
                                   [this](HttpRequestView request) { return routes_->answer(request); });
    if (!listening) return std::move(listening).error().in("control.socket");
    return {};
  }

  asio::awaitable<HttpReply> answer_metrics(HttpRequestView request) {
    if (request.target == "/metrics")
      co_return HttpReply{.status = 200, .content_type = "text/plain; version=0.0.4", .body = metrics_.text()};
    const Verdict verdict = agent_->status().verdict();
    if (request.target == "/healthz" || request.target == "/readyz")
      co_return HttpReply{.status = is_well(verdict) ? 200u : 503u, .body = std::string{name(verdict)} + "\n"};
    co_return HttpReply{.status = 404, .body = "there are /metrics, /healthz and /readyz\n"};
  }

  // Of the processor, which alone asks for actions.
  asio::awaitable<HttpReply> answer_command(std::string method, std::string target, Secret body) {
    const HttpRequestView request{.method = method, .target = target, .body = body.reveal()};
    if (action_routes_ && ActionRoutes::takes(target)) co_return co_await action_routes_->answer(request);
    co_return co_await routes_->answer(request);
  }

  asio::awaitable<Result<std::string>> test(ConnectorConfig connector) {
    const ConnectorReport report = co_await run_staged_test(std::move(connector), {clock_, random_});
    co_return report_json(report);
  }

  // Wakes take_signals(), which stops everything. The service manager starts the agent anew (Restart=always).
  void stop_as_by_signal() {
    restart_asked_ = true;
    signals_.cancel();
  }

  asio::awaitable<Error> take_signals() {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!restart_asked_) {
      const auto [error, number] = co_await signals_.async_wait(asio::as_tuple(asio::use_awaitable));
      if (error) break;
      if (number == SIGHUP) {
        co_await read_again();
        continue;
      }
      log_.info("stopping on a signal", {{"signal", std::to_string(number)}});
      break;
    }
    if (restart_asked_) log_.info("stopping, as the processor asks for a restart", {});
    if (edges_->control() != nullptr && !tasks_->stopping()) co_await edges_->control()->link().leave();
    tasks_->stop();
    co_return Error{Code::cancelled, "stopped by a signal"};
  }

  asio::awaitable<void> read_again() {
    ParsedAgent parsed = parse_agent_file(config_file_);
    for (const ConfigError& error : parsed.errors)
      log_.error("configuration refused, the one in force stays", {{"error", to_text(error)}});
    if (!parsed.config) co_return;
    for (const ConfigChange& change : diff(config_, *parsed.config))
      if (change.applies == Applies::restart) log_.warning("a changed setting needs a restart", {{"setting", to_text(change)}});
    config_.connectors = parsed.config->connectors;
    const Result<void> taken = co_await agent_->take_local(config_);
    if (!taken) log_.warning("the configuration was read while the agent stops", {{"reason", taken.error().text()}});
  }

  asio::awaitable<Error> tell_service_manager() {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto stop = co_await asio::this_coro::cancellation_state;
    sd_notify(0, "READY=1");
    log_.info("agent started", {{"sensor", config_.sensor.name}, {"version", TIDEGATE_VERSION}});
    std::uint64_t watchdog_usec = 0;
    if (sd_watchdog_enabled(0, &watchdog_usec) <= 0) co_return Error{Code::cancelled, "no watchdog"};
    while (stop.cancelled() == asio::cancellation_type::none) {
      sd_notify(0, "WATCHDOG=1");
      co_await clock_.sleep_for(std::chrono::microseconds{watchdog_usec / 3});
    }
    co_return Error{Code::cancelled, "stopped"};
  }

  // Declared bottom up, destroyed top down.
  AgentConfig config_;
  std::string config_file_;
  SystemClock clock_;
  Random random_{system_seed()};
  Metrics metrics_;
  Log log_;
  asio::io_context loop_{1};
  asio::signal_set signals_;
  std::unique_ptr<Edges> edges_;
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<ControlRoutes> routes_;
  std::optional<ActionRoutes> action_routes_;
  bool restart_asked_ = false;
  TaskGroup* tasks_ = nullptr;  // of run(), which outlives every coroutine that uses it
  int exit_code_ = exit_done;
};

// The buffers of a page come and go together. What is given back to the kernel between two pages is faulted in again, page of
// memory by page of memory, which costs a sixth of the time that a backlog takes.
void keep_freed_pages() {
  constexpr int kept_bytes = 32 << 20;  // as much at the heap's end stays ours
  constexpr int mapped_apart = 8 << 20;
  mallopt(M_TRIM_THRESHOLD, kept_bytes);
  mallopt(M_MMAP_THRESHOLD, mapped_apart);
}

}  // namespace

int run_daemon(const AgentConfig& config, const std::string& config_file) {
  std::signal(SIGPIPE, SIG_IGN);
  keep_freed_pages();
  refuse_core_files();
  return Daemon{config, config_file}.run();
}

}  // namespace tidegate
