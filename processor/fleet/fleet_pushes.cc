// Fleet: what operators send to sensors, and how it is answered.
#include <algorithm>
#include <array>
#include <boost/asio/this_coro.hpp>

#include "processor/digest.h"
#include "processor/fleet/fleet.h"
#include "transport/opamp_codec.h"
#include "transport/opamp_messages.h"

namespace tidegate {
namespace {

constexpr std::size_t nonce_bytes = 16;
constexpr std::size_t envelope_bytes_max = 1024;  // names and types beside a document in its message

// One more while it lives.
class Counted {
 public:
  explicit Counted(std::size_t& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::size_t& count_;
};

class PendingRequest {
 public:
  PendingRequest(SensorRequests& requests, std::string id, const std::string& sensor)
      : requests_(requests), id_(std::move(id)), pending_(requests.add(id_, sensor)) {}
  ~PendingRequest() { requests_.remove(id_); }
  PendingRequest(const PendingRequest&) = delete;
  PendingRequest& operator=(const PendingRequest&) = delete;

  const std::string& id() const { return id_; }
  const std::shared_ptr<SensorRequests::Pending>& operator*() const { return pending_; }

 private:
  SensorRequests& requests_;
  std::string id_;
  std::shared_ptr<SensorRequests::Pending> pending_;
};

}  // namespace

Result<void> Fleet::may_push(std::string_view sensor, const Secret& document) {
  if (document.size() + envelope_bytes_max > opamp::config_bytes_max)
    return Error{Code::invalid, "the document is larger than a message can carry (" +
                                    std::to_string(opamp::config_bytes_max - envelope_bytes_max) + " bytes)"};
  if (pushes_waiting_ >= limits_.pushes_waiting_max) return Error{Code::full, "too many pushes wait for their answers"};
  const Result<SensorRecord> record = parts_.store.sensor(sensor);
  if (!record) return record.error();
  if (record->revoked) return Error{Code::denied, "the sensor was revoked"};
  const auto found = sensors_.find(sensor);
  const bool knows = found != sensors_.end() && found->second.heard && !found->second.sessions.empty();
  if (knows && (found->second.capabilities & opamp::agent_capability::accepts_remote_config) == 0)
    return Error{Code::denied, "the sensor takes no configuration from a processor: its own file says so (remote.accept)"};
  return {};
}

// Of another value at each push: a document that failed once may be tried again.
Result<Bytes> Fleet::draw_hash(const Secret& document) const {
  std::array<char, nonce_bytes> nonce{};
  if (Result<void> filled = parts_.entropy(std::span<char>{nonce}); !filled) return std::move(filled).error();
  Bytes input{nonce.data(), nonce.size()};
  input.append(sha256(document.reveal()));
  return sha256(input);
}

asio::awaitable<Result<PushOutcome>> Fleet::push(std::string sensor, Secret document, std::string author,
                                                 std::chrono::nanoseconds deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  if (Result<void> may = may_push(sensor, document); !may) co_return std::move(may).error();
  Result<Bytes> hash = draw_hash(document);
  if (!hash) co_return std::move(hash).error();
  DocumentDraft draft;
  draft.sensor = sensor;
  draft.text = std::move(document);
  draft.hash = *hash;
  draft.author = std::move(author);
  draft.at = clock_.wall();
  const Result<std::uint64_t> revision = parts_.store.put_document(draft);
  if (!revision) co_return Error{revision.error()}.in("sensor " + sensor);
  SensorLiveState& state = state_of(sensor);
  want(state, draft, *revision);
  log_.info("a configuration was pushed", {{"sensor", sensor}, {"revision", std::to_string(*revision)}, {"author", draft.author}});
  if (state.sessions.empty()) co_return PushOutcome{PushState::away, *revision, {}};
  co_return co_await answered(state, *std::move(hash), deadline);
}

void Fleet::want(SensorLiveState& sensor, const DocumentDraft& draft, std::uint64_t revision) {
  sensor.config = {revision, draft.hash, draft.author, draft.at, sensor.config.reported_hash, ConfigState::unset, {}};
  sensor.config_known = true;
  for (const SessionId id : sensor.sessions) {
    Live& live = *sessions_.at(id);
    live.session.want_config(draft.hash);
    if (live.line != nullptr) live.line->wake();
  }
  if (sensor.config_answered) sensor.config_answered->notify();
}

asio::awaitable<Result<PushOutcome>> Fleet::answered(SensorLiveState& sensor, Bytes hash, std::chrono::nanoseconds deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  const Counted counted{pushes_waiting_};
  const std::uint64_t revision = sensor.config.wanted_revision;
  if (!sensor.config_answered) sensor.config_answered = std::make_shared<Signal>();
  const std::shared_ptr<Signal> changed = sensor.config_answered;
  const SteadyTime until = clock_.steady() + deadline;
  const Alarm alarm = clock_.alarm(executor_, until, [changed] { changed->notify(); });
  while (true) {
    if (sensor.config.wanted_hash != hash) co_return PushOutcome{PushState::replaced, revision, {}};
    if (sensor.config.state == ConfigState::applied) co_return PushOutcome{PushState::applied, revision, {}};
    if (sensor.config.state == ConfigState::failed) co_return PushOutcome{PushState::failed, revision, sensor.config.reasons};
    if (clock_.steady() >= until)
      co_return PushOutcome{sensor.sessions.empty() ? PushState::away : PushState::waiting, revision, {}};
    if (stop.cancelled() != asio::cancellation_type::none)
      co_return Error{Code::cancelled, "nobody waits for the sensor's answer any more"};
    co_await changed->wait();
  }
}

bool Fleet::is_there(std::string_view sensor) const {
  const auto found = sensors_.find(std::string{sensor});
  return found != sensors_.end() && !found->second.sessions.empty();
}

Result<void> Fleet::send_request(SensorLiveState& sensor, const opamp::CustomMessage& message) {
  if (sensor.sessions.empty()) return Error{Code::unavailable, "sensor " + sensor.name + " is away"};
  Live& live = *sessions_.at(sensor.sessions.back());
  Result<void> queued = live.session.queue_custom(message);
  if (!queued && queued.error().code() != Code::full)
    return Error{Code::unavailable, "sensor " + sensor.name + " takes no requests"};
  if (live.line != nullptr) live.line->wake();
  return {};
}

asio::awaitable<Result<CommandOutcome>> Fleet::request(std::string sensor, std::string method, std::string target,
                                                       std::chrono::nanoseconds deadline, Secret body) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  if (Result<void> good = check_request(method, target); !good) co_return std::move(good).error();
  if (body.size() > request_body_bytes_max) co_return Error{Code::invalid, "the body of a request is too large"};
  const auto found = sensors_.find(sensor);
  if (found == sensors_.end()) co_return Error{Code::absent, "there is no sensor of that name"};
  if (requests_.waiting() >= limits_.requests_waiting_max || requests_.waiting(sensor) >= limits_.requests_of_sensor_max)
    co_return Error{Code::full, "too many requests wait for their answers"};
  SensorLiveState& state = found->second;
  const PendingRequest request{requests_, to_hex(Id128{random_.next(), random_.next()}), sensor};
  const std::shared_ptr<SensorRequests::Pending> pending = *request;
  const opamp::CustomMessage message = request_message(request.id(), method, target, body);
  if (Result<void> sent = send_request(state, message); !sent) co_return std::move(sent).error();
  const SteadyTime until = clock_.steady() + deadline;
  SteadyTime again = clock_.steady() + limits_.repeat_every;
  while (true) {
    if (pending->outcome) co_return *std::move(pending->outcome);
    const SteadyTime now = clock_.steady();
    if (now >= until) co_return Error{Code::timeout, "sensor " + sensor + ": it did not answer in time"};
    if (stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, "nobody waits for the answer any more"};
    if (now >= again) {
      // Away for a moment is no reason to give up; taking no requests is, once it has said so.
      if (Result<void> sent = send_request(state, message); !sent && !state.sessions.empty()) co_return std::move(sent).error();
      again = now + limits_.repeat_every;
    }
    const Alarm alarm = clock_.alarm(executor_, std::min(until, again), [pending] { pending->answered.notify(); });
    co_await pending->answered.wait();
  }
}

}  // namespace tidegate
