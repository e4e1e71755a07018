// What an HTTP answer of the Vision One API means to who asked: its errors turned into ours, in one place.
// Source: vision-one public API v3.0, "Troubleshooting" and "API request limits"; the page link's expiry is known by its
// number, 1010550, alone, whatever the status: none is published.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/result.h"
#include "transport/http_client.h"

namespace tidegate {

enum class PageKind : unsigned char { first, followed_link };

// The error in an answer whose status is not 200. Codes: 401, 403 `denied`; 429 `throttled`; 504, 408 `timeout`; other 5xx
// `unavailable`; an expired link `absent`, and with a followed link 400, 404 and 410 too, since only the window's first page is
// known to be good; the rest `invalid`. The text names status, the API's own code and message (cut), and the trace id.
Error error_of(const HttpResponse& response, PageKind page, std::string_view trace_id);

// What error_of() put into an error's text, taken apart again; absent for errors that came from elsewhere.
struct AnswerFacts {
  unsigned status = 0;
  std::string code;     // the API's own; empty: none
  std::string message;  // the API's own, or what was said of the body
  std::string trace_id;
};
std::optional<AnswerFacts> answer_facts(const Error& error);

// The wait that the answer asks for, in seconds form only; at most an hour.
std::optional<std::chrono::seconds> retry_after(const HttpResponse& response);

}  // namespace tidegate
