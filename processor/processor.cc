#include "processor/processor.h"

#include <boost/asio/this_coro.hpp>

namespace tidegate {

Result<TlsContextPtr> load_tls(const ProcessorConfig& config) {
  return make_server_tls({config.tls.ca_file, config.tls.certificate_file, config.tls.private_key_file});
}

Processor::Processor(asio::any_io_executor executor, Clock& clock, Log& log, Metrics& metrics, Landing& landing, Index& index,
                     TlsContextPtr tls, ControlPlane* control)
    : clock_(clock),
      log_(log),
      metrics_(metrics),
      landing_(landing),
      control_(control),
      worker_(landing, index, log, metrics, {}, control != nullptr ? &control->rule_lane() : nullptr),
      lander_(
          landing, log, metrics, [this] { worker_.wake(); }, {}, control != nullptr ? &control->rule_lane() : nullptr),
      intake_(lander_, clock, metrics),
      server_(executor, clock, log, metrics, intake_, std::move(tls), {}, control != nullptr ? &control->gate() : nullptr),
      http_(executor, log),
      tasks_(executor, [this](std::string_view name, const Error& error) {
        log_.error("a part of the processor ended by itself: the processor stops",
                   {{"part", std::string{name}}, {"reason", error.text()}});
        tasks_.stop();
      }) {}

Result<void> Processor::listen(const ProcessorConfig& config) {
  if (Result<void> bound = server_.listen(config.data_listen.host, config.data_listen.port); !bound) return bound;
  Result<void> bound = http_.listen({config.metrics_listen.host, config.metrics_listen.port},
                                    [this](HttpRequestView request) { return answer(request); });
  if (!bound) return std::move(bound).error().in("metrics.listen");
  return control_ != nullptr ? control_->listen(config) : Result<void>{};
}

asio::awaitable<Error> Processor::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  worker_.start();
  if (control_ != nullptr) control_->rule_lane().start();
  lander_.start();
  running_ = true;
  tasks_.spawn("data port", server_.run());
  tasks_.spawn("metrics port", http_.run());
  if (control_ != nullptr) tasks_.spawn("control plane", control_->run());
  log_.info("the processor takes data",
            {{"data_port", std::to_string(data_port())}, {"metrics_port", std::to_string(metrics_port())}});
  co_await tasks_.join();
  running_ = false;
  // From here on nobody is waiting for an answer: what is landed is durable, what is not will be sent again.
  lander_.stop();
  if (control_ != nullptr) control_->rule_lane().stop();
  worker_.stop();
  const bool asked = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
  co_return asked ? Error{Code::cancelled, "the processor stopped"}
                  : Error{Code::unavailable, "a part of the processor ended by itself"};
}

std::string Processor::not_ready() const {
  std::string reasons;
  if (!running_) reasons.append("the data port is not open\n");
  if (const std::optional<Error> error = lander_.status()) reasons.append("landing: ").append(error->text()).append("\n");
  if (const std::optional<Error> error = worker_.status()) reasons.append("index: ").append(error->text()).append("\n");
  return reasons;
}

asio::awaitable<HttpReply> Processor::answer(HttpRequestView request) {
  if (request.method != "GET") co_return HttpReply{.status = 405, .body = "only GET is served here\n"};
  if (request.target == "/metrics")
    co_return HttpReply{.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text()};
  if (request.target == "/healthz") co_return HttpReply{.body = "ok\ndata_port: " + std::to_string(data_port()) + "\n"};
  if (request.target == "/readyz") {
    const std::string reasons = not_ready();
    co_return reasons.empty() ? HttpReply{.body = "ready\n"} : HttpReply{.status = 503, .body = reasons};
  }
  co_return HttpReply{.status = 404, .body = "there are /metrics, /healthz and /readyz\n"};
}

// The state of the landing is read when it is asked for, so that it is never older than the answer (P12).
std::string Processor::metrics_text() {
  const LandingUsage usage = landing_.usage();
  metrics_.gauge("tidegate_landing_chunks", "Chunks landed and not yet indexed.").set(static_cast<std::int64_t>(usage.chunks()));
  metrics_.gauge("tidegate_landing_bytes", "Bytes of the chunks landed and not yet indexed.")
      .set(static_cast<std::int64_t>(usage.bytes()));
  const auto lag = usage.chunks() == 0 ? std::chrono::nanoseconds{0} : clock_.wall() - usage.oldest;
  metrics_.gauge("tidegate_index_lag_seconds", "Age of the oldest chunk that is not yet indexed.")
      .set(std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(lag).count()));
  return metrics_.text();
}

}  // namespace tidegate
