#include "tests/world/sim_processor.h"

#include <boost/asio/this_coro.hpp>

#include "base/check.h"
#include "tests/world/loop_turns.h"
#include "tests/world/shown_log.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

// Small, so that a run of hours meets a full landing and compactions too. Ids are kept as long as they are in the field.
constexpr std::uint64_t backlog_bytes_max = 8u << 20;
constexpr std::uint64_t compact_after_bytes = 1u << 20;
constexpr std::size_t batch_plain_bytes_max = 256u << 10;

constexpr std::chrono::nanoseconds landing_wait_max = 50ms;
constexpr std::chrono::nanoseconds index_wait_max = 500ms;
constexpr std::chrono::nanoseconds index_again = 1s;  // where nothing was left

bool stopped(const asio::cancellation_state& state) { return state.cancelled() != asio::cancellation_type::none; }

}  // namespace

// The intake, and how many chunks wait to be landed: here the lander has no thread that would see them come.
class SimProcessor::Offers final : public Intake {
 public:
  explicit Offers(Intake& real) : real_(real) {}

  Result<Chunk> receive(ForwardMessage message, const DataPeer& peer) override { return real_.receive(std::move(message), peer); }
  bool land(Chunk& chunk, Answer answer) override {
    if (!real_.land(chunk, std::move(answer))) return false;
    ++waiting_;
    came_.notify();
    return true;
  }

  std::size_t waiting() const { return waiting_; }
  void landed(std::size_t chunks) { waiting_ -= chunks; }
  asio::awaitable<void> wait() { return came_.wait(); }

 private:
  Intake& real_;
  std::size_t waiting_ = 0;
  Signal came_;
};

SimProcessor::SimProcessor(asio::io_context& loop, std::string place, std::filesystem::path directory, SimProcessorPorts ports)
    : loop_(loop),
      place_(std::move(place)),
      directory_(std::move(directory)),
      ports_(std::move(ports)),
      disk_(std::make_shared<FaultyFs>(directory_ / "stash")),
      log_(ports_.clock, LogFormat::text, Level::info, [this](std::string_view line) { ports_.log(shown(line, directory_)); }) {}

SimProcessor::~SimProcessor() {
  if (!running()) return;
  ports_.net.shut(place_);
  end();
}

bool SimProcessor::start() {
  TG_ASSERT(!running(), "a processor that runs is not started");
  opened_ = {};
  LandingOptions options{.env = environment_of(disk_)};
  options.limits.backlog_bytes_max = backlog_bytes_max;
  options.limits.compact_after_bytes = compact_after_bytes;
  Result<std::unique_ptr<RocksLanding>> landing = RocksLanding::open(directory_ / "landing", opened_, options);
  if (opened_.damaged)
    log_.error("the landing is damaged: chunks that were acknowledged may be missing",
               {{"reason", opened_.reason}, {"set_aside", opened_.set_aside}});
  if (!landing) {
    log_.error("the landing cannot be opened", {{"reason", landing.error().text()}});
    return false;
  }
  real_landing_ = *std::move(landing);
  serve();
  return true;
}

void SimProcessor::serve() {
  landing_ = ports_.make_landing(*real_landing_);
  IndexWorkerLimits index_limits;
  index_limits.batch_plain_bytes_max = batch_plain_bytes_max;
  worker_ = std::make_unique<IndexWorker>(*landing_, ports_.index, log_, metrics_, index_limits);
  lander_ = std::make_unique<Lander>(*landing_, log_, metrics_, [this] { landed_.notify(); });
  intake_ = std::make_unique<ChunkIntake>(*lander_, ports_.clock, metrics_);
  offers_ = std::make_unique<Offers>(*intake_);
  ForwardServerLimits server_limits;
  server_limits.deadlines_every = 10s;
  server_ =
      std::make_unique<ForwardServer>(loop_.get_executor(), ports_.clock, log_, metrics_, *offers_, TlsContextPtr{}, server_limits);
  tasks_ = std::make_unique<TaskGroup>(loop_.get_executor(), [this](std::string_view name, const Error& error) {
    log_.error("a part of the processor ended by itself", {{"part", std::string{name}}, {"reason", error.text()}});
  });
  tasks_->spawn("data port", server_->run());
  tasks_->spawn("landing", land_in_turn());
  tasks_->spawn("index", index_in_turn());
  ports_.net.listen(place_, [this](std::unique_ptr<ByteStream> stream, const std::string& from) {
    server_->admit(as_incoming(std::move(stream), from), from);
  });
}

asio::awaitable<void> SimProcessor::take_turn(std::chrono::nanoseconds wait_max) {
  co_await ports_.clock.sleep_for(std::chrono::nanoseconds{ports_.random.between(0, wait_max.count())});
}

asio::awaitable<Error> SimProcessor::land_in_turn() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (!stopped(stop)) {
    if (offers_->waiting() == 0) {
      co_await offers_->wait();
      continue;
    }
    co_await take_turn(landing_wait_max);
    if (!stopped(stop)) offers_->landed(lander_->step());
  }
  co_return Error{Code::cancelled, "landing stopped"};
}

asio::awaitable<Error> SimProcessor::index_in_turn() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (!stopped(stop)) {
    if (landing_->usage().chunks() == 0) {
      co_await landed_.wait();
      continue;
    }
    co_await take_turn(index_wait_max);
    if (stopped(stop)) break;
    const Result<std::uint64_t> indexed = worker_->step();
    if (!indexed) co_await ports_.clock.sleep_for(worker_->wait_before_step());
    else if (*indexed == 0) co_await ports_.clock.sleep_for(index_again);
  }
  co_return Error{Code::cancelled, "indexing stopped"};
}

void SimProcessor::kill(Manner manner) { die(TornTail::kept, manner); }

void SimProcessor::cut_power(TornTail tail, Manner manner) { die(tail, manner); }

void SimProcessor::die(TornTail tail, Manner manner) {
  disk_->power_off();  // before all else: what its parts do while they end must not be seen by anyone
  if (manner == Manner::silently) ports_.net.vanish(place_);
  else ports_.net.shut(place_);
  if (running()) end();
  disk_->power_on(ports_.random, tail);
}

// Where everything stands: nothing is finished, nobody is told.
void SimProcessor::end() {
  for (int turns = 0; !tasks_->empty() && turns < turns_max; ++turns) {
    tasks_->stop();  // each time, because a wait that begins just after it does not hear it
    drain();
  }
  TG_ASSERT(tasks_->empty(), "a processor that is told to stop stops");
  lander_->stop();
  drain();  // the lander's last answers are for connections that are gone
  tasks_.reset();
  server_.reset();
  offers_.reset();
  intake_.reset();
  lander_.reset();
  worker_.reset();
  landing_.reset();
  real_landing_.reset();
}

void SimProcessor::drain() { turn_until_idle(loop_); }

}  // namespace tidegate
