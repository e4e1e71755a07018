#include "transport/http_server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/run_until.h"
#include "tests/unit/transport/loopback.h"
#include "transport/byte_stream.h"
#include "transport/http_client.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

using testkit::joined;
using testkit::run;
using testkit::text_of;
using namespace std::chrono_literals;

asio::awaitable<HttpReply> echo(HttpRequestView request) {
  if (request.target == "/missing") co_return HttpReply{.status = 404, .body = "nothing here\n"};
  co_return HttpReply{.body = std::string{request.method} + " " + std::string{request.target} + " " + std::string{request.body}};
}

class HttpServerTest : public ::testing::Test {
 protected:
  ~HttpServerTest() override {
    tasks.stop();
    run(loop, joined(tasks));
  }
  std::uint16_t start() {
    EXPECT_TRUE(server.listen({.host = "127.0.0.1", .port = 0}, echo));
    tasks.spawn("server", server.run());
    return server.port();
  }
  Result<HttpResponse> get(std::string target, std::string method = "GET", Bytes body = {}) {
    HttpClient client{{}};
    return run(loop, client.send({.method = std::move(method),
                                  .url = "http://127.0.0.1:" + std::to_string(server.port()) + target,
                                  .headers = {},
                                  .body = std::move(body)},
                                 20s));
  }
  // Sends the bytes as they are and takes all that comes until the end.
  static asio::awaitable<std::string> raw(std::uint16_t port, std::string bytes) {
    auto stream = co_await connect_tcp("127.0.0.1", port);
    std::string all;
    if (!stream) co_return all;
    (void)co_await (*stream)->write({bytes, {}, {}});
    char room[1000];
    for (auto came = co_await (*stream)->read_some(room); came && *came > 0; came = co_await (*stream)->read_some(room))
      all.append(room, *came);
    co_return all;
  }

  TemporaryDirectory folder;
  asio::io_context loop;
  SystemClock clock;
  Log log{clock, LogFormat::text, Level::error, [](std::string_view) {}};
  HttpServer server{loop.get_executor(), log, {.connections_max = 4, .wait_max = 20s}};
  HttpServer impatient{loop.get_executor(), log, {.wait_max = 200ms}};
  TaskGroup tasks{loop.get_executor()};
};

TEST_F(HttpServerTest, AnswersOverTcp) {
  ASSERT_NE(start(), 0);
  EXPECT_EQ(get("/metrics?x=1")->body, "GET /metrics?x=1 ");
  EXPECT_EQ(get("/missing")->status, 404u);
  EXPECT_EQ(get("/push", "POST", "small")->body, "POST /push small");
  EXPECT_EQ(get("/", "DELETE")->status, 405u);
  EXPECT_EQ(get("/", "HEAD")->body, "");
}

TEST_F(HttpServerTest, AnswersOverAUnixSocketOfTheModeAskedFor) {
  const std::string path = text_of(folder.path() / "control.sock");
  ASSERT_TRUE(server.listen_unix(path, 0660, echo));
  struct stat found{};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0660u);
  tasks.spawn("server", server.run());
  const auto response = run(loop, unix_send(path, {.method = "GET", .target = "/status"}, 5s));
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->body, "GET /status ");
  EXPECT_EQ(server.port(), 0);
}

TEST_F(HttpServerTest, TheSocketFileGoesWithTheServer) {
  const std::string path = text_of(folder.path() / "control.sock");
  ASSERT_TRUE(server.listen_unix(path, 0600, echo));
  tasks.spawn("server", server.run());
  loop.poll();
  tasks.stop();
  run(loop, joined(tasks));
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(run(loop, unix_send(path, {.method = "GET", .target = "/status"}, 5s)).error().code(), Code::unavailable);
}

TEST_F(HttpServerTest, AStaleSocketIsReplacedAndAFileIsNot) {
  const std::string path = text_of(folder.path() / "stale.sock");
  {
    asio::local::stream_protocol::acceptor gone{loop, asio::local::stream_protocol::endpoint{path}};
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  EXPECT_TRUE(server.listen_unix(path, 0600, echo));
  EXPECT_EQ(server.listen_unix(path, 0600, echo).error().code(), Code::unavailable);

  const std::string file = text_of(folder.path() / "file");
  std::ofstream{file} << "precious";
  EXPECT_EQ(server.listen_unix(file, 0600, echo).error().code(), Code::invalid);
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_FALSE(server.listen_unix(std::string(200, 'x'), 0600, echo));
}

TEST_F(HttpServerTest, APortThatIsTakenIsSaid) {
  asio::ip::tcp::acceptor taken{loop, {asio::ip::address_v4::loopback(), 0}};
  const auto listening = server.listen({.host = "127.0.0.1", .port = taken.local_endpoint().port()}, echo);
  ASSERT_FALSE(listening);
  EXPECT_NE(listening.error().text().find("in use"), std::string::npos) << listening.error().text();
}

TEST_F(HttpServerTest, HostileRequestsAreRefusedAndBounded) {
  const auto port = start();
  EXPECT_EQ(run(loop, raw(port, "garbage\r\n\r\n")).substr(0, 12), "HTTP/1.1 400");
  EXPECT_EQ(run(loop, raw(port, "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n")).substr(0, 12), "HTTP/1.1 431");
  EXPECT_EQ(run(loop, raw(port, "POST / HTTP/1.1\r\nContent-Length: 5000000000\r\n\r\n")).substr(0, 12), "HTTP/1.1 413");
}

TEST_F(HttpServerTest, HalfARequestAndSilenceAreClosedAfterTheWait) {
  ASSERT_TRUE(impatient.listen({.host = "127.0.0.1", .port = 0}, echo));
  tasks.spawn("impatient", impatient.run());
  EXPECT_EQ(run(loop, raw(impatient.port(), "GET / HTTP/1.1\r\nHos")), "");
}

TEST_F(HttpServerTest, ConnectionsBeyondTheBoundAreClosed) {
  const auto port = start();
  const auto hold = [](std::uint16_t to) -> asio::awaitable<std::unique_ptr<TcpStream>> {
    co_return std::move(*co_await connect_tcp("127.0.0.1", to));
  };
  std::vector<std::unique_ptr<TcpStream>> held;
  for (int i = 0; i < 4; ++i) held.push_back(run(loop, hold(port)));
  loop.poll();
  EXPECT_EQ(run(loop, raw(port, "GET / HTTP/1.1\r\n\r\n")), "");
  held.clear();
  EXPECT_TRUE(run_until(loop, [this] { return get("/").has_value(); }));  // once the server has seen them go
}

}  // namespace
}  // namespace tidegate
