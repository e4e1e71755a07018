// The rules of the ways in which people are told.
#include <algorithm>
#include <array>

#include "config/ascii.h"
#include "config/units.h"
#include "config/url.h"
#include "config/validate.h"
#include "config/values.h"

namespace tidegate {
namespace {

constexpr std::array<std::string_view, 6> headers_of_the_request{
    "host", "content-type", "content-length", "transfer-encoding", "connection", "expect"};

// One channel, with its place in the file.
class NotifyRules {
 public:
  NotifyRules(std::size_t index, const NotifyConfig& channel, std::vector<Breach>& breaches)
      : path_("notify[" + std::to_string(index) + "]."), channel_(channel), breaches_(breaches) {}

  void check() {
    if (channel_.type == NotifyType::webhook) check_webhook();
    else check_smtp();
  }

  void refuse(std::string_view key, std::string_view value, std::string problem, std::string remedy, std::string_view other = {}) {
    breaches_.push_back({.field = path_ + std::string{key},
                         .other = other.empty() ? path_ + "type" : path_ + std::string{other},
                         .value = shown(find_field(processor_fields(), path_ + std::string{key}), value),
                         .problem = std::move(problem),
                         .remedy = std::move(remedy)});
  }

 private:
  void need(std::string_view key, bool given, std::string remedy) {
    if (!given) refuse(key, "", "is missing, and the type is " + std::string{name(channel_.type)}, std::move(remedy));
  }
  void useless(std::string_view key, const std::string& value) {
    if (value.empty()) return;
    refuse(key, value, "is of no use where the type is " + std::string{name(channel_.type)}, "take it away, or write another type");
  }
  void beside(std::string_view key, const std::string& value, std::string_view other, const std::string& needed) {
    const std::string wanted{other};
    if (!value.empty() && needed.empty())
      refuse(key, value, "stands without " + wanted, "give " + wanted + ", or take it away", other);
  }

  void check_webhook() {
    need("url", !channel_.url.empty(), "write for example https://events.example.net/tidegate");
    beside("header_name", channel_.header_name, "header_value_file", channel_.header_value_file);
    beside("header_value_file", channel_.header_value_file, "header_name", channel_.header_name);
    if (std::ranges::find(headers_of_the_request, lower_case(channel_.header_name)) != headers_of_the_request.end())
      refuse("header_name", channel_.header_name, "is a header that the request itself sets",
             "name another, such as Authorization");
    const std::optional<UrlParts> proxy = split_url(channel_.proxy);
    if (proxy && !proxy->user_info.empty())
      refuse("proxy", "", "holds credentials", "take user and password away, and let the proxy admit this machine by its address");
    useless("server", channel_.server.host.empty() ? std::string{} : to_text(channel_.server));
    useless("username", channel_.username);
    useless("password_file", channel_.password_file);
    useless("from", channel_.from);
    if (!channel_.to.empty()) useless("to", channel_.to.front());
    if (channel_.tls != SmtpTls::starttls) useless("tls", std::string{name(channel_.tls)});
  }

  void check_smtp() {
    need("server", !channel_.server.host.empty(), "write for example mail.example.net:587");
    need("from", !channel_.from.empty(), "write for example tidegate@example.net");
    need("to", !channel_.to.empty(), "write for example [soc@example.net]");
    if (!channel_.server.host.empty() && channel_.server.port == 0)
      refuse("server", to_text(channel_.server), "has no port that a server can have", "write for example mail.example.net:587");
    beside("username", channel_.username, "password_file", channel_.password_file);
    beside("password_file", channel_.password_file, "username", channel_.username);
    if (channel_.tls == SmtpTls::none && !channel_.username.empty() && !is_loopback(channel_.server.host))
      refuse("tls", "none", "would send the password in the clear", "write starttls or implicit, or take username away", "server");
    useless("url", channel_.url);
    useless("header_name", channel_.header_name);
    useless("header_value_file", channel_.header_value_file);
    useless("proxy", channel_.proxy);
  }

  std::string path_;
  const NotifyConfig& channel_;
  std::vector<Breach>& breaches_;
};

}  // namespace

std::vector<Breach> validate_notify(const ProcessorConfig& config) {
  std::vector<Breach> breaches;
  if (!config.notify.empty() && !config.has_control())
    breaches.push_back({.field = "notify",
                        .other = "listen.control",
                        .problem = "is of no use without listen.control: the events are those of the fleet",
                        .remedy = "give listen.control, or take it away"});
  for (std::size_t i = 0; i < config.notify.size(); ++i) {
    NotifyRules rules{i, config.notify[i], breaches};
    rules.check();
    const auto same = [&](const NotifyConfig& earlier) { return earlier.name == config.notify[i].name; };
    const auto end = config.notify.begin() + static_cast<std::ptrdiff_t>(i);
    if (!config.notify[i].name.empty() && std::find_if(config.notify.begin(), end, same) != end)
      rules.refuse("name", config.notify[i].name, "is the name of an earlier channel as well",
                   "give each channel a name of its own", "name");
  }
  return breaches;
}

}  // namespace tidegate
