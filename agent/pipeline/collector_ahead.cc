// The collector's part for what is done ahead: reading a backlog takes as long as the slowest of asking, parsing and storing, not
// as long as their sum.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "agent/pipeline/collector.h"

namespace tidegate {

// What was asked ahead, where it is of this request; else the source is asked.
asio::awaitable<Result<Bytes>> Collector::body_of(const PageRequest& request) {
  ahead_page_.reset();
  std::optional<AheadBody> ahead = std::exchange(ahead_body_, std::nullopt);
  if (ahead && ahead->request == request) co_return std::move(ahead->body);
  co_return co_await parts_.source.poll(request);
}

// While a page is stored, the one behind it is parsed and the one behind that is asked for. Nothing of it counts before its turn:
// a window that is begun again, or cut, leaves it unused.
asio::awaitable<void> Collector::work_ahead(PageRequest next) {
  using asio::experimental::awaitable_operators::operator&&;
  co_await asio::this_coro::throw_if_cancelled(false);
  if (next.link.empty()) co_return;
  if (!ahead_body_ || ahead_body_->request != next) co_await poll_ahead(next);
  if (!ahead_body_->body) co_return;
  Bytes body = *std::move(std::exchange(ahead_body_, std::nullopt)->body);
  PageRequest second = next;
  second.link = parts_.source.likely_next(body);
  // The request goes out before the parsing begins.
  co_await (poll_ahead(std::move(second)) && parse_ahead(std::move(next), std::move(body)));
}

asio::awaitable<void> Collector::poll_ahead(PageRequest next) {
  co_await asio::this_coro::throw_if_cancelled(false);
  if (next.link.empty()) co_return;
  Result<Bytes> body = co_await parts_.source.poll(next);
  ahead_body_.emplace(AheadBody{std::move(next), std::move(body)});
}

asio::awaitable<void> Collector::parse_ahead(PageRequest request, Bytes body) {
  Result<Page> page = parts_.source.parse(request, std::move(body));
  ahead_page_.emplace(AheadPage{std::move(request), std::move(page)});
  co_return;
}

}  // namespace tidegate
