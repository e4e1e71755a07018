#include "processor/notify_channels.h"

#include "processor/edges/smtp_channel.h"
#include "processor/edges/webhook_channel.h"

namespace tidegate {
namespace {

template <class Channel>
Result<void> take_channel(Result<std::unique_ptr<Channel>> made, NotifyRoute& route) {
  if (!made) return std::move(made).error();
  route.channel = *std::move(made);
  return {};
}

}  // namespace

Result<std::vector<NotifyRoute>> make_notify_routes(const std::vector<NotifyConfig>& configs) {
  std::vector<NotifyRoute> routes;
  for (const NotifyConfig& config : configs) {
    NotifyRoute& route = routes.emplace_back();
    route.name = config.name;
    route.least_severity = config.least_severity;
    route.tenants = config.tenants;
    route.per_minute = static_cast<std::size_t>(config.per_minute);
    Result<void> made = config.type == NotifyType::webhook ? take_channel(WebhookChannel::make(config), route)
                                                           : take_channel(SmtpChannel::make(config), route);
    if (!made) return std::move(made).error();
  }
  return routes;
}

}  // namespace tidegate
