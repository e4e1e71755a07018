#include "transport/net_error.h"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cctype>
#include <string>

namespace tidegate {

Error network_error(const boost::system::error_code& code, std::string_view peer) {
  namespace error = boost::asio::error;
  const auto because = [&](Code kind, std::string why) {
    Error reason{kind, std::move(why)};
    return peer.empty() ? std::move(reason) : std::move(reason).in(peer);
  };
  if (code == error::operation_aborted) return because(Code::cancelled, "stopped");
  if (code == error::eof || code == boost::asio::ssl::error::stream_truncated)
    return because(Code::unavailable, "the other side closed the connection");
  std::string why = code.message();
  if (!why.empty()) why.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(why.front())));
  if (code == error::timed_out) return because(Code::timeout, std::move(why));
  if (code == error::access_denied) return because(Code::denied, std::move(why));
  if (code.category() == error::get_netdb_category() || code.category() == error::get_addrinfo_category())
    return because(Code::unavailable, "the name does not resolve: " + why);
  return because(Code::unavailable, std::move(why));
}

}  // namespace tidegate
