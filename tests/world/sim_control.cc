#include "tests/world/sim_control.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "agent/edges/config_keeper.h"

namespace tidegate {
namespace {

// One key for all: what it protects from is no part of a simulation.
SealingKey sim_sealing_key() { return SealingKey{Secret{std::string(sealing_key_bytes, 'k')}}; }

Entropy sim_entropy(Random& random) {
  return [&random](std::span<char> bytes) -> Result<void> {
    for (char& byte : bytes) byte = static_cast<char>(random.next());
    return {};
  };
}

std::unique_ptr<ConfigKeeper> open_keeper(const SimControlHome& home, KeeperWatch watch) {
  StorePlace place{.directory = home.directory, .env = environment_of(home.disk)};
  home.disk->background().settle();
  Result<std::unique_ptr<ConfigStore>> store = open_config_store(place, home.log, home.metrics);
  if (!store) {
    home.log.error("the configuration store cannot be opened", {{"reason", store.error().text()}});
    return std::make_unique<NoConfigKeeper>(store.error());
  }
  return std::make_unique<SimConfigKeeper>(*std::move(store), *home.disk, std::move(watch));
}

SimControlLinkOptions sim_link_options(const SimControlOptions& options) {
  SimControlLinkOptions link;
  link.dial = [&net = options.net, from = options.sensor, to = options.plane] { return net.dial(from, to); };
  link.facts = {.sensor = options.sensor, .version = "1.0", .host_name = options.sensor};
  link.instance_uid = options.instance_uid;
  return link;
}

template <class Port>
std::unique_ptr<Port> wrapped(std::unique_ptr<Port> real, const std::function<std::unique_ptr<Port>(std::unique_ptr<Port>)>& wrap) {
  return wrap ? wrap(std::move(real)) : std::move(real);
}

}  // namespace

asio::awaitable<void> SimConfigKeeper::take_turn() {
  const auto stop = co_await asio::this_coro::cancellation_state;
  disk_.background().settle();
  while (disk_.is_off() && stop.cancelled() == asio::cancellation_type::none) co_await never_.wait();
  co_await asio::post(asio::use_awaitable);
}

Result<KeptConfigs> SimConfigKeeper::kept() const {
  KeptConfigs all;
  if (store_->last_good()) {
    Result<StoredConfig> config = store_->read_last_good();
    if (!config) return std::move(config).error();
    all.last_good = *std::move(config);
  }
  if (store_->candidate()) {
    Result<StoredConfig> config = store_->read_candidate();
    if (!config) return std::move(config).error();
    all.candidate = *std::move(config);
  }
  all.refusal = store_->refusal();
  return all;
}

asio::awaitable<Result<KeptConfigs>> SimConfigKeeper::load() {
  Result<KeptConfigs> all = kept();
  if (all) watch_.loaded(all->last_good ? all->last_good->head.hash : Bytes{});
  co_await take_turn();
  co_return all;
}

asio::awaitable<Result<ConfigHead>> SimConfigKeeper::put_candidate(StoredConfig config) {
  Result<ConfigHead> done = store_->put_candidate(std::move(config));
  co_await take_turn();
  co_return done;
}

asio::awaitable<Result<void>> SimConfigKeeper::keep_candidate() {
  const Bytes hash = store_->candidate()->hash;
  watch_.keeping(hash);
  Result<void> done = store_->keep_candidate();
  if (done) watch_.kept(hash);
  co_await take_turn();
  co_return done;
}

asio::awaitable<Result<void>> SimConfigKeeper::drop_candidate() {
  Result<void> done = store_->drop_candidate();
  co_await take_turn();
  co_return done;
}

asio::awaitable<Result<void>> SimConfigKeeper::refuse(ConfigRefusal refusal) {
  Result<void> done = store_->refuse(std::move(refusal));
  co_await take_turn();
  co_return done;
}

SimControl::SimControl(SimControlHome home, const SimControlOptions& options)
    : keeper_(wrapped(open_keeper(home, options.watch), options.wrap_keeper)),
      sealer_(sim_sealing_key(), sim_entropy(home.around.random)),
      check_(wrapped<ConnectorCheck>(std::make_unique<VisionOneCheck>(home.sources, home.around), options.wrap_check)),
      link_(sim_link_options(options), home.around),
      ports_{link_, *keeper_, sealer_, *check_} {}

}  // namespace tidegate
