#include "processor/control_port.h"

#include <boost/asio/this_coro.hpp>
#include <deque>
#include <optional>

#include "processor/fleet/enrol_form.h"
#include "transport/opamp_codec.h"
#include "transport/signal.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

constexpr std::string_view opamp_path = "/v1/opamp";
constexpr std::string_view enrol_path = "/v1/enroll";
constexpr std::string_view protobuf_type = "application/x-protobuf";
constexpr std::string_view form_type = "application/x-www-form-urlencoded";
constexpr std::string_view pem_type = "application/x-pem-file";

WebReply web_reply(unsigned status, std::string_view text) {
  WebReply reply;
  reply.status = status;
  reply.body.append(text).append("\n");
  return reply;
}

WebReply come_back(unsigned status, std::string_view text, std::chrono::seconds after) {
  WebReply reply = web_reply(status, text);
  reply.retry_after = after;
  return reply;
}

// Without parameters such as a charset.
bool is_type(std::string_view content_type, std::string_view type) {
  std::string_view bare = content_type.substr(0, content_type.find(';'));
  while (bare.ends_with(' ')) bare.remove_suffix(1);
  return bare == type;
}

// "address:port" without the port, so that a machine counts once.
std::string_view address_of(std::string_view peer) { return peer.substr(0, peer.rfind(':')); }

std::string_view reason_of(LineClose why) {
  switch (why) {
    case LineClose::revoked: return "revoked";
    case LineClose::replaced: return "too many sessions of this sensor";
    case LineClose::misbehaved: return "too many messages that were refused";
  }
  return "closed";
}

}  // namespace

// One WebSocket: a reader that hands messages to the fleet, and a writer. Both see `closing_`, and the first to end ends the other.
class ControlPort::Connection final : public SensorLine {
 public:
  Connection(ControlPort& port, std::shared_ptr<WebSocket> socket) : port_(port), socket_(std::move(socket)) {}

  void wake() override { changed_.notify(); }
  void close(LineClose why) override {
    closing_ = why;
    changed_.notify();
  }

  asio::awaitable<void> serve(SensorIdentity who, std::string peer);

 private:
  asio::awaitable<Error> read();
  asio::awaitable<Error> write();
  bool take(ByteView bytes);
  std::optional<Bytes> next();

  ControlPort& port_;
  std::shared_ptr<WebSocket> socket_;  // shared with the web port, which drops it when it stops
  SessionId id_ = 0;
  std::deque<Bytes> answers_;
  std::optional<LineClose> closing_;
  bool reading_ = true;
  Signal changed_;
};

asio::awaitable<void> ControlPort::Connection::serve(SensorIdentity who, std::string peer) {
  co_await asio::this_coro::throw_if_cancelled(false);
  id_ = port_.fleet_.joined(who, std::move(peer), *this);
  TaskGroup writer{port_.executor_};
  writer.spawn("writer", write());
  const Error ended = co_await read();
  reading_ = false;
  changed_.notify();
  co_await writer.join();
  port_.fleet_.left(id_);
  if (ended.code() == Code::corrupt)
    port_.log_.warning("a control session ended: the sensor sent what is no message",
                       {{"sensor", who.sensor}, {"reason", ended.text()}});
}

asio::awaitable<Error> ControlPort::Connection::read() {
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (!closing_) {
    while (answers_.size() >= port_.limits_.answers_waiting_max && !closing_) {
      if (stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, "the port stops"};
      co_await changed_.wait();
    }
    Result<Bytes> bytes = co_await socket_->read();
    if (!bytes) co_return std::move(bytes).error();
    Result<opamp::AgentToServer> message = opamp::decode_agent_to_server(*bytes, opamp::Framing::websocket);
    if (!message) {
      closing_ = LineClose::misbehaved;
      co_return std::move(message).error();
    }
    const bool leaves = message->agent_disconnect.has_value();
    const Result<Bytes> answer = opamp::encode(port_.fleet_.heard(id_, *std::move(message)), opamp::Framing::websocket);
    if (answer) answers_.push_back(*answer);
    else port_.log_.error("an answer to a sensor cannot be sent", {{"reason", answer.error().text()}});
    changed_.notify();
    if (leaves) break;
  }
  co_return Error{Code::absent, "the session ended"};
}

