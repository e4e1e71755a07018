#include "bench/pages.h"

#include <simdjson.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>

#include "config/parse.h"
#include "config/token.h"
#include "transport/http_client.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr auto page_answer_max = 70s;

asio::awaitable<Result<void>> walk(HttpClient& client, std::string url, std::string token, const PageSink& sink) {
  simdjson::ondemand::parser parser;  // it passes over the records, whose numbers a strict parser refuses
  while (!url.empty()) {
    HttpRequest request;
    request.url = url;
    request.headers = {{"Authorization", "Bearer " + token}};
    Result<HttpResponse> answer = co_await client.send(std::move(request), page_answer_max);
    if (!answer) co_return std::move(answer).error();
    if (answer->status != 200) co_return Error{Code::invalid, "the simulator answers " + std::to_string(answer->status)};
    if (Result<void> taken = sink(url, answer->body); !taken) co_return std::move(taken).error();
    const simdjson::padded_string padded{answer->body};
    simdjson::ondemand::document page;
    if (parser.iterate(padded).get(page) != simdjson::SUCCESS) co_return Error{Code::corrupt, "not a page"};
    std::string_view next;
    if (page["nextLink"].get_string().get(next) != simdjson::SUCCESS) next = {};
    url = std::string{next};
  }
  co_return Result<void>{};
}

asio::awaitable<void> walk_into(HttpClient& client, std::string url, std::string token, const PageSink& sink,
                                std::optional<Result<void>>& walked) {
  walked.emplace(co_await walk(client, std::move(url), std::move(token), sink));
}

std::string first_page(const std::string& api, WallSeconds now) {
  return api + "/v3.0/oat/detections?ingestedStartDateTime=" + to_iso8601(now - 8h) + "&ingestedEndDateTime=" + to_iso8601(now) +
         "&detectedStartDateTime=" + to_iso8601(now - 364 * 24h) + "&detectedEndDateTime=" + to_iso8601(now) + "&top=200";
}

}  // namespace

Result<void> walk_pages(const Rig& rig, const Clock& clock, const PageSink& sink) {
  const ParsedAgent parsed = parse_agent_file(rig.config_file(Part::agent).string());
  if (!parsed.config) return Error{Code::invalid, "the agent's configuration cannot be read"};
  const ConnectorConfig& connector = parsed.config->connectors.front();
  Result<Secret> token = load_token(connector);
  if (!token) return std::move(token).error();
  Result<TlsContextPtr> tls = make_client_tls({connector.ca_file, {}, {}});
  if (!tls) return std::move(tls).error();
  HttpClientOptions http;
  http.tls = *tls;
  asio::io_context loop{1};  // before the client, whose connection ends in it
  HttpClient client{std::move(http)};
  const std::string first = first_page(connector.api_base_url, std::chrono::floor<std::chrono::seconds>(clock.wall()));
  std::optional<Result<void>> walked;
  asio::co_spawn(loop, walk_into(client, first, std::string{token->reveal()}, sink, walked), [](const std::exception_ptr&) {});
  loop.run();
  if (!walked) return Error{Code::unavailable, "the pages could not be walked"};
  return *std::move(walked);
}

}  // namespace tidegate
