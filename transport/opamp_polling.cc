#include <boost/asio/this_coro.hpp>
#include <charconv>

#include "base/check.h"
#include "transport/opamp_codec.h"
#include "transport/opamp_connection.h"

namespace tidegate {
namespace {

std::string uid_text(const Id128& instance_uid) {
  std::string text = to_hex(instance_uid);
  for (const std::size_t at : {8u, 13u, 18u, 23u}) text.insert(at, "-");
  return text;
}

std::optional<std::chrono::nanoseconds> retry_after_of(const HttpResponse& response) {
  const std::optional<std::string_view> text = response.header("Retry-After");
  if (!text) return std::nullopt;
  unsigned seconds = 0;
  const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (failed != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return std::chrono::seconds{seconds};
}

class Polling {
 public:
  Polling(OpampConnection& link, TlsContextPtr tls)
      : link_(link),
        client_(
            {.tls = std::move(tls),
             .limits = {.body_bytes_max = link.options.limits.message_bytes_max, .connect_max = link.options.limits.connect_max}}) {
  }

  asio::awaitable<OpampEnd> run() {
    const auto stop = co_await asio::this_coro::cancellation_state;
    link_.session.connected(link_.clock.steady());
    std::optional<OpampEnd> end;
    while (!end) {
      const SteadyTime now = link_.clock.steady();
      if (stop.cancelled() != asio::cancellation_type::none) {
        end = ends(OpampEnd::Next::again, Error{Code::cancelled, "stopped"});
      } else if (link_.wish) {
        [[maybe_unused]] const auto said = co_await post(link_.session.farewell());
        end = ends(OpampEnd::Next::as_wished, Error{Code::cancelled, "left"});
      } else if (now >= link_.poll_until) {
        end = ends(OpampEnd::Next::web_socket, Error{Code::unavailable, "the server is asked for a WebSocket again"});
      } else if (const std::optional<SteadyTime> due = link_.session.next_poll(); due && now < *due) {
        co_await link_.wait_until(std::min(*due, link_.poll_until));
      } else {
        end = co_await poll();
      }
    }
    link_.session.disconnected();
    end->answered = link_.connected;
    co_return *std::move(end);
  }

 private:
  static OpampEnd ends(OpampEnd::Next next, Error reason) {
    OpampEnd end;
    end.next = next;
    end.reason = std::move(reason);
    return end;
  }

  asio::awaitable<Result<HttpResponse>> post(opamp::AgentToServer message) {
    Result<Bytes> bytes = opamp::encode(message, opamp::Framing::http);
    TG_ASSERT(bytes.has_value(), "every part of a message was looked at before");
    HttpRequest request;
    request.method = "POST";
    request.url = "https://" + link_.url.authority() + link_.url.target;
    request.headers = link_.options.headers;
    request.headers.push_back({"Content-Type", "application/x-protobuf"});
    request.headers.push_back({"OpAMP-Instance-UID", uid_text(link_.session.instance_uid())});
    request.body = *std::move(bytes);
    co_return co_await client_.send(std::move(request), link_.options.limits.answer_max);
  }

  // Present: the polling has to end.
  asio::awaitable<std::optional<OpampEnd>> poll() {
    auto answer = co_await post(link_.session.poll(link_.clock.steady()));
    if (answer && answer->status == 200) {
      std::optional<OpampEnd> end = co_await link_.take(answer->body, opamp::Framing::http);
      if (end) link_.session.poll_failed();
      co_return end;
    }
    link_.session.poll_failed();
    if (!answer && answer.error().code() == Code::invalid) co_return ends(OpampEnd::Next::denied, std::move(answer).error());
    if (!answer) co_return ends(OpampEnd::Next::again, std::move(answer).error());
    Error reason{Code::unavailable, "the server answers a poll with " + std::to_string(answer->status)};
    OpampEnd end = opamp_end_of_status(answer->status, retry_after_of(*answer), std::move(reason));
    if (end.next == OpampEnd::Next::poll) end.next = OpampEnd::Next::no_poll;
    co_return end;
  }

  OpampConnection& link_;
  HttpClient client_;
};

}  // namespace

asio::awaitable<OpampEnd> opamp_by_polling(OpampConnection& link, TlsContextPtr tls) {
  Polling polling{link, std::move(tls)};
  co_return co_await polling.run();
}

}  // namespace tidegate
