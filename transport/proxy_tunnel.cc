#include "transport/proxy_tunnel.h"

#include "transport/base64.h"
#include "transport/http_exchange.h"

namespace tidegate {
namespace {

std::string connect_request(const Url& target, const Url& proxy) {
  std::string head = "CONNECT " + target.authority() + " HTTP/1.1\r\nHost: " + target.authority() + "\r\n";
  if (!proxy.user_info.empty()) head += "Proxy-Authorization: Basic " + to_base64(proxy.user_info.reveal()) + "\r\n";
  return head + "\r\n";
}

std::string name_of(const Url& proxy) { return "proxy " + proxy.authority(); }

}  // namespace

Result<Url> parse_proxy(std::string_view text) {
  auto parsed = parse_url(text);
  if (!parsed) return std::move(parsed).error().in("proxy");
  if (parsed->tls()) return Error{Code::invalid, "proxy: write http://, a proxy is not spoken to over TLS"};
  return parsed;
}

asio::awaitable<Result<unsigned>> ask_for_tunnel(ByteStream& to_proxy, const Url& target, const Url& proxy, HttpLimits limits) {
  ExchangeProgress progress;
  auto answer = co_await exchange(to_proxy, connect_request(target, proxy), {}, AnswerBody::none, limits, progress);
  if (!answer) co_return std::move(answer).error().in(name_of(proxy));
  co_return answer->response.status;
}

Result<void> tunnel_result(unsigned status, const Url& target, const Url& proxy) {
  if (status / 100 == 2) return {};
  const std::string name = name_of(proxy);
  if (status == 407) return Error{Code::denied, name + ": it wants a user name and password, or refuses those it was given"};
  if (status == 403) return Error{Code::denied, name + ": it refuses connections to " + target.authority()};
  return Error{Code::unavailable, name + ": it answers " + std::to_string(status) + " to CONNECT " + target.authority()};
}

}  // namespace tidegate
