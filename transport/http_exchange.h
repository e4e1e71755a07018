// One HTTP/1.1 exchange on a connected stream: the request out, the bounded answer in. The parser is Beast's; the bytes
// of a body whose length is known go straight to where they stay.
//
// Inside transport/. Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "transport/byte_stream.h"
#include "transport/http_client.h"

namespace tidegate {

struct HttpAnswer {
  HttpResponse response;
  bool reusable = false;  // the connection may carry another request
};

enum class AnswerBody : unsigned char { as_announced, none };  // none: the answer to HEAD or CONNECT

// How far an exchange came, for those who may try again.
struct ExchangeProgress {
  bool answer_began = false;
};

// "GET /path HTTP/1.1", Host, the caller's headers, and a length where there is a body. `invalid`: a method or header
// that would change the shape of the request.
Result<std::string> request_head(const HttpRequest& request, std::string_view target, std::string_view host);

//   requires: stream, body and progress outlive the wait
asio::awaitable<Result<HttpAnswer>> exchange(ByteStream& stream, std::string head, ByteView body, AnswerBody answer_body,
                                             HttpLimits limits, ExchangeProgress& progress);

}  // namespace tidegate
