#include "agent/control/control.h"

#include <algorithm>

#include "transport/deadline.h"
#include "transport/opamp_requests.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds link_pause{1};  // after a link that answers with an error
constexpr std::string_view forgotten_body =
    "410 text/plain; charset=utf-8\nit was done and answered; the answer is not kept any more\n";

HttpReply refusal(unsigned status, std::string_view why) { return {.status = status, .body = std::string{why} + "\n"}; }

struct Request {
  std::string method;
  std::string target;
  Secret body;
};

// "GET /status.json", or "POST /actions/run?ledger=…", a line feed and the body.
std::optional<Request> parse_request(std::string_view text, std::size_t line_bytes_max) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  const std::size_t space = line.find(' ');
  if (line.size() > line_bytes_max || space == std::string_view::npos) return std::nullopt;
  Request request{std::string{line.substr(0, space)}, std::string{line.substr(space + 1)}, {}};
  const bool has_body = end < text.size();
  const bool method = request.method == "POST" || (request.method == "GET" && !has_body);
  const bool printable = std::ranges::all_of(request.target, [](char c) { return c > ' ' && c < '\x7f'; });
  if (!method || !request.target.starts_with('/') || !printable) return std::nullopt;
  if (has_body) request.body = Secret{std::string{text.substr(end + 1)}};
  return request;
}

}  // namespace

Control::Control(ControlLink& link, ControlHooks hooks, bool accepts, asio::any_io_executor executor, Surroundings around, Log& log,
                 Metrics& metrics, ControlLimits limits)
    : link_(link),
      hooks_(std::move(hooks)),
      accepts_(accepts),
      around_(around),
      log_(log),
      metrics_(metrics),
      limits_(limits),
      link_state_{.verdict = Verdict::starting, .since = around.clock.wall(), .reason = {}},
      tasks_(std::move(executor)) {}

asio::awaitable<Error> Control::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  tasks_.spawn("events", take_events());
  tasks_.spawn("report", publish_changes());
  co_await tasks_.join();
  co_return Error{Code::cancelled, "control stopped"};
}

void Control::changed(bool at_once) {
  dirty_ = true;
  at_once_ = at_once_ || at_once;
  changed_.notify();
}

StageState Control::link_state() const {
  const LinkView view = link_.view();
  StageState state = link_state_;
  if (view.connected) state.become(Verdict::healthy, around_.clock.wall(), {});
  else if (!view.trouble.empty()) state.become(Verdict::unreachable, around_.clock.wall(), view.trouble);
  else if (state.verdict == Verdict::healthy) state.become(Verdict::starting, around_.clock.wall(), {});
  return state;
}

asio::awaitable<Error> Control::take_events() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (stop.cancelled() == asio::cancellation_type::none) {
    Result<ControlEvent> event = co_await link_.next();
    if (stop.cancelled() != asio::cancellation_type::none) break;
    if (!event) {
      log_.warning("the control link cannot be read", {{"reason", event.error().text()}});
      co_await around_.clock.sleep_for(link_pause);
      continue;
    }
    if (auto* offer = std::get_if<RemoteOffer>(&*event)) {
      if (accepts_) hooks_.offer(std::move(*offer));
      else log_.warning("an offered configuration is ignored, as this sensor's file does not accept any", {});
    } else if (auto* command = std::get_if<Command>(&*event)) {
      take(std::move(*command));
    } else {
      restart();
    }
  }
  co_return Error{Code::cancelled, "control stopped"};
}

void Control::restart() {
  if (!accepts_) {
    log_.warning("a restart that the processor asks for is refused, as this sensor's file does not accept it", {});
    return;
  }
  log_.info("the processor asks for a restart", {});
  hooks_.restart();
}

void Control::take(Command command) {
  if (!is_request_id(command.id) || command.type != "request") {
    log_.warning("a command without a proper id or type is ignored", {{"id_bytes", std::to_string(command.id.size())}});
    return count("malformed");
  }
  const auto kept = std::ranges::find(answers_, command.id, &Kept::id);
  if (kept != answers_.end()) {
    count("repeated");
    return answer(command.id, kept->body.empty() ? Bytes{forgotten_body} : kept->body);
  }
  if (under_way_.contains(command.id)) return count("repeated");
  if (under_way_.size() >= limits_.commands_max) {
    count("refused");
    return answer(command.id, answer_of(refusal(503, "too many requests are under way; ask again")));
  }
  under_way_.insert(command.id);
  tasks_.spawn("command", serve(std::move(command)));
}

