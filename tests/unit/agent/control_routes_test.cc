#include "agent/control_routes.h"

#include <simdjson.h>

#include "tests/unit/agent/steering_fixture.h"

namespace tidegate {
namespace {

class ControlRoutesTest : public SteeringTest {
 protected:
  HttpReply ask(std::string_view method, std::string_view target) {
    return run(routes_.answer({.method = method, .target = target, .body = {}}));
  }
  HttpReply get(std::string_view target) { return ask("GET", target); }
  HttpReply post(std::string_view target) { return ask("POST", target); }
  void expect_refused(std::string_view target, unsigned status, const std::string& text) {
    const HttpReply reply = post(target);
    EXPECT_EQ(reply.status, status) << target;
    EXPECT_NE(reply.body.find(text), std::string::npos) << reply.body;
    EXPECT_TRUE(reply.body.ends_with('\n'));
  }
  void commit(const CursorKey& key, const Cursor& next) {
    Commit commit;
    commit.key = key;
    commit.next = next;
    ASSERT_TRUE(journal_.commit(commit));
  }

  AgentStatus status_;
  std::vector<ConnectorConfig> configured_;
  Result<std::string> report_{std::string{"{}"}};
  std::vector<std::string> tested_;
  bool slow_test_ = false;
  Signal release_;
  ControlRoutes routes_{{.status = [this] { return status_; },
                         .effective = [] { return std::string{"sensor:\n  name: zurich-01\n"}; },
                         .configured = [this] { return configured_; },
                         .test = [this](ConnectorConfig connector) { return test(std::move(connector)); }},
                        *this,
                        clock_};

