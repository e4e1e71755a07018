// What the control port answers, without a socket; the sockets are the web port's, and tested there.
#include "processor/control_port.h"

#include "processor/port_tls.h"
#include "tests/support/run_until.h"
#include "tests/unit/processor/fleet/fleet_rig.h"
#include "transport/query_string.h"
#include "transport/task_group.h"

using namespace std::chrono_literals;

namespace tidegate {
namespace {

using test::SensorCertificate;

class ControlPortTest : public test::FleetRig {
 protected:
  explicit ControlPortTest(WallTime start = test::noon) : FleetRig(start) {
    ProcessorConfig config;
    config.processor.names = {"localhost"};
    Result<PortTls> tls = make_port_tls(config, *stores_.authority, clock_.wall());
    EXPECT_TRUE(tls) << tls.error().text();
    EXPECT_TRUE(tls->data && tls->renew_at);
    port_.emplace(loop_.get_executor(), clock_, log_, *fleet_, tls->trusted_pem, tls->control);
  }

  WebReply ask(WebRequest request) {
    request.peer = peer_;
    std::optional<WebReply> reply;
    asio::co_spawn(loop_, into(request, reply), [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
    turn();
    EXPECT_TRUE(reply);
    return *reply;
  }
  asio::awaitable<void> into(const WebRequest& request, std::optional<WebReply>& reply) {
    reply.emplace(co_await port_->answer(request));
  }
  WebReply enrol_with(const std::string& body) {
    WebRequest request;
    request.method = "POST";
    request.path = "/v1/enroll";
    request.content_type = "application/x-www-form-urlencoded";
    request.body = body;
    return ask(request);
  }
  std::string form(const Secret& token) {
    const KeyPtr key = test::ec_key();
    return "sensor=bern-01&token=" + std::string{token.reveal()} + "&csr=" + percent_encoded(test::request(key.get()));
  }
  WebRequest opamp(const Bytes& certificate) {
    WebRequest request;
    request.method = "POST";
    request.path = "/v1/opamp";
    request.content_type = "application/x-protobuf";
    request.certificate = certificate;
    return request;
  }

  std::string peer_ = "192.0.2.7:1000";
  std::optional<ControlPort> port_;
};

TEST_F(ControlPortTest, ATokenAndARequestGiveACertificateAndWhomToTrust) {
  const WebReply reply = enrol_with(form(token()));
  ASSERT_EQ(reply.status, 200u) << reply.body;
  EXPECT_EQ(reply.content_type, "application/x-pem-file");
  EXPECT_EQ(read_identity(reply.body)->sensor, "bern-01");
  EXPECT_TRUE(reply.body.ends_with(fleet_->authority_pem()));
}

TEST_F(ControlPortTest, ARefusalTellsThePeerLittleAndTheLogWhy) {
  const WebReply reply = enrol_with(form(Secret{"tge_" + std::string(32, 'a')}));
  EXPECT_EQ(reply.status, 403u);
  EXPECT_EQ(reply.body, "refused: the token is unknown, used up, expired or revoked, or the name is another sensor's\n");
  EXPECT_TRUE(logged("the token is not known"));
  EXPECT_EQ(enrol_with("sensor=a").status, 400u);
  EXPECT_EQ(enrol_with("sensor=a&sensor=b&token=c&csr=d").status, 400u);
  EXPECT_EQ(enrol_with("sensor=a&token=%4&csr=d").status, 400u);
  EXPECT_EQ(enrol_with(std::string((32u << 10) + 1, 'x')).status, 413u);
}

TEST_F(ControlPortTest, AnAddressThatTriesTooOftenWaits) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(enrol_with("x").status, 400u);
  peer_ = "192.0.2.7:2000";
  const WebReply reply = enrol_with(form(token()));
  EXPECT_EQ(reply.status, 429u);
  EXPECT_EQ(reply.retry_after, 60s);
  peer_ = "192.0.2.8:1000";
  EXPECT_EQ(enrol_with("x").status, 400u);
  peer_ = "192.0.2.7:2000";
  clock_.advance(60s);
  EXPECT_EQ(enrol_with(form(token())).status, 200u);
}

TEST_F(ControlPortTest, OnlySensorsWithAccessOpenASession) {
  const SensorCertificate sensor = enrol("zurich-01");
  EXPECT_EQ(port_->may_open(opamp(sensor.der)).status, 101u);
  EXPECT_EQ(port_->may_open(opamp({})).status, 401u);
  EXPECT_EQ(port_->may_open(opamp("no certificate")).status, 403u);
  WebRequest elsewhere = opamp(sensor.der);
  elsewhere.path = "/";
  EXPECT_EQ(port_->may_open(elsewhere).status, 404u);
  ASSERT_TRUE(fleet_->revoke_sensor("zurich-01"));
  EXPECT_EQ(port_->may_open(opamp(sensor.der)).status, 403u);
  EXPECT_EQ(ask(opamp(sensor.der)).status, 403u);
}

TEST_F(ControlPortTest, APollIsAMessageAndItsAnswer) {
  const SensorCertificate sensor = enrol("zurich-01");
  OpampSession session{Id128{1, 2}, 0xbd07, {}};
  session.connected(clock_.steady());
  WebRequest request = opamp(sensor.der);
  request.body = *opamp::encode(session.poll(clock_.steady()), opamp::Framing::http);
  const WebReply reply = ask(request);
  ASSERT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.content_type, "application/x-protobuf");
  EXPECT_EQ(opamp::decode_server_to_agent(reply.body, opamp::Framing::http)->instance_uid, (Id128{1, 2}));
  request.body = "\xff\xff";
  EXPECT_EQ(ask(request).status, 400u);
  request.content_type = "text/plain";
  EXPECT_EQ(ask(request).status, 415u);
  EXPECT_EQ(ask(opamp({})).status, 401u);
}

// Over a real socket, whose library asks the system what time it is.
class ControlSocketTest : public ControlPortTest {
 protected:
  ControlSocketTest() : ControlPortTest(SystemClock{}.wall()) {}

