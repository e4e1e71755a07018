// WebhookRequests: the requests of one custom responder: its origin, headers and authentication around the method, path and body
// that were rendered from its templates.
//
// Promises: one request for each send(), but for an access token that the peer has revoked: answered 401, the request was not
// obeyed, and it is sent once more with a new token (P9). No redirect is followed. Secrets, access tokens and what is made of them
// stand in no error, and in no answer either, should the peer say them again (P10).
//
// Thread: the loop. Waits: each request up to its deadline; there are three at most.
// Source: RFC 7617 (Basic), RFC 6749 sections 2.3.1 and 4.4 (client credentials), RFC 6750 (Bearer); domain, section 1.2.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/secret.h"
#include "respond/ports.h"
#include "respond/responder.h"
#include "transport/http_send.h"

namespace tidegate {

inline constexpr std::size_t webhook_answer_bytes_max = 4096;  // that are kept of it
inline constexpr std::size_t access_token_bytes_max = 16u << 10;

struct WebhookRequestsOptions {
  std::string origin;  // "https://soar.example.net:8443", without a slash at its end
  WebhookSpec spec;
  Secret secret;  // what spec.auth needs; a renewed one is given to a new object
  std::chrono::nanoseconds deadline{std::chrono::seconds{30}};
};

class WebhookRequests final : public WebhookApi {
 public:
  // `invalid`: naming the field of responders.yaml: a method, header or setting of authentication that cannot be used.
  //   ask_token: sends to spec.token_url, in the name of oauth2 alone; its own, because a certificate that is not verified at the
  //   responder's host is none to show a client's secret to
  //   requires: clock outlives this, and so does what `send` and `ask_token` refer to
  static Result<std::unique_ptr<WebhookRequests>> make(WebhookRequestsOptions options, HttpSend send, HttpSend ask_token,
                                                       Clock& clock);

  // `denied`: there is no secret that could be sent, or no access token was given; the request was not sent. `corrupt`: the answer
  // is not HTTP, or too large; the request may have been obeyed.
  asio::awaitable<Result<Answer>> send(std::string method, std::string path_and_query, std::string body) override;

 private:
  struct AccessToken {
    Secret text;
    SteadyTime until{};
  };
  // The header that authenticates a request.
  struct Credential {
    std::string header;  // empty: none
    Secret value;
    bool cached = false;  // an access token that was given for an earlier request
  };

  WebhookRequests(WebhookRequestsOptions options, HttpSend send, HttpSend ask_token, Clock& clock);

  std::string kept_of(std::string body, const Credential& used) const;
  asio::awaitable<Result<Credential>> credential();
  asio::awaitable<Result<AccessToken>> new_token();

  WebhookRequestsOptions options_;
  HttpSend send_;
  HttpSend ask_token_;
  Clock& clock_;
  std::optional<AccessToken> token_;  // good for now
};

}  // namespace tidegate
