#include "processor/processor.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "processor/edges/sqlite_archive.h"
#include "processor/edges/stores.h"
#include "tests/support/test_pki.h"
#include "tests/unit/processor/records.h"
#include "transport/forward_client.h"
#include "transport/http_client.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

class ProcessorTest : public testing::Test {
 public:
  ProcessorTest() {
    Result<TestPki> pki = TestPki::make(folder_.path() / "pki");
    EXPECT_TRUE(pki) << pki.error().text();
    const Identity server = *pki->issue("dp1.example.net");
    const Identity sensor = *pki->issue("zurich-01");
    config_.processor.state_directory = (folder_.path() / "state").string();
    config_.data_listen = {"127.0.0.1", 0};
    config_.metrics_listen = {"127.0.0.1", 0};
    config_.tls = {pki->ca_file().string(), server.certificate_file.string(), server.private_key_file.string()};
    const Result<TlsContextPtr> client =
        make_client_tls({pki->ca_file().string(), sensor.certificate_file.string(), sensor.private_key_file.string()});
    EXPECT_TRUE(client);
    client_tls_ = *client;
  }

  // Runs `work` beside a processor, then stops both.
  void beside_a_processor(asio::awaitable<void> (*work)(ProcessorTest&)) {
    Result<Stores> stores = open_stores(config_.processor.state_directory, log_, metrics_);
    ASSERT_TRUE(stores) << stores.error().text();
    Result<TlsContextPtr> tls = load_tls(config_);
    ASSERT_TRUE(tls) << tls.error().text();
    processor_.emplace(loop_.get_executor(), clock_, log_, metrics_, *stores->landing, *stores->index, *std::move(tls));
    const Result<void> bound = processor_->listen(config_);
    ASSERT_TRUE(bound) << bound.error().text();
    TaskGroup tasks{loop_.get_executor()};
    const auto both = [](ProcessorTest& test, TaskGroup& group,
                         asio::awaitable<void> (*job)(ProcessorTest&)) -> asio::awaitable<void> {
      group.spawn("processor", test.processor_->run());
      co_await job(test);
      group.stop();
      co_await group.join();
    };
    asio::co_spawn(loop_, both(*this, tasks, work), [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
    loop_.run();
    loop_.restart();
    processor_.reset();
  }

  asio::awaitable<std::string> get(std::string target, unsigned status = 200) {
    HttpClient client{HttpClientOptions{}};
    HttpRequest request;
    request.method = "GET";
    request.url = "http://127.0.0.1:" + std::to_string(processor_->metrics_port()) + target;
    const Result<HttpResponse> response = co_await client.send(request, 10s);
    EXPECT_TRUE(response) << response.error().text();
    if (!response) co_return std::string{};
    EXPECT_EQ(response->status, status) << target;
    co_return response->body;
  }

  // Sends one chunk and waits for its ack.
  asio::awaitable<void> ship(std::uint64_t number) {
    ForwardClient client{clock_, {}};
    const Result<void> connected = co_await client.connect({"localhost", processor_->data_port()}, client_tls_);
    EXPECT_TRUE(connected) << connected.error().text();
    const Bytes payload = test::entries({{.number = number}});
    const Id128 id = hash128(std::to_string(number));
    const Result<void> sent = co_await client.send({"tidegate.trendmicro_visionone_alerts", payload, WireCompression::none, 1, id});
    EXPECT_TRUE(sent) << sent.error().text();
    const Result<Id128> ack = co_await client.next_ack();
    EXPECT_TRUE(ack) << ack.error().text();
    EXPECT_EQ(*ack, id);
    client.close();
  }

  asio::awaitable<bool> shows(std::string line) {
    for (int i = 0; i < 2000; ++i) {
      if ((co_await get("/metrics")).find(line + "\n") != std::string::npos) co_return true;
      co_await clock_.sleep_for(10ms);
    }
    co_return false;
  }

  TemporaryDirectory folder_;
  SystemClock clock_;
  Log log_{clock_, LogFormat::text, Level::error, [](std::string_view line) { ADD_FAILURE() << line; }};
  Metrics metrics_;
  ProcessorConfig config_;
  TlsContextPtr client_tls_;
  asio::io_context loop_{1};
  std::optional<Processor> processor_;
};

TEST_F(ProcessorTest, WhatASensorShipsIsAcknowledgedAndIndexed) {
  beside_a_processor([](ProcessorTest& test) -> asio::awaitable<void> {
    co_await test.ship(1);
    co_await test.ship(2);
    co_await test.ship(1);  // again: acknowledged, and dropped
    EXPECT_TRUE(co_await test.shows("tidegate_records_indexed_total{msg_class=\"trendmicro_visionone_alerts\"} 2"));
    EXPECT_TRUE(co_await test.shows("tidegate_landing_chunks 0"));
    EXPECT_TRUE(co_await test.shows("tidegate_index_lag_seconds 0"));
    const std::string metrics = co_await test.get("/metrics");
    EXPECT_NE(metrics.find("tidegate_chunks_received_total 3\n"), std::string::npos) << metrics;
    EXPECT_NE(metrics.find("tidegate_chunks_landed_total 2\n"), std::string::npos) << metrics;
    EXPECT_NE(metrics.find("tidegate_chunks_duplicate_total 1\n"), std::string::npos) << metrics;
  });
  const Result<Query> query = parse_query("trendmicro_visionone.id: WB-2");
  Result<SqliteArchive> archive = SqliteArchive::open(index_directory(config_.processor.state_directory));
  ASSERT_TRUE(archive);
  const Result<SearchEnd> end = archive->search({*query, {WallTime{}, WallTime::max()}, {}}, [](ByteView) { return true; });
  ASSERT_TRUE(end);
  EXPECT_EQ(end->total, 1u);
}

TEST_F(ProcessorTest, SaysOverHttpHowItFares) {  // P12
  beside_a_processor([](ProcessorTest& test) -> asio::awaitable<void> {
    EXPECT_EQ(co_await test.get("/readyz"), "ready\n");
    EXPECT_TRUE((co_await test.get("/healthz")).starts_with("ok\n"));
    (void)co_await test.get("/other", 404);
  });
}

TEST_F(ProcessorTest, StartsAgainOnWhatItLeft) {
  for (std::uint64_t round = 0; round < 3; ++round) {
    beside_a_processor([](ProcessorTest& test) -> asio::awaitable<void> { co_await test.ship(7); });
  }
  EXPECT_NE(metrics_.text().find("tidegate_chunks_landed_total 1\n"), std::string::npos);
  EXPECT_NE(metrics_.text().find("tidegate_chunks_duplicate_total 2\n"), std::string::npos);
}

TEST_F(ProcessorTest, APortThatIsTakenIsNamed) {
  const auto made = [this](Stores& stores) {
    return std::make_unique<Processor>(loop_.get_executor(), clock_, log_, metrics_, *stores.landing, *stores.index,
                                       *load_tls(config_));
  };
  Result<Stores> stores = open_stores(folder_.path() / "first", log_, metrics_);
  Result<Stores> others = open_stores(folder_.path() / "second", log_, metrics_);
  ASSERT_TRUE(stores && others);
  const std::unique_ptr<Processor> first = made(*stores);
  ASSERT_TRUE(first->listen(config_));
  const std::unique_ptr<Processor> second = made(*others);
  config_.data_listen.port = first->data_port();
  const Result<void> bound = second->listen(config_);
  ASSERT_FALSE(bound);
  EXPECT_NE(bound.error().text().find("listen.data"), std::string::npos) << bound.error().text();
}

}  // namespace
}  // namespace tidegate
