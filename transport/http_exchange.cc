#include "transport/http_exchange.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "transport/header_name.h"

namespace tidegate {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using ResponseParser = http::response_parser<http::string_body>;

constexpr std::size_t answer_read_bytes = 64u << 10;
constexpr std::size_t parser_slack = 64;  // behind a body: a JSON parser reads so far beyond its end, and would copy it otherwise
constexpr std::size_t body_step_bytes = 256u << 10;  // how far a body grows ahead of what came
constexpr int informational_max = 8;                 // answers of 1xx before the real one

std::string size_text(std::size_t bytes) {
  if (bytes >= (1u << 20) && bytes % (1u << 20) == 0) return std::to_string(bytes >> 20) + " MiB";
  if (bytes >= (1u << 10) && bytes % (1u << 10) == 0) return std::to_string(bytes >> 10) + " KiB";
  return std::to_string(bytes) + " bytes";
}

constexpr std::string_view too_large = "answer larger than ";
constexpr std::string_view header_too_large = "answer with a header larger than ";

Error parser_error(const error_code& error, const HttpLimits& limits) {
  if (error == http::error::body_limit) return Error{Code::invalid, std::string{too_large} + size_text(limits.body_bytes_max)};
  if (error == http::error::header_limit)
    return Error{Code::invalid, std::string{header_too_large} + size_text(limits.header_bytes_max)};
  return Error{Code::corrupt, "the answer is not HTTP: " + error.message()};
}

Error broken_off() { return Error{Code::unavailable, "the other side closed the connection before its answer was whole"}; }

bool header_allowed(const HttpHeader& header) {
  return is_http_token(header.name) && !is_own_header(header.name) &&
         std::all_of(header.value.begin(), header.value.end(),
                     [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); });
}

// What was read and is not yet used.
class Inbox {
 public:
  explicit Inbox(ByteStream& stream, ExchangeProgress& progress) : stream_(stream), progress_(progress) {}

  ByteView bytes() const { return ByteView{buffer_}.substr(begin_, end_ - begin_); }
  void use(std::size_t bytes) { begin_ += bytes; }

  // Reads once more behind what there is. False at the end of the stream.
  asio::awaitable<Result<bool>> more() {
    buffer_.erase(0, begin_);
    end_ -= begin_;
    begin_ = 0;
    if (buffer_.size() < end_ + answer_read_bytes) buffer_.resize(end_ + answer_read_bytes);
    const auto came = co_await read_into({buffer_.data() + end_, answer_read_bytes});
    if (!came) co_return came.error();
    end_ += *came;
    co_return *came > 0;
  }

  asio::awaitable<Result<std::size_t>> read_into(std::span<char> room) {
    auto came = co_await stream_.read_some(room);
    if (came && *came > 0) progress_.answer_began = true;
    co_return came;
  }

