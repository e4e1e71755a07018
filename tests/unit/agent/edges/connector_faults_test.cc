// Everything that goes wrong between a connector and its API, one fault at a time: the connector test must name the stage that
// fails, and say what to do about it. (connector_probe_test and connector_probe_api_test look at the evidence.)
#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>

#include "agent/edges/connector_probe.h"
#include "tests/unit/agent/edges/connector_probe_fixture.h"

namespace tidegate {
namespace {

using asio::ip::tcp;
using ::testing::HasSubstr;
using testkit::Channel;
using testkit::Peer;

class ConnectorFaults;

// What is broken, and what must be said of it.
struct Injected {
  const char* name;
  void (*inject)(ConnectorFaults& test);
  Stage stage;
  Cause cause;
  const char* remedy;  // words that the operator must read
  StageVerdict verdict = StageVerdict::failed;
  std::optional<ContentType> content{};
};

void PrintTo(const Injected& fault, std::ostream* out) { *out << fault.name; }

class ConnectorFaults : public ConnectorProbeTest, public ::testing::WithParamInterface<Injected> {
 public:
  void point_at(const std::string& place) { connector_.api_base_url = "https://" + place; }
  void go_through(const std::string& place) {
    serve();
    connector_.proxy = Secret{"http://" + place};
  }