std::optional<Bytes> ControlPort::Connection::next() {
  if (!answers_.empty()) {
    Bytes answer = std::move(answers_.front());
    answers_.pop_front();
    changed_.notify();  // there is room for another
    return answer;
  }
  const std::optional<opamp::ServerToAgent> unasked = port_.fleet_.next(id_);
  if (!unasked) return std::nullopt;
  Result<Bytes> bytes = opamp::encode(*unasked, opamp::Framing::websocket);
  if (bytes) return *std::move(bytes);
  port_.log_.error("a message to a sensor cannot be sent", {{"reason", bytes.error().text()}});
  return std::nullopt;
}

// A closing session still gets the answers that wait, then the reason.
asio::awaitable<Error> ControlPort::Connection::write() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (stop.cancelled() == asio::cancellation_type::none) {
    const bool ends = closing_.has_value() || !reading_;
    const std::optional<Bytes> message = next();
    if (message) {
      if (Result<void> written = co_await socket_->write(*message); !written) {
        socket_->abort();  // ends the read
        co_return std::move(written).error();
      }
      continue;
    }
    if (ends) break;
    co_await changed_.wait();
  }
  if (closing_ && stop.cancelled() == asio::cancellation_type::none)
    co_await socket_->close(WebSocketClose::policy, std::string{reason_of(*closing_)});
  else if (stop.cancelled() == asio::cancellation_type::none) co_await socket_->close(WebSocketClose::normal, "");
  co_return Error{Code::cancelled, "the session ended"};
}

ControlPort::ControlPort(asio::any_io_executor executor, Clock& clock, Log& log, Fleet& fleet, std::string trusted_pem,
                         TlsContextPtr tls, ControlPortLimits limits)
    : executor_(executor),
      clock_(clock),
      log_(log),
      fleet_(fleet),
      trusted_pem_(std::move(trusted_pem)),
      limits_(limits),
      web_(executor, clock, log,
           {.answer = [this](const WebRequest& request) { return answer(request); },
            .may_open = [this](const WebRequest& request) { return may_open(request); },
            .serve = [this](std::shared_ptr<WebSocket> socket,
                            WebRequest request) { return serve(std::move(socket), std::move(request)); }},
           std::move(tls), limits.web) {}

ControlPort::~ControlPort() = default;

Result<SensorIdentity> ControlPort::admitted(const WebRequest& request, WebReply& refusal) {
  Result<SensorIdentity> who = fleet_.admit(request.certificate, request.peer);
  if (who) return who;
  if (who.error().code() != Code::denied) refusal = web_reply(503, "not possible at the moment: try again later");
  else if (request.certificate.empty()) refusal = web_reply(401, "a certificate of the sensor is needed here: enrol first");
  else refusal = web_reply(403, "the certificate is of no sensor that has access: enrol again, or ask the operator");
  return who;
}

WebReply ControlPort::may_open(const WebRequest& request) {
  if (request.path != opamp_path) return web_reply(404, "sensors connect to /v1/opamp");
  WebReply refusal;
  if (!admitted(request, refusal)) return refusal;
  if (const auto after = fleet_.busy()) return come_back(503, "no room for more sensors at the moment", *after);
  refusal.status = 101;
  return refusal;
}

asio::awaitable<void> ControlPort::serve(std::shared_ptr<WebSocket> socket, WebRequest request) {
  co_await asio::this_coro::throw_if_cancelled(false);
  // Asked again: a sensor may have been revoked between the two.
  Result<SensorIdentity> who = fleet_.admit(request.certificate, request.peer);
  if (!who) co_return;
  std::string peer = std::move(request.peer);
  request = WebRequest{};  // a session lasts; what it began with need not
  Connection connection{*this, std::move(socket)};
  co_await connection.serve(*std::move(who), std::move(peer));
}

