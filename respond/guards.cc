// What must not be acted upon, by the entries of ResponderGuards::protect.
#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <optional>

#include "config/ascii.h"
#include "respond/foreign_json.h"
#include "respond/responder.h"
#include "transport/query_string.h"

namespace tidegate {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t shown_guarded_bytes = 80;

// An address as it is compared: of IPv4 within IPv6 the IPv4 one.
std::optional<ip::address> guarded_address(std::string_view text) {
  boost::system::error_code failed;
  const ip::address address = ip::make_address(std::string{text}, failed);
  if (failed) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return std::optional{address};
}

struct AddressRange {
  ip::address first;
  unsigned bits = 0;  // that are equal
};

std::optional<AddressRange> range_in(std::string_view entry) {
  const std::size_t slash = entry.find('/');
  const std::optional<ip::address> first = guarded_address(entry.substr(0, slash));
  if (!first) return std::nullopt;
  const unsigned bits_max = first->is_v4() ? 32 : 128;
  AddressRange range{*first, bits_max};
  if (slash == std::string_view::npos) return range;
  const std::string_view number = entry.substr(slash + 1);
  const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), range.bits);
  if (failed != std::errc{} || end != number.data() + number.size() || range.bits > bits_max) return std::nullopt;
  return range;
}

template <class AddressBytes>
bool equal_bits(const AddressBytes& a, const AddressBytes& b, unsigned bits) {
  for (std::size_t i = 0; bits > 0; ++i) {
    const unsigned here = std::min(bits, 8u);
    const unsigned kept = 0xffu & (0xffu << (8 - here));
    if ((a[i] & kept) != (b[i] & kept)) return false;
    bits -= here;
  }
  return true;
}

bool contains(const AddressRange& range, const ip::address& address) {
  if (range.first.is_v4() != address.is_v4()) return false;
  return address.is_v4() ? equal_bits(range.first.to_v4().to_bytes(), address.to_v4().to_bytes(), range.bits)
                         : equal_bits(range.first.to_v6().to_bytes(), address.to_v6().to_bytes(), range.bits);
}

// The host of a URL as the block list takes it, with its scheme or without; in lower case.
std::string host_of_blocked_url(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos && url.find_first_of("/?#\\") > scheme) url.remove_prefix(scheme + 3);
  std::string_view host = url.substr(0, url.find_first_of("/?#\\"));
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  if (host.starts_with('[')) return lower_case(host.substr(1, host.find(']') - 1));
  if (!guarded_address(host)) host = host.substr(0, host.find(':'));
  return lower_case(percent_decoded(host).value_or(std::string{host}));
}

// A target, or an entry, as far as names of hosts go. What stands for many hosts is known by the name that all of them end in.
struct HostName {
  std::string name;   // without a dot at its end
  bool many = false;  // "*.example.com"
};

HostName host_name(std::string host) {
  HostName made;
  if (const std::size_t star = host.rfind('*'); star != std::string::npos) {
    made.many = true;
    host.erase(0, host.find_first_not_of('.', star + 1));
  }
  while (host.ends_with('.')) host.pop_back();
  made.name = std::move(host);
  return made;
}

// Whether `name` is `above`, or lies below it. Everything lies below the empty name.
bool is_domain_at_or_below(std::string_view name, std::string_view above) {
  if (name == above || above.empty()) return true;
  return name.size() > above.size() && name.ends_with(above) && name[name.size() - above.size() - 1] == '.';
}

// What of a target the entries are compared with.
struct GuardedTarget {
  std::string value;                   // in lower case
  std::string mail_box;                // the same
  std::optional<HostName> host;        // of a domain, a URL, a sender or an endpoint
  std::optional<ip::address> address;  // itself, or a URL's host
  bool whole_domain = false;           // what lies below the host is acted upon too
};

GuardedTarget guarded(const ActionTarget& target) {
  GuardedTarget made;
  made.value = lower_case(target.value);
  made.mail_box = lower_case(target.mail_box);
  std::string host;
  switch (target.type) {
    case ObjectType::url: host = host_of_blocked_url(target.value); break;
    case ObjectType::sender_mail_address: host = made.value.substr(made.value.rfind('@') + 1); break;
    case ObjectType::domain:
      host = made.value;
      made.whole_domain = true;
      break;
    case ObjectType::endpoint_name: host = made.value; break;
    case ObjectType::ip: made.address = guarded_address(target.value); return made;
    case ObjectType::file_sha1:
    case ObjectType::file_sha256:
    case ObjectType::agent_guid:
    case ObjectType::message_id:
    case ObjectType::unique_id: return made;
  }
  if (target.type == ObjectType::url) made.address = guarded_address(host);
  made.host = host_name(std::move(host));
  made.whole_domain = made.whole_domain || made.host->many;
  return made;
}

bool protects(std::string_view written, const GuardedTarget& target) {
  const std::string entry = lower_case(written);
  if (const std::optional<AddressRange> range = range_in(entry)) return target.address && contains(*range, *target.address);
  if (entry == target.value || (!target.mail_box.empty() && entry == target.mail_box)) return true;
  if (!target.host || entry.find('@') != std::string::npos) return false;
  const bool is_url = entry.find("://") != std::string::npos;
  const HostName kept = host_name(is_url ? host_of_blocked_url(entry) : entry);
  if (target.whole_domain && is_domain_at_or_below(kept.name, target.host->name)) return true;
  if (is_url) return false;
  return kept.many ? is_domain_at_or_below(target.host->name, kept.name) : target.host->name == kept.name;
}

}  // namespace

Result<void> check_protected_entry(std::string_view entry) {
  const auto refused = [entry](std::string_view why) {
    return Error{Code::invalid, "\"" + one_line(entry, shown_guarded_bytes) + "\" " + std::string{why}};
  };
  if (entry.empty()) return refused("is empty: remove it, or name what is protected");
  if (entry.size() > object_bytes_max) return refused("is longer than " + std::to_string(object_bytes_max) + " bytes");
  if (one_line(entry, entry.size()) != entry || entry.front() == ' ' || entry.back() == ' ')
    return refused("has a control character, a blank at an end, or bytes that are no text");
  if (entry.find("://") != std::string_view::npos) return {};
  const std::size_t slash = entry.find('/');
  if (slash != std::string_view::npos && guarded_address(entry.substr(0, slash)) && !range_in(entry))
    return refused("is no range of addresses: write one as 192.0.2.0/24 or 2001:db8::/32");
  const std::size_t star = entry.find('*');
  if (star == std::string_view::npos) return {};
  if (star != 0 || entry.size() < 3 || entry[1] != '.' || entry.find('*', 1) != std::string_view::npos)
    return refused("has a wildcard where none can stand: write a domain and all below it as *.example.com");
  return {};
}

std::string protected_target(const ResponderGuards& guards, ResponseAction action, const std::vector<ActionTarget>& targets) {
  if (!does_harm(action)) return {};
  for (const ActionTarget& target : targets) {
    const GuardedTarget compared = guarded(target);
    for (const std::string& entry : guards.protect) {
      if (!protects(entry, compared)) continue;
      return std::string{key_of(target.type)} + ": \"" + one_line(target.value, shown_guarded_bytes) + "\" is protected by \"" +
             one_line(entry, shown_guarded_bytes) + "\"";
    }
  }
  return {};
}

}  // namespace tidegate
