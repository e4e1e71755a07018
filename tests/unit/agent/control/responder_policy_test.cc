// P10: what the sensor's own file says against a responder of the processor's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/control/responder.h"

namespace tidegate {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Responder of_a_region() {
  Responder responder;
  responder.name = "acme-v1";
  responder.secret = Secret{"key-that-nobody-may-see"};
  return responder;
}

Responder of_a_webhook() {
  Responder responder = of_a_region();
  responder.type = ResponderType::webhook;
  responder.host = "tickets.example.net";
  return responder;
}

RemotePolicy naming(std::set<HostPort> places) {
  RemotePolicy policy;
  policy.api_places = std::move(places);
  return policy;
}

TEST(ResponderPolicy, P10TheHostsOfTheRegionsNeedNoPermission) {
  Responder responder = of_a_region();
  EXPECT_THAT(not_permitted(responder, {}), IsEmpty());
  responder.host = "API.EU.xdr.trendmicro.com";
  EXPECT_THAT(not_permitted(responder, {}), IsEmpty());
  responder.port = 8443;
  EXPECT_THAT(not_permitted(responder, {}), AllOf(HasSubstr("responder 'acme-v1': host: 'api.eu.xdr.trendmicro.com:8443'"),
                                                  HasSubstr("api_hosts: [\"api.eu.xdr.trendmicro.com:8443\"]")));
}

TEST(ResponderPolicy, P10AnotherHostIsPermittedByItsNameAndPort) {
  Responder responder = of_a_region();
  responder.host = "api.example.net";
  EXPECT_THAT(not_permitted(responder, {}), HasSubstr("host: 'api.example.net:443' is no API host"));
  EXPECT_THAT(not_permitted(responder, naming({{"api.example.net", 8443}})), HasSubstr("host: "));
  EXPECT_THAT(not_permitted(responder, naming({{"api.example.net", 443}})), IsEmpty());
}

TEST(ResponderPolicy, P10AHostThatTwoParsersMightReadInTwoWaysIsNone) {
  for (const std::string& host :
       {std::string{"api.xdr.trendmicro.com/@evil.example"}, std::string{"api.xdr.trendmicro.com#.evil.example"},
        std::string{"user@api.xdr.trendmicro.com"}, std::string{"api.xdr.trendmicro.com:443"}, std::string{}, std::string{"a b"},
        std::string{"api.xdr.trendmicro.com\r\nx"}}) {
    Responder responder = of_a_region();
    responder.host = host;
    EXPECT_THAT(not_permitted(responder, {}), HasSubstr("is not a host name or an address")) << host;
  }
}

TEST(ResponderPolicy, P10PlainAndUnverifiedRequestsGoToHostsOfTheFileAlone) {
  Responder plain = of_a_region();
  plain.protocol = ResponderProtocol::http;
  plain.port = 443;
  Responder unverified = of_a_region();
  unverified.verify_certificate = false;
  EXPECT_THAT(not_permitted(plain, {}), HasSubstr("protocol: 'http' is permitted to hosts of the sensor's own file alone"));
  EXPECT_THAT(not_permitted(unverified, {}), HasSubstr("verify_certificate: 'false' is permitted"));
  // A connector of the file reads from that region, which is no reason to trust whoever is on the way to it.
  const RemotePolicy reads_there = naming({{"api.xdr.trendmicro.com", 443}});
  EXPECT_THAT(not_permitted(plain, reads_there), HasSubstr("write protocol: https"));
  EXPECT_THAT(not_permitted(unverified, reads_there), HasSubstr("write verify_certificate: true"));
  plain.host = unverified.host = "api.example.net";
  EXPECT_THAT(not_permitted(plain, naming({{"api.example.net", 443}})), IsEmpty());
  EXPECT_THAT(not_permitted(unverified, naming({{"api.example.net", 443}})), IsEmpty());
}

TEST(ResponderPolicy, P10AProxyIsOneOfTheFileAndItsPasswordIsShownNowhere) {
  Responder responder = of_a_region();
  responder.proxy = "http://proxy.example.net:3128";
  EXPECT_THAT(not_permitted(responder, {}),
              AllOf(HasSubstr("proxy: 'proxy.example.net:3128' is no proxy"), HasSubstr("proxies: [\"proxy.example.net:3128\"]")));
  RemotePolicy policy;
  policy.proxies = {{"proxy.example.net", 3128}};
  EXPECT_THAT(not_permitted(responder, policy), IsEmpty());
  responder.proxy = "http://user:hidden@proxy.example.net:3128";
  EXPECT_THAT(not_permitted(responder, policy), AllOf(HasSubstr("comes with credentials"), Not(HasSubstr("hidden"))));
  responder.proxy = "socks:hidden";
  EXPECT_THAT(not_permitted(responder, policy), AllOf(HasSubstr("proxy: is no URL"), Not(HasSubstr("hidden"))));
}

TEST(ResponderPolicy, P10NoFileOfTheSensorIsNamed) {
  Responder responder = of_a_region();
  responder.ca_file = "/etc/shadow";
  EXPECT_THAT(not_permitted(responder, {}), HasSubstr("ca_file: '/etc/shadow' names a file of the sensor"));
}

TEST(ResponderPolicy, P10AWebhookGoesNowhereButToHostsOfTheFile) {
  Responder responder = of_a_webhook();
  EXPECT_THAT(not_permitted(responder, {}), HasSubstr("host: 'tickets.example.net:443'"));
  const RemotePolicy policy = naming({{"tickets.example.net", 443}});
  EXPECT_THAT(not_permitted(responder, policy), IsEmpty());
  responder.webhook.token_url = "https://login.example.net/token";
  EXPECT_THAT(not_permitted(responder, policy), HasSubstr("token_url: 'login.example.net:443'"));
  EXPECT_THAT(not_permitted(responder, naming({{"tickets.example.net", 443}, {"login.example.net", 443}})), IsEmpty());
  responder = of_a_webhook();
  responder.host = "api.xdr.trendmicro.com";
  EXPECT_THAT(not_permitted(responder, {}), HasSubstr("host: ")) << "a region's API does not take what it likes from anybody";
}

TEST(ResponderPolicy, EveryReasonIsTold) {
  Responder responder = of_a_webhook();
  responder.protocol = ResponderProtocol::http;
  responder.proxy = "http://proxy.example.net:3128";
  responder.ca_file = "/etc/ca.pem";
  const std::string why = not_permitted(responder, {});
  for (const std::string_view field : {"host: ", "protocol: ", "proxy: ", "ca_file: "})
    EXPECT_THAT(why, HasSubstr(std::string{field}));
  EXPECT_EQ(std::ranges::count(why, '\n'), 3);
  EXPECT_THAT(why, Not(HasSubstr("key-that")));
}

}  // namespace
}  // namespace tidegate