 private:
  ByteStream& stream_;
  ExchangeProgress& progress_;
  Bytes buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

asio::awaitable<Result<void>> read_header(Inbox& inbox, ResponseParser& parser, const HttpLimits& limits) {
  parser.eager(false);
  while (!parser.is_header_done()) {
    error_code error;
    if (!inbox.bytes().empty()) {
      inbox.use(parser.put(asio::buffer(inbox.bytes()), error));
      if (error && error != http::error::need_more) co_return parser_error(error, limits);
      if (!error) continue;
    }
    const Result<bool> more = co_await inbox.more();
    if (!more) co_return more.error();
    if (!*more) co_return broken_off();
  }
  co_return Result<void>{};
}

// The length is known and within the limit: the bytes go where they stay.
asio::awaitable<Result<Bytes>> read_sized_body(Inbox& inbox, std::size_t length) {
  Bytes body;
  body.reserve(length + parser_slack);
  body = inbox.bytes().substr(0, length);
  inbox.use(body.size());
  std::size_t filled = body.size();
  while (filled < length) {
    if (filled == body.size()) body.resize(std::min(length, filled + body_step_bytes));
    const auto came = co_await inbox.read_into({body.data() + filled, body.size() - filled});
    if (!came) co_return came.error();
    if (*came == 0) co_return broken_off();
    filled += *came;
  }
  co_return body;
}

// Chunked, or until the connection ends: the parser takes the body and minds the limit.
asio::awaitable<Result<void>> read_open_body(Inbox& inbox, ResponseParser& parser, const HttpLimits& limits) {
  parser.eager(true);
  while (!parser.is_done()) {
    error_code error;
    if (!inbox.bytes().empty()) {
      inbox.use(parser.put(asio::buffer(inbox.bytes()), error));
      if (error && error != http::error::need_more) co_return parser_error(error, limits);
      if (!error) continue;
    }
    const Result<bool> more = co_await inbox.more();
    if (!more) co_return more.error();
    if (*more) continue;
    if (!parser.need_eof()) co_return broken_off();
    parser.put_eof(error);
    if (error) co_return broken_off();
  }
  co_return Result<void>{};
}

HttpAnswer answer_from(ResponseParser& parser) {
  HttpAnswer answer;
  answer.response.status = parser.get().result_int();
  for (const auto& field : parser.get())
    answer.response.headers.push_back(
        {std::string{std::string_view{field.name_string()}}, std::string{std::string_view{field.value()}}});
  answer.reusable = parser.keep_alive();
  return answer;
}

asio::awaitable<Result<HttpAnswer>> read_answer(Inbox& inbox, AnswerBody answer_body, const HttpLimits& limits) {
  for (int informational = 0; informational <= informational_max; ++informational) {
    ResponseParser parser;
    parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    parser.body_limit(limits.body_bytes_max);
    parser.skip(answer_body == AnswerBody::none);
    if (auto done = co_await read_header(inbox, parser, limits); !done) co_return std::move(done).error();
    if (parser.get().result_int() / 100 == 1) continue;

    HttpAnswer answer = answer_from(parser);
    const auto length = parser.content_length();
    if (!parser.is_done() && length && !parser.chunked()) {
      auto body = co_await read_sized_body(inbox, static_cast<std::size_t>(*length));
      if (!body) co_return std::move(body).error();
      answer.response.body = std::move(*body);
    } else {
      if (auto done = co_await read_open_body(inbox, parser, limits); !done) co_return std::move(done).error();
      answer.response.body = std::move(parser.get().body());
    }
    answer.reusable = answer.reusable && inbox.bytes().empty();
    co_return answer;
  }
  co_return Error{Code::corrupt, "the answer never comes to its end: too many of status 1xx"};
}

}  // namespace

bool answer_was_too_large(const Error& error) {
  return error.code() == Code::invalid &&
         (error.text().find(too_large) != std::string::npos || error.text().find(header_too_large) != std::string::npos);
}

Result<std::string> request_head(const HttpRequest& request, std::string_view target, std::string_view host) {
  if (!is_http_token(request.method)) return Error{Code::invalid, "not an HTTP method"};
  std::string head;
  head.reserve(512);
  head.append(request.method).append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(host).append("\r\n");
  bool named = false;
  for (const HttpHeader& header : request.headers) {
    if (!header_allowed(header)) return Error{Code::invalid, "a header that cannot be sent: " + header.name.substr(0, 64)};
    named = named || same_name(header.name, "User-Agent");
    head.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  if (!named) head.append("User-Agent: tidegate/" TIDEGATE_VERSION "\r\n");
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH")
    head.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  return head.append("\r\n");
}

asio::awaitable<Result<HttpAnswer>> exchange(ByteStream& stream, std::string head, ByteView body, AnswerBody answer_body,
                                             HttpLimits limits, ExchangeProgress& progress) {
  if (auto written = co_await stream.write({head, body, {}}); !written) co_return std::move(written).error();
  Inbox inbox{stream, progress};
  co_return co_await read_answer(inbox, answer_body, limits);
}

}  // namespace tidegate