 private:
  asio::awaitable<Result<std::string>> test(ConnectorConfig connector) {
    tested_.push_back(connector.name);
    if (slow_test_) co_await release_.wait();
    co_return report_;
  }
};

std::string json_of(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  return parser.parse(text).get(document) == simdjson::SUCCESS ? simdjson::minify(document) + "\n" : "no JSON: " + text;
}

}  // namespace

TEST_F(ControlRoutesTest, StatusIsTextAndJson) {
  status_.sensor = "zurich-01";
  EXPECT_EQ(get("/status").body, status_text(status_));
  const HttpReply json = get("/status.json");
  EXPECT_EQ(json.content_type, "application/json");
  EXPECT_EQ(json.body, status_json(status_) + "\n");
}

TEST_F(ControlRoutesTest, TheStatusShowsTheControlPlaneWhereThereIsOne) {
  EXPECT_EQ(status_json(status_).find("\"configuration\""), std::string::npos);
  status_.control.emplace();
  status_.control->link.become(Verdict::unreachable, WallTime{std::chrono::seconds{1'800'000'000}}, "connection refused");
  status_.control->configuration = {"h7", 7, RemoteState::failed, "line 3: no such region\nline 5: expired"};
  const std::string json = json_of(get("/status.json").body);
  EXPECT_NE(json.find(R"("control":{"state":"unreachable","since":"2027-01-15T08:00:00Z","reason":"connection refused")"),
            std::string::npos)
      << json;
  EXPECT_NE(json.find(R"("configuration":{"state":"FAILED","revision":7,"reasons":["line 3: no such region","line 5: expired"]})"),
            std::string::npos)
      << json;
  EXPECT_NE(get("/status").body.find("configuration  FAILED, revision 7"), std::string::npos) << get("/status").body;
}

TEST_F(ControlRoutesTest, TheConfigurationIsShownAsYaml) {
  const HttpReply reply = get("/configuration");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.content_type, "application/yaml");
  EXPECT_EQ(reply.body, "sensor:\n  name: zurich-01\n");
}

TEST_F(ControlRoutesTest, AConnectorIsTestedByItsNameAndTheReportIsJson) {
  configured_.emplace_back().name = "acme-v1";
  report_ = std::string{R"({"connector":"acme-v1"})"};
  const HttpReply reply = post("/connector/test?name=acme-v1");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_EQ(reply.body, "{\"connector\":\"acme-v1\"}\n");
  EXPECT_EQ(tested_, std::vector<std::string>{"acme-v1"});
  EXPECT_EQ(get("/connector/test?name=acme-v1").status, 405u);
  expect_refused("/connector/test?name=acme-v2", 404, "did you mean acme-v1");
  expect_refused("/connector/test", 400, "name is missing");
}

TEST_F(ControlRoutesTest, AFewConnectorsAreTestedAtOnceAndNoMore) {
  configured_.emplace_back().name = "acme-v1";
  slow_test_ = true;
  std::vector<std::shared_ptr<std::optional<HttpReply>>> replies;
  for (std::size_t i = 0; i < ControlRoutes::tests_max; ++i)
    replies.push_back(begin(routes_.answer({.method = "POST", .target = "/connector/test?name=acme-v1", .body = {}})));
  expect_refused("/connector/test?name=acme-v1", 503, "ask again");
  release_.notify();
  go_on();
  for (const auto& reply : replies) {
    ASSERT_TRUE(*reply);
    EXPECT_EQ((*reply)->status, 200u);
  }
  slow_test_ = false;
  EXPECT_EQ(post("/connector/test?name=acme-v1").status, 200u);
}

TEST_F(ControlRoutesTest, TheQueueIsTextAndJsonAndWhatIsSetAsideIsSentAgain) {
  spool_.usage.lanes[index_of(Lane::alerts)] = {.first = 1, .last = 1, .records = 7, .bytes = 70};
  EXPECT_EQ(get("/queue").body, spool_text(spool_));
  EXPECT_NE(get("/queue").body.find("alerts  7 records, 70 bytes"), std::string::npos) << get("/queue").body;
  EXPECT_EQ(get("/queue.json").body, spool_json(spool_));
  EXPECT_EQ(post("/queue/resend").body, "nothing is set aside\n");
  resent_ = 3;
  EXPECT_EQ(post("/queue/resend").body, "3 chunks are sent again\n");
  resent_ = Error{Code::full, "journal, after 1 chunks: no room"};
  expect_refused("/queue/resend", 503, "after 1 chunks");
  expect_refused("/queue/resend?lane=alerts", 400, "wanted: none");
}

TEST_F(ControlRoutesTest, APathThatIsNotThereNamesThoseThatAre) {
  const HttpReply reply = get("/statuses");
  EXPECT_EQ(reply.status, 404u);
  EXPECT_NE(reply.body.find("/cursor/rewind"), std::string::npos) << reply.body;
  EXPECT_EQ(get("").status, 404u);
}

TEST_F(ControlRoutesTest, AWrongMethodIsSaid) {
  EXPECT_EQ(post("/cursor").status, 405u);
  const HttpReply reply = get("/cursor/rewind?connector=acme-v1&content_type=alerts&to=6h");
  EXPECT_EQ(reply.status, 405u);
  EXPECT_EQ(reply.body, "/cursor/rewind is asked with POST\n");
  EXPECT_TRUE(rewound_.empty());
}

TEST_F(ControlRoutesTest, CursorsAreShown) {
  EXPECT_EQ(get("/cursor").body, "nothing was read yet\n");
  EXPECT_EQ(get("/cursor.json").body, "{\"cursors\":[]}\n");
  Cursor cursor{.settled = at(-2), .through = at(-1), .position = at(-1), .pass_to = at(0), .window = {}};
  cursor.window = WindowProgress{.from = at(-1), .to = at(0), .next_link = "secret", .pages = 3, .attempts = 1, .total_count = 70};
  commit({"acme-v1", Lane::alerts}, cursor);
  commit({"acme-v1", Lane::alerts, 4}, Cursor{.settled = at(-9), .through = {}, .position = {}, .pass_to = {}, .window = {}});
  EXPECT_EQ(get("/cursor").body,
            "acme-v1  alerts\n"
            "  read through 2024-10-03T00:00:00Z, final through 2024-10-02T00:00:00Z\n"
            "  reading 2024-10-03T00:00:00Z to 2024-10-04T00:00:00Z, 3 pages stored\n"
            "acme-v1  alerts  back-fill 4\n"
            "  read through nothing yet, final through 2024-09-25T00:00:00Z\n");
  const std::string json = get("/cursor.json").body;
  EXPECT_EQ(json, json_of(json));
  EXPECT_EQ(json,
            R"({"cursors":[{"connector":"acme-v1","content_type":"alerts","backfill":null,"read_through":"2024-10-03T00:00:00Z",)"
            R"("settled":"2024-10-02T00:00:00Z","position":"2024-10-03T00:00:00Z","pass_to":"2024-10-04T00:00:00Z",)"
            R"("window":{"from":"2024-10-03T00:00:00Z","to":"2024-10-04T00:00:00Z","pages":3,"attempts":1,"total_count":70}},)"
            R"({"connector":"acme-v1","content_type":"alerts","backfill":4,"read_through":null,"settled":"2024-09-25T00:00:00Z",)"
            R"("position":null,"pass_to":null,"window":null}]})"
            "\n");
}

TEST_F(ControlRoutesTest, ARewindIsPassedOn) {
  const HttpReply reply = post("/cursor/rewind?connector=z%FCrich%20%26%20co&content_type=alerts&to=6h");
  EXPECT_EQ(reply.status, 200u) << reply.body;
  ASSERT_EQ(rewound_.size(), 1u);
  EXPECT_EQ(rewound_[0].first, (CursorKey{"z\xfcrich & co", Lane::alerts}));
  EXPECT_EQ(rewound_[0].second, at(0) - std::chrono::hours{6});
  rewind_answer_ = Error{Code::full, "the journal is full"};
  expect_refused("/cursor/rewind?connector=acme-v1&content_type=alerts&to=2024-10-01", 503, "the journal is full");
}

TEST_F(ControlRoutesTest, AnUnknownConnectorNamesTheKnownOnes) {
  expect_refused("/cursor/rewind?connector=acme-v2&content_type=alerts&to=6h", 404,
                 "connector: 'acme-v2' is not configured; did you mean acme-v1? There are: acme-v1, z\xfcrich & co");
  expect_refused("/backfill/start?connector=&content_type=alerts&from=6h&to=5h", 404, "there are: acme-v1");
}

TEST_F(ControlRoutesTest, AContentTypeThatIsNotReadNamesThoseThatAre) {
  expect_refused("/cursor/rewind?connector=acme-v1&content_type=alert&to=6h", 400,
                 "content_type: 'alert' is not among those that acme-v1 reads; did you mean alerts? There are: alerts, "
                 "observed_attack_techniques");
  expect_refused("/cursor/rewind?connector=acme-v1&content_type=audit_logs&to=6h", 404, "content_type: 'audit_logs'");
  expect_refused("/cursor/rewind?connector=acme-v1&content_type=own_events&to=6h", 404, "content_type: 'own_events'");
  EXPECT_TRUE(rewound_.empty());
}

TEST_F(ControlRoutesTest, ValuesThatCannotBeUsedNameFieldValueAndRemedy) {
  expect_refused("/cursor/rewind?connector=acme-v1&content_type=alerts&to=soon", 400, "to: 'soon' is no time: write UTC like");
  expect_refused("/cursor/rewind?connector=acme-v1&content_type=alerts&to=2030-01-01", 400, "to: '2030-01-01' lies ahead");
  expect_refused("/cursor/rewind?connector=acme-v1&content_type=alerts", 400, "to is missing; wanted: connector, content_type, to");
  expect_refused("/cursor/rewind?connector=acme-v1&content_type=alerts&to=6h&too=6h", 400, "the parameter 'too' is not known");
  expect_refused("/cursor/rewind?connector=%", 400, "%25");
  expect_refused("/cursor/rewind", 400, "connector is missing");
  expect_refused("/backfill/start?connector=acme-v1&content_type=alerts&from=x&to=5h", 400, "from: 'x' is no time");
  expect_refused("/backfill/start?connector=acme-v1&content_type=alerts&from=5h&to=6h", 400, "to: ");
  for (const char* number : {"", "0", "-1", "x", "4294967296", "1.0"}) {
    expect_refused("/backfill/pause?number=" + std::string{number}, 400, "is no back-fill's number");
  }
  EXPECT_TRUE(rewound_.empty());
}

TEST_F(ControlRoutesTest, ABackFillIsStartedPausedResumedAndCancelled) {
  EXPECT_EQ(get("/backfill").body, "there are no back-fills\n");
  const HttpReply begun = post("/backfill/start?connector=acme-v1&content_type=alerts&from=2024-09-24&to=2024-09-29T00:00:00Z");
  EXPECT_EQ(begun.status, 200u);
  EXPECT_EQ(
      begun.body,
      "back-fill 1 has begun: acme-v1/alerts from 2024-09-24T00:00:00Z to 2024-09-29T00:00:00Z; `tidegate-agent backfill list` "
      "shows how far it is\n");
  EXPECT_TRUE(readers_.reading().contains(1));
  EXPECT_EQ(post("/backfill/pause?number=1").body, "back-fill 1 is paused\n");
  EXPECT_FALSE(readers_.reading().contains(1));
  EXPECT_EQ(post("/backfill/resume?number=1").body, "back-fill 1 is to run\n");
  EXPECT_TRUE(readers_.reading().contains(1));
  EXPECT_EQ(post("/backfill/cancel?number=1").body, "back-fill 1 is cancelled; what it had read stays\n");
  expect_refused("/backfill/resume?number=1", 400, "back-fill 1 is cancelled: start another one");
  expect_refused("/backfill/cancel?number=2", 404, "there is no back-fill 2");
}

TEST_F(ControlRoutesTest, BackFillsAreListedWithTheirProgress) {
  ASSERT_TRUE(run(backfills_.start(request(-10, -5))));
  readers_.refuse(Error{Code::invalid, "the \"token\" is missing"});
  ASSERT_TRUE(run(backfills_.start(request(-4, -1))));
  Cursor cursor{.settled = at(-7), .through = at(-7), .position = at(-7), .pass_to = at(-5), .window = {}};
  commit({"acme-v1", Lane::alerts, 1}, cursor);
  EXPECT_EQ(get("/backfill").body,
            "1  running  60 %  acme-v1  alerts  2024-09-24T00:00:00Z to 2024-09-29T00:00:00Z\n"
            "2  running  0 %  acme-v1  alerts  2024-09-30T00:00:00Z to 2024-10-03T00:00:00Z\n"
            "  not read: the \"token\" is missing\n");
  const std::string json = get("/backfill.json").body;
  EXPECT_EQ(json, json_of(json));
  EXPECT_EQ(json, R"({"backfills":[{"number":1,"connector":"acme-v1","content_type":"alerts","from":"2024-09-24T00:00:00Z",)"
                  R"("to":"2024-09-29T00:00:00Z","state":"running","progress":0.6,"created":"2024-10-04T00:00:00Z","trouble":""},)"
                  R"({"number":2,"connector":"acme-v1","content_type":"alerts","from":"2024-09-30T00:00:00Z",)"
                  R"("to":"2024-10-03T00:00:00Z","state":"running","progress":0,"created":"2024-10-04T00:00:00Z",)"
                  R"("trouble":"the \"token\" is missing"}]})"
                  "\n");
}

}  // namespace tidegate