  asio::awaitable<void> talk(SensorCertificate& sensor) {
    TlsClientPems pems{fleet_->authority_pem(), sensor.pem, *pem_of(sensor.key.get())};
    Result<TlsContextPtr> tls = make_client_tls_of(pems);
    EXPECT_TRUE(tls);
    WebSocketTarget target;
    target.url = *parse_url("https://localhost:" + std::to_string(port_->port()) + "/v1/opamp");
    target.tls = *tls;
    std::optional<WebSocketRefused> refused;
    Result<std::unique_ptr<WebSocket>> socket = co_await connect_web_socket(std::move(target), 20s, refused);
    EXPECT_TRUE(socket) << socket.error().text();
    if (!socket) co_return;
    OpampSession session{Id128{1, 2}, 0xbd07, {}};
    EXPECT_TRUE(session.set_remote_config_status({}));
    session.connected(clock_.steady());
    const Bytes first = *opamp::encode(*session.next(clock_.steady()), opamp::Framing::websocket);
    EXPECT_TRUE(co_await (*socket)->write(first));
    connected_ = true;
    while (true) {
      Result<Bytes> bytes = co_await (*socket)->read();
      if (!bytes) {
        ended_ = bytes.error().text();
        co_return;
      }
      answers_.push_back(*opamp::decode_server_to_agent(*bytes, opamp::Framing::websocket));
    }
  }

  bool connected_ = false;
  std::vector<opamp::ServerToAgent> answers_;
  std::string ended_;
};

TEST_F(ControlSocketTest, AnAnswerAPushAndARevocationReachASensorOnItsSocket) {
  SensorCertificate sensor = enrol("zurich-01");
  ASSERT_TRUE(port_->listen("127.0.0.1", 0));
  TaskGroup tasks{loop_.get_executor()};
  tasks.spawn("port", port_->run());
  asio::co_spawn(loop_, talk(sensor), [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
  ASSERT_TRUE(run_until(loop_, [this] { return answers_.size() == 1; }));
  this->push("zurich-01", "a: 1");
  ASSERT_TRUE(run_until(loop_, [this] { return answers_.size() == 2; }));
  EXPECT_EQ(answers_[1].remote_config->config->config_map.at("connectors.yaml").body, "a: 1");
  ASSERT_TRUE(fleet_->revoke_sensor("zurich-01"));
  ASSERT_TRUE(run_until(loop_, [this] { return !ended_.empty(); }));
  EXPECT_NE(ended_.find("revoked"), std::string::npos) << ended_;
  ASSERT_TRUE(run_until(loop_, [this] { return fleet_->view("zurich-01")->view.sessions == 0; }));
  tasks.stop();
  ASSERT_TRUE(run_until(loop_, [&] { return tasks.empty(); }));
  clock_.advance(31s);  // the push that nobody answered
  turn();
}

}  // namespace
}  // namespace tidegate
