// SmtpChannel: tells events by mail, handed to a submission server with libcurl. TLS is verified: begun by STARTTLS, without which
// nothing is said, or implicit; `none` is for who wrote it. One message goes to all recipients, or to none where one is refused.
//
// Refused for good is what the server answers with 5xx to the sender, a recipient or the message; a sign-in that fails, and all
// that is wrong with connection and certificate, is tried again: it can be mended meanwhile.
//
// Thread: the loop; the work is done on a thread of its own.
#pragma once

#include <memory>
#include <string>

#include "config/model.h"
#include "processor/notify_ports.h"
#include "transport/worker_thread.h"

namespace tidegate {

struct SmtpLimits {
  std::chrono::milliseconds connect_max{20'000};  // name, TCP and TLS
  std::chrono::milliseconds whole_max{60'000};
};

class SmtpChannel final : public NotificationChannel {
 public:
  // `unavailable`: the library does not start.
  static Result<std::unique_ptr<SmtpChannel>> make(const NotifyConfig& config, SmtpLimits limits = {});
  ~SmtpChannel() override;
  SmtpChannel(const SmtpChannel&) = delete;
  SmtpChannel& operator=(const SmtpChannel&) = delete;

  asio::awaitable<Result<void>> send(Notification notification) override;

 private:
  SmtpChannel(const NotifyConfig& config, SmtpLimits limits) : config_(config), limits_(limits) {}

  const NotifyConfig config_;
  const SmtpLimits limits_;
  WorkerThread thread_;  // a slow server holds up no loop
};

}  // namespace tidegate