// What is asked is done once; the answer goes out if there is a session, and else with the command's repetition.
asio::awaitable<Error> Control::serve(Command command) {
  co_await asio::this_coro::throw_if_cancelled(false);
  HttpReply reply;
  const Secret text{std::move(command.body)};  // what comes with it may be one
  std::optional<Request> request = parse_request(text.reveal(), limits_.request_bytes_max);
  if (!request) {
    reply = refusal(
        400, "a request is METHOD TARGET, and after a POST a line feed and its body; METHOD is GET or POST, and TARGET a path");
  } else if (!accepts_ && request->method != "GET") {
    reply = refusal(403, "this sensor's own file does not accept it (remote.accept)");
  } else if (request->body.size() > limits_.body_bytes_max) {
    reply = refusal(413, "the body has more than " + std::to_string(limits_.body_bytes_max) + " bytes");
  } else {
    reply = co_await hooks_.answer(request->method, request->target, std::move(request->body));
  }
  if (request && request->method == "POST")
    log_.info("the processor asked for something",
              {{"request", request->method + " " + request->target.substr(0, request->target.find('?'))},
               {"id", command.id},
               {"status", std::to_string(reply.status)}});
  Bytes body = answer_of(reply);
  under_way_.erase(command.id);
  answer(command.id, body);
  remember(command.id, std::move(body));
  count("done");
  co_return Error{Code::cancelled, "command answered"};
}

Bytes Control::answer_of(const HttpReply& reply) const {
  if (reply.body.size() > limits_.answer_bytes_max)
    return answer_of(refusal(500, "the answer has " + std::to_string(reply.body.size()) + " bytes, more than fit"));
  Bytes text = std::to_string(reply.status);
  return text.append(" ").append(reply.content_type).append("\n").append(reply.body);
}

void Control::answer(const std::string& id, const Bytes& body) {
  CommandAnswer given{.id = id, .type = "answer", .body = body};
  if (Result<void> sent = link_.answer(std::move(given)); !sent)
    log_.info("an answer waits for its request to be repeated", {{"id", id}, {"reason", sent.error().text()}});
}

// Ids outlive the bodies: a command that was done is never done again because its answer was large.
void Control::remember(const std::string& id, Bytes body) {
  answers_bytes_ += body.size();
  answers_.push_back({id, std::move(body)});
  while (answers_.size() > limits_.answers_max) {
    answers_bytes_ -= answers_.front().body.size();
    answers_.pop_front();
  }
  for (Kept& kept : answers_) {
    if (answers_bytes_ <= limits_.answers_bytes_max) break;
    answers_bytes_ -= kept.body.size();
    kept.body = Bytes{};
  }
}

asio::awaitable<Error> Control::publish_changes() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  const auto stopped = [&stop] { return stop.cancelled() != asio::cancellation_type::none; };
  while (!stopped()) {
    dirty_ = false;
    at_once_ = false;
    publish();
    const SteadyTime looked = around_.clock.steady();
    while (!stopped() && !at_once_) {
      const SteadyTime until = looked + (dirty_ ? limits_.publish_gap : limits_.look_every);
      const auto left = until - around_.clock.steady();
      if (left.count() <= 0) break;
      asio::awaitable<void> waiting = changed_.wait();
      co_await finish_within(std::move(waiting), around_.clock, left);
    }
  }
  co_return Error{Code::cancelled, "control stopped"};
}

void Control::publish() {
  link_state_ = link_state();
  ControlReport report = hooks_.report();
  const SteadyTime now = around_.clock.steady();
  if (published_ && *published_ == report && now - published_at_ < limits_.publish_every) return;
  published_ = report;
  published_at_ = now;
  link_.publish(std::move(report));
}

void Control::count(std::string_view outcome) {
  metrics_
      .counter("tidegate_control_commands_total", "Commands of the processor, by what became of them.",
               {{"outcome", std::string{outcome}}})
      .add();
}

}  // namespace tidegate