  // A port on which nobody listens.
  std::string nobody() {
    const tcp::acceptor taken{loop_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
    return place(taken.local_endpoint().port());
  }

  // A port that answers whatever comes with these bytes and closes; with none it closes at once.
  std::string answering(std::string bytes, TlsContextPtr tls = {}) {
    const auto script = [bytes = std::move(bytes)](Channel& channel) -> asio::awaitable<void> {
      if (bytes.empty()) co_return;
      co_await channel.read();
      co_await channel.write(bytes);
    };
    peers_.push_back(std::make_unique<Peer>(loop_, script, std::move(tls)));
    return place(peers_.back()->port());
  }

  // An API that gives one answer to all, over good TLS.
  void always(unsigned status, const std::string& body, const std::string& headers = "Content-Type: application/json\r\n") {
    point_at(answering("HTTP/1.1 " + std::to_string(status) + " Said\r\n" + headers +
                           "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
                       tls_of(good())));
  }

  TlsContextPtr tls_of(const IdentityOptions& options) {
    const Result<Identity> issued = pki_->issue("scripted", options);
    return *make_public_server_tls(issued->certificate_file, issued->private_key_file);
  }

  void fail(FaultKind kind, Endpoint endpoint) {
    serve();
    change([&](ServeOptions& options) { options.faults = {{.kind = kind, .rate = 1, .endpoint = endpoint}}; });
  }

  void forbid(Endpoint endpoint) {
    serve();
    change([&](ServeOptions& options) { options.forbidden = {endpoint}; });
  }

  void trust(std::string ca_file) { connector_.ca_file = std::move(ca_file); }
  void authorize(std::string token) { connector_.bearer_token = Secret{std::move(token)}; }
  void let_in(const std::string& token) {
    change([&](ServeOptions& options) { options.tokens = {token}; });
    authorize(token);
  }
  void token_from(std::string file) {
    authorize({});
    connector_.bearer_token_file = std::move(file);
  }
  void api_base_path(const std::string& path) { connector_.api_base_url += path; }
  std::string stranger() { return TestPki::make(folder_.path() / "stranger", "Inspection Authority")->ca_file(); }
  std::string in_folder(const std::string& file) const { return folder_.path() / file; }
  WallTime now() const { return clock_.wall(); }

  using ConnectorProbeTest::change;
  using ConnectorProbeTest::good;
  using ConnectorProbeTest::run;
  using ConnectorProbeTest::serve;

 private:
  static std::string place(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

  std::vector<std::unique_ptr<Peer>> peers_;
};

IdentityOptions valid(std::chrono::seconds from, std::chrono::seconds to) {
  IdentityOptions options;
  options.not_before = from;
  options.not_after = to;
  return options;
}

IdentityOptions named(std::vector<std::string> names) {
  IdentityOptions options;
  options.dns_names = std::move(names);
  options.addresses = {};
  return options;
}

IdentityOptions for_clients_only() {
  IdentityOptions options;
  options.server = false;
  return options;
}

using T = ConnectorFaults;
using enum ContentType;

const std::vector<Injected>& the_way() {
  static const std::vector<Injected> faults{
      {"NameUnknown", [](T& t) { t.point_at("no-such-host.invalid"); }, Stage::resolve, Cause::name_unknown, "DNS"},
      {"ProxysNameUnknown", [](T& t) { t.go_through("no-such-proxy.invalid:3128"); }, Stage::resolve, Cause::name_unknown, "proxy"},
      {"PortClosed", [](T& t) { t.point_at(t.nobody()); }, Stage::tcp, Cause::refused, "TCP 443"},
      {"ProxysPortClosed", [](T& t) { t.go_through(t.nobody()); }, Stage::tcp, Cause::refused, "proxy"},
      {"ProxyWantsCredentials", [](T& t) { t.go_through(t.answering("HTTP/1.1 407 Auth\r\nContent-Length: 0\r\n\r\n")); },
       Stage::tcp, Cause::proxy_credentials, "http://user:password@host:port"},
      {"ProxyRefusesThePassword",
       [](T& t) { t.go_through("user:old@" + t.answering("HTTP/1.1 407 Auth\r\nContent-Length: 0\r\n\r\n")); }, Stage::tcp,
       Cause::proxy_credentials, "credentials that the proxy takes"},
      {"ProxyForbids", [](T& t) { t.go_through(t.answering("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")); }, Stage::tcp,
       Cause::proxy_forbids, "allow CONNECT"},
      {"ProxyDoesNotReachTheApi", [](T& t) { t.go_through(t.answering("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")); },
       Stage::tcp, Cause::proxy_fails, "that the proxy itself reaches the API"},
      {"ProxyIsNone", [](T& t) { t.go_through(t.answering("SSH-2.0-OpenSSH_9.2\r\n")); }, Stage::tcp, Cause::proxy_fails,
       "host and port of proxy"},
      {"ProxyHangsUp", [](T& t) { t.go_through(t.answering("")); }, Stage::tcp, Cause::proxy_fails, "host and port of proxy"},
      {"TlsCutOff", [](T& t) { t.point_at(t.answering("")); }, Stage::tls, Cause::connection_broken, "inspection device"},
      {"NoTls", [](T& t) { t.point_at(t.answering("HTTP/1.1 400 No\r\n\r\n")); }, Stage::tls, Cause::no_tls,
       "port of api_base_url"},
      {"AuthorityUnknown", [](T& t) { t.serve(), t.trust(t.stranger()); }, Stage::tls, Cause::authority_unknown, "set ca_file"},
      {"SystemDoesNotKnowTheAuthority", [](T& t) { t.serve(), t.trust(""); }, Stage::tls, Cause::authority_unknown, "set ca_file"},
      {"AuthoritiesUnreadable", [](T& t) { t.serve(), t.trust(t.in_folder("absent.pem")); }, Stage::tls, Cause::ca_file_unusable,
       "correct ca_file"},
      {"HostNameOfAnother", [](T& t) { t.serve(named({"api.eu.example"})); }, Stage::tls, Cause::other_host, "own host name"},
      {"CertificateExpired", [](T& t) { t.serve(valid(-72h, -1h)); }, Stage::tls, Cause::certificate_expired, "renew"},
      {"CertificateNotYet", [](T& t) { t.serve(valid(1h, 72h)); }, Stage::tls, Cause::certificate_not_yet, "NTP"},
      {"CertificateForClients", [](T& t) { t.serve(for_clients_only()); }, Stage::tls, Cause::certificate_refused,
       "mend the certificate"},
      {"TlsTooOld",
       [](T& t) {
         const TlsContextPtr old = t.tls_of(T::good());
         SSL_CTX_set_min_proto_version(old->native().native_handle(), TLS1_VERSION);
         SSL_CTX_set_max_proto_version(old->native().native_handle(), TLS1_1_VERSION);
         t.point_at(t.answering("never", old));
       },
       Stage::tls, Cause::no_tls, "exempt the API's host from inspection"},
      {"CertificateEndsSoon", [](T& t) { t.serve(valid(-72h, 72h)); }, Stage::tls, Cause::certificate_expires_soon,
       "before that day", StageVerdict::warning},
  };
  return faults;
}

const std::vector<Injected>& the_api() {
  static const std::vector<Injected> faults{
      {"Http400", [](T& t) { t.always(400, R"({"error":{"code":"BadRequest","message":"no"}})"); }, Stage::http, Cause::http_400,
       "whatever relays requests"},
      {"Http404", [](T& t) { t.serve(), t.api_base_path("/console"); }, Stage::http, Cause::http_404, "https://api.xdr"},
      {"Http413", [](T& t) { t.always(413, "{}"); }, Stage::http, Cause::http_413, "raise the request limit"},
      {"Http429", [](T& t) { t.fail(FaultKind::too_many_requests, Endpoint::connectivity); }, Stage::http, Cause::http_429,
       "requests_per_minute", StageVerdict::warning},
      {"Http500", [](T& t) { t.fail(FaultKind::internal_error, Endpoint::connectivity); }, Stage::http, Cause::http_500,
       "trace id"},
      {"Http502", [](T& t) { t.fail(FaultKind::bad_gateway, Endpoint::connectivity); }, Stage::http, Cause::http_502,
       "proxy in between"},
      {"Http503", [](T& t) { t.fail(FaultKind::unavailable, Endpoint::connectivity); }, Stage::http, Cause::http_503,
       "collection goes on by itself"},
      {"Http504", [](T& t) { t.fail(FaultKind::gateway_timeout, Endpoint::connectivity); }, Stage::http, Cause::http_504,
       "lower window"},
      {"Redirect", [](T& t) { t.always(302, "", "Location: https://login.example/\r\n"); }, Stage::http, Cause::http_other,
       "check api_base_url"},
      {"SignInPage", [](T& t) { t.always(200, "<html>sign in</html>", "Content-Type: text/html\r\n"); }, Stage::http,
       Cause::not_json, "portal"},
      {"BlockPage", [](T& t) { t.always(403, "<html>blocked</html>", "Content-Type: text/html\r\n"); }, Stage::http,
       Cause::not_json, "portal"},
      {"AnswerCutOff", [](T& t) { t.fail(FaultKind::cut_off, Endpoint::connectivity); }, Stage::http, Cause::connection_broken,
       "inspection device"},
      {"ClockAhead", [](T& t) { t.serve(T::good(), -3h); }, Stage::clock, Cause::clock_off, "NTP"},
      {"ClockBehind", [](T& t) { t.serve(T::good(), 3h); }, Stage::clock, Cause::clock_off, "NTP"},
      {"TokenFileMissing", [](T& t) { t.serve(), t.token_from(t.in_folder("absent")); }, Stage::token, Cause::token_unreadable,
       "bearer_token_file"},
      {"TokenOfAnother", [](T& t) { t.serve(), t.authorize(token_of_shape({.id = "another", .expires = {}})); }, Stage::token,
       Cause::http_401, "Administration, API Keys"},
      {"TokenExpired",
       [](T& t) {
         t.serve();
         t.let_in(token_of_shape({.expires = t.now() - 48h}));
         t.change([&](ServeOptions& options) { options.tokens_expire = t.now() - 48h; });
       },
       Stage::token, Cause::token_expired, "make a new API key"},
      {"TokenCut", [](T& t) { t.serve(), t.let_in("eyJhbGciOi"); }, Stage::token, Cause::token_odd, "copy the token again",
       StageVerdict::warning},
      {"MayNotReadAlerts", [](T& t) { t.forbid(Endpoint::alerts); }, Stage::data, Cause::http_403, "Workbench: View",
       StageVerdict::failed, alerts},
      {"MayNotReadAuditLogs", [](T& t) { t.forbid(Endpoint::audit_logs); }, Stage::data, Cause::http_403, "Audit Logs: View",
       StageVerdict::failed, audit_logs},
      {"MayNotReadTechniques", [](T& t) { t.forbid(Endpoint::techniques); }, Stage::data, Cause::http_403,
       "Observed Attack Techniques: View", StageVerdict::failed, observed_attack_techniques},
      {"DataTooSlow", [](T& t) { t.fail(FaultKind::gateway_timeout, Endpoint::techniques); }, Stage::data, Cause::http_504,
       "lower window", StageVerdict::failed, observed_attack_techniques},
      {"DataIsGarbage", [](T& t) { t.fail(FaultKind::garbage, Endpoint::audit_logs); }, Stage::data, Cause::not_json,
       "api_base_url", StageVerdict::failed, audit_logs},
      {"DataTruncated", [](T& t) { t.fail(FaultKind::truncated, Endpoint::alerts); }, Stage::data, Cause::not_json, "api_base_url",
       StageVerdict::failed, alerts},
  };
  return faults;
}

// The first stage where all is not well: what an operator reads first.
const StageReport* first_fault(const ConnectorReport& report) {
  for (const StageReport& stage : report.stages)
    if (stage.verdict == StageVerdict::failed || stage.verdict == StageVerdict::warning) return &stage;
  return nullptr;
}

TEST_P(ConnectorFaults, TheStageThatFailsIsNamedWithWhatToDo) {
  const Injected& fault = GetParam();
  fault.inject(*this);
  if (HasFatalFailure()) return;
  const ConnectorReport report = run();
  EXPECT_EQ(report.verdict(), fault.verdict) << report_json(report);
  const StageReport* found = first_fault(report);
  ASSERT_NE(found, nullptr) << report_json(report);
  EXPECT_EQ(name(found->stage), name(fault.stage)) << report_json(report);
  EXPECT_EQ(found->verdict, fault.verdict);
  EXPECT_EQ(found->content, fault.content);
  ASSERT_TRUE(found->cause);
  EXPECT_EQ(text_of(*found->cause).name, text_of(fault.cause).name) << found->words;
  EXPECT_FALSE(found->words.empty());
  EXPECT_THAT(stage_text(*found), HasSubstr(fault.remedy));
}

std::string name_of(const ::testing::TestParamInfo<Injected>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(OnTheWay, ConnectorFaults, ::testing::ValuesIn(the_way()), name_of);
INSTANTIATE_TEST_SUITE_P(AtTheApi, ConnectorFaults, ::testing::ValuesIn(the_api()), name_of);

}  // namespace
}  // namespace tidegate
