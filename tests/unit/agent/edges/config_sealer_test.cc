// The sealer and the keeper together: what is kept is read back, and is not legible on the disk.
#include "agent/edges/config_sealer.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "agent/edges/config_keeper.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"

namespace tidegate {
namespace {

class ConfigSealerTest : public testing::Test {
 protected:
  SensorConfig sensor() const {
    SensorConfig config;
    config.state_directory = directory_.path().string();
    return config;
  }
  template <class T>
  T run(asio::awaitable<T> work) {
    std::optional<T> result;
    asio::co_spawn(loop_, keep(std::move(work), result), [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
    loop_.restart();
    loop_.run();
    return *std::move(result);
  }
  template <class T>
  static asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& result) {
    result.emplace(co_await std::move(work));
  }

  TemporaryDirectory directory_;
  asio::io_context loop_;
  ManualClock clock_{WallTime{std::chrono::seconds{1'800'000'000}}};
  Log log_{clock_, LogFormat::text, Level::debug, [](std::string_view) {}};
  Metrics metrics_;
};

TEST_F(ConfigSealerTest, AKeyIsMadeOnceAndNeverAnewWhereItWasUsed) {
  const SealingKeyPlace place = sealing_key_place(sensor(), {});
  const Result<SealingKey> made = open_sealing_key(place, false, system_entropy());
  ASSERT_TRUE(made) << made.error().text();
  const Result<SealingKey> again = open_sealing_key(place, true, system_entropy());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id(), made->id());
  std::filesystem::remove(place.file);
  const Result<SealingKey> gone = open_sealing_key(place, true, system_entropy());
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code(), Code::absent);
  EXPECT_FALSE(std::filesystem::exists(place.file));
}

TEST_F(ConfigSealerTest, AKeyThatTheFileNamesIsNotOursToMake) {
  SensorConfig config = sensor();
  config.sealing_key_file = (directory_.path() / "other.key").string();
  const Result<SealingKey> key = open_sealing_key(sealing_key_place(config, {}), false, system_entropy());
  ASSERT_FALSE(key);
  EXPECT_FALSE(std::filesystem::exists(config.sealing_key_file));
}

TEST_F(ConfigSealerTest, WhatIsKeptIsReadBackAndIsNotLegibleOnTheDisk) {
  Result<SealingKey> key = open_sealing_key(sealing_key_place(sensor(), {}), false, system_entropy());
  ASSERT_TRUE(key);
  KeySealer sealer{*std::move(key), system_entropy()};
  StorePlace place;
  place.directory = directory_.path() / "config";
  WorkerThread thread;
  {
    Result<std::unique_ptr<ConfigStore>> store = open_config_store(place, log_, metrics_);
    ASSERT_TRUE(store);
    StoredConfigKeeper keeper{*std::move(store), thread};
    StoredConfig config;
    config.head.hash = "h1";
    config.head.revision = 7;
    config.sealed = *sealer.seal(Secret{"token: planted.secret"});
    ASSERT_TRUE(run(keeper.put_candidate(config)));
    ASSERT_TRUE(run(keeper.keep_candidate()));
    ASSERT_TRUE(run(keeper.refuse({.sequence = 0, .hash = "h2", .at = {}, .reasons = "no such region"})));
  }
  Result<std::unique_ptr<ConfigStore>> store = open_config_store(place, log_, metrics_);
  ASSERT_TRUE(store);
  StoredConfigKeeper keeper{*std::move(store), thread};
  const Result<KeptConfigs> kept = run(keeper.load());
  ASSERT_TRUE(kept);
  ASSERT_TRUE(kept->last_good);
  EXPECT_EQ(kept->last_good->head.revision, 7u);
  EXPECT_EQ(sealer.open(kept->last_good->sealed)->reveal(), "token: planted.secret");
  EXPECT_EQ(kept->refusal->hash, "h2");
  EXPECT_FALSE(kept->candidate);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{directory_.path()}) {
    if (!entry.is_regular_file()) continue;
    ++files;
    std::ostringstream bytes;
    bytes << std::ifstream{entry.path(), std::ios::binary}.rdbuf();
    EXPECT_EQ(bytes.str().find("planted"), std::string::npos) << entry.path();
  }
  EXPECT_GT(files, 2u);
}

}  // namespace
}  // namespace tidegate
