// What the sensor's own file says against a responder of the processor's (P10). A place is read from a URL by the parser of the
// client that connects to it, so that both mean the same one.
#include <optional>

#include "agent/control/responder.h"
#include "config/units.h"
#include "config/values.h"
#include "transport/url.h"

namespace tidegate {
namespace {

HostPort place_in(const Url& url) { return {url.host, url.port}; }

std::string in_list(std::string_view key, const HostPort& place) {
  return "write in the sensor's own file remote: {" + std::string{key} + ": [\"" + to_text(place) + "\"]}";
}

class PolicyBreaches {
 public:
  PolicyBreaches(const Responder& responder, const RemotePolicy& policy) : responder_(responder), policy_(policy) {}

  std::string find() {
    check_host();
    check_proxy();
    check_token_url();
    if (!responder_.ca_file.empty())
      add("ca_file", responder_.ca_file, "names a file of the sensor, which the processor may not",
          "take it away, and let that machine's own certificate store trust the authority");
    return std::move(text_);
  }

 private:
  void check_host() {
    const Result<Url> url = parse_url(origin_of(responder_));
    if (!url || !is_host(responder_.host))
      return add("host", responder_.host, "is not a host name or an address", "write for example api.eu.xdr.trendmicro.com");
    const HostPort place = place_in(*url);
    const bool named = policy_.api_places.contains(place);
    const bool of_a_region = is_of_a_region(place);
    if (responder_.type == ResponderType::webhook && !named)
      add("host", to_text(place), "is no host that the sensor's own file permits", in_list("api_hosts", place));
    if (responder_.type == ResponderType::trendmicro_visionone && !named && !of_a_region)
      add("host", to_text(place), "is no API host that the sensor's own file permits",
          "name the host of a region, or " + in_list("api_hosts", place));
    // What a region serves is always encrypted and verified, also where a connector of the file reads from it.
    if (named && !of_a_region) return;
    const std::string or_named = of_a_region ? std::string{} : ", or " + in_list("api_hosts", place);
    if (responder_.protocol == ResponderProtocol::http)
      add("protocol", name(responder_.protocol), "is permitted to hosts of the sensor's own file alone",
          "write protocol: https" + or_named);
    if (!responder_.verify_certificate)
      add("verify_certificate", "false", "is permitted to hosts of the sensor's own file alone",
          "write verify_certificate: true" + or_named);
  }

  void check_proxy() {
    if (responder_.proxy.empty()) return;
    const Result<Url> url = parse_url(responder_.proxy);
    if (!url) return add("proxy", {}, "is no URL of a proxy", "write for example http://proxy.example.net:3128");
    const HostPort place = place_in(*url);
    if (!url->user_info.empty())
      add("proxy", to_text(place), "comes with credentials", "let the proxy admit the sensor by its address");
    if (!policy_.proxies.contains(place))
      add("proxy", to_text(place), "is no proxy that the sensor's own file permits", in_list("proxies", place));
  }

  // Where the client's secret is sent.
  void check_token_url() {
    if (responder_.webhook.token_url.empty()) return;
    const Result<Url> url = parse_url(responder_.webhook.token_url);
    if (!url) return add("token_url", {}, "is no URL", "write for example https://login.example.net/oauth2/token");
    const HostPort place = place_in(*url);
    if (!policy_.api_places.contains(place))
      add("token_url", to_text(place), "is no host that the sensor's own file permits", in_list("api_hosts", place));
  }

  void add(std::string_view field, std::string_view value, std::string_view problem, const std::string& remedy) {
    text_.append(text_.empty() ? "" : "\n").append("responder '").append(shown(nullptr, responder_.name)).append("': ");
    text_.append(field).append(": ");
    if (!value.empty()) text_.append("'").append(shown(nullptr, value)).append("' ");
    text_.append(problem).append("; ").append(remedy);
  }

  const Responder& responder_;
  const RemotePolicy& policy_;
  std::string text_;
};

}  // namespace

std::string not_permitted(const Responder& responder, const RemotePolicy& policy) {
  return PolicyBreaches{responder, policy}.find();
}

}  // namespace tidegate