asio::awaitable<WebReply> ControlPort::answer(const WebRequest& request) {
  if (request.path == enrol_path) co_return enrol(request);
  if (request.path == opamp_path) co_return poll(request);
  co_return web_reply(404, "there are /v1/opamp and /v1/enroll");
}

WebReply ControlPort::poll(const WebRequest& request) {
  if (request.method != "POST") return web_reply(405, "a WebSocket, or POST");
  WebReply refusal;
  const Result<SensorIdentity> who = admitted(request, refusal);
  if (!who) return refusal;
  if (!is_type(request.content_type, protobuf_type)) return web_reply(415, "the body must be application/x-protobuf");
  Result<opamp::AgentToServer> message = opamp::decode_agent_to_server(request.body, opamp::Framing::http);
  if (!message) {
    log_.warning("a message of a sensor was refused", {{"sensor", who->sensor}, {"reason", message.error().text()}});
    return web_reply(400, "the body is no message of OpAMP");
  }
  Result<Bytes> answer = opamp::encode(fleet_.polled(*who, request.peer, *std::move(message)), opamp::Framing::http);
  if (!answer) {
    log_.error("an answer to a sensor cannot be sent", {{"reason", answer.error().text()}});
    return web_reply(500, "the answer cannot be sent");
  }
  WebReply reply;
  reply.content_type = protobuf_type;
  reply.body = *std::move(answer);
  return reply;
}

std::optional<std::chrono::seconds> ControlPort::too_often(std::string_view peer) {
  const SteadyTime now = clock_.steady();
  const std::string address{address_of(peer)};
  if (tries_.size() >= limits_.enrol_addresses_max && !tries_.contains(address))
    std::erase_if(tries_, [&](const auto& each) { return now - each.second.since >= limits_.enrol_every; });
  const auto wait = [&](SteadyTime since) { return std::chrono::ceil<std::chrono::seconds>(since + limits_.enrol_every - now); };
  if (tries_.size() >= limits_.enrol_addresses_max && !tries_.contains(address)) return wait(now);
  Tries& tries = tries_[address];
  if (tries.count == 0 || now - tries.since >= limits_.enrol_every) tries = {now, 0};
  if (tries.count >= limits_.enrol_tries_max) return wait(tries.since);
  ++tries.count;
  return std::nullopt;
}

WebReply ControlPort::enrol(const WebRequest& request) {
  if (request.method != "POST") return web_reply(405, "only POST is taken here");
  if (const auto after = too_often(request.peer)) return come_back(429, "refused: too many tries from this address", *after);
  if (!is_type(request.content_type, form_type)) return web_reply(415, "the body must be application/x-www-form-urlencoded");
  if (request.body.size() > limits_.enrol_body_bytes_max) return web_reply(413, "refused: the request is too large");
  Result<EnrolForm> form = read_enrol_form(request.body);
  if (!form) {
    log_.warning("an enrolment was refused", {{"peer", request.peer}, {"reason", form.error().text()}});
    return web_reply(400, refusal_text(form.error()));
  }
  const EnrolRequest order{std::move(form->token), form->request_pem, form->sensor, request.peer};
  const Result<Admission> admission = fleet_.enrol(order);
  if (!admission) {
    const Error& error = admission.error();
    log_.warning("an enrolment was refused", {{"peer", request.peer}, {"reason", error.text()}});
    if (error.code() == Code::denied) return web_reply(403, refusal_text(error));
    if (error.code() == Code::invalid) return web_reply(400, refusal_text(error));
    return web_reply(503, refusal_text(error));
  }
  log_.info("a sensor was enrolled", {{"sensor", admission->identity.sensor},
                                      {"peer", request.peer},
                                      {"serial", admission->identity.serial},
                                      {"again", admission->again ? "yes" : "no"},
                                      {"replaced", admission->replaced ? "yes" : "no"}});
  WebReply reply;
  reply.content_type = pem_type;
  reply.body = admission->certificate_pem + trusted_pem_;
  return reply;
}

}  // namespace tidegate
