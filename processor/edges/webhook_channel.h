// WebhookChannel: tells events by POST of one JSON document over HTTPS. Its fields are those of the most severe event (id, event,
// state, sensor, tenants, kind, severity, key, reason, since, at); "events" has all that are told at once, each with the same
// fields.
//
// Any 2xx is success. Refused for good is 4xx but for 408 and 429, and a redirect, which is not followed; all else is tried again:
// what is wrong with a certificate, a name or the header's file can be mended meanwhile. Certificates are always verified.
//
// Thread: the loop; the header's file is read on it, which is short.
#pragma once

#include <memory>
#include <string>

#include "config/model.h"
#include "processor/notify_ports.h"
#include "transport/http_client.h"

namespace tidegate {

class WebhookChannel final : public NotificationChannel {
 public:
  // `invalid`: ca_file cannot be used.
  static Result<std::unique_ptr<WebhookChannel>> make(const NotifyConfig& config);

  asio::awaitable<Result<void>> send(Notification notification) override;

 private:
  WebhookChannel(const NotifyConfig& config, HttpClientOptions options);

  Result<HttpRequest> request_for(const Notification& notification) const;

  std::string url_;
  std::string header_name_;
  std::string header_value_file_;
  HttpClient client_;
};

}  // namespace tidegate
