#include "transport/url.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace tidegate {
namespace {

// Characters that RFC 3986 knows, delimiters and "%" included.
bool known_to_urls(char c) {
  constexpr std::string_view marks = "-._~:/?#[]@!$&'()*+,;=%";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || marks.find(c) != std::string_view::npos;
}

std::string encode_foreign(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() + 16);
  for (char c : text) {
    if (known_to_urls(c)) {
      out += c;
    } else {
      out += '%';
      out += digits[(static_cast<unsigned char>(c) >> 4) & 0x0f];
      out += digits[static_cast<unsigned char>(c) & 0x0f];
    }
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool ipv6(std::string_view host) { return host.find(':') != std::string_view::npos; }

Error refused(std::string_view why) { return Error{Code::invalid, std::string{"not a usable URL: "}.append(why)}; }

}  // namespace

std::string Url::authority() const { return (ipv6(host) ? "[" + host + "]" : host) + ":" + std::to_string(port); }

std::string Url::host_header() const {
  const bool usual = port == (tls() ? 443 : 80);
  const std::string whole = authority();
  return usual ? whole.substr(0, whole.rfind(':')) : whole;
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > url_bytes_max) return refused("longer than " + std::to_string(url_bytes_max) + " bytes");
  for (char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return refused("it holds a control character");
  const std::string encoded = encode_foreign(text);
  const auto parsed = boost::urls::parse_uri(encoded);
  if (!parsed) return refused("it does not follow RFC 3986");
  // Boost.URL 1.81 takes "h:x" for a host with an empty port and a path "x".
  const std::string_view path = parsed->encoded_path();
  if (!path.empty() && path.front() != '/') return refused("its port is no port");

  Url url;
  url.scheme = lower(std::string_view{parsed->scheme()});
  if (url.scheme != "http" && url.scheme != "https") return refused("its scheme is neither http nor https");
  url.host = lower(std::string_view{parsed->encoded_host_address()});
  if (url.host.empty()) return refused("it names no host");
  if (url.host.find('%') != std::string::npos) return refused("its host name holds characters that no host name has");
  if (parsed->has_userinfo()) url.user_info = Secret{parsed->userinfo()};
  url.port = url.tls() ? 443 : 80;
  if (const std::string port{parsed->port()}; !port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc{} || end != port.data() + port.size() || url.port == 0) return refused("its port is no port");
  }
  const std::string target{std::string_view{parsed->encoded_resource()}};
  url.target = target.substr(0, target.find('#'));
  if (url.target.empty() || url.target.front() != '/') url.target.insert(0, "/");
  return url;
}

}  // namespace tidegate
