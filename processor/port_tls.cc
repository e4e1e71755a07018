#include "processor/port_tls.h"

#include <fstream>
#include <sstream>

#include "base/host_name.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds own_certificate_life{std::chrono::hours{24} * 90};
constexpr std::size_t pem_file_bytes_max = 1u << 20;

Result<std::string> read_pem_file(const std::string& file) {
  std::ifstream stream{file, std::ios::binary};
  std::string text(pem_file_bytes_max + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.is_open() || stream.bad()) return Error{Code::invalid, file + ": it cannot be read"};
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > pem_file_bytes_max) return Error{Code::invalid, file + ": it is larger than certificates are"};
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

std::vector<std::string> names_of(const ProcessorConfig& config) {
  if (!config.processor.names.empty()) return config.processor.names;
  std::vector<std::string> names;
  if (std::optional<std::string> host = host_name(); host && !host->empty()) names.push_back(*std::move(host));
  if (names.empty() || names.front() != "localhost") names.emplace_back("localhost");
  names.emplace_back("127.0.0.1");
  return names;
}

struct Shown {
  std::string certificate_pem;
  Secret private_key_pem;
  std::optional<WallTime> renew_at;
};

Result<Shown> shown_by(const ProcessorConfig& config, Authority& authority, WallTime now) {
  if (!config.tls.certificate_file.empty()) {
    Result<std::string> certificate = read_pem_file(config.tls.certificate_file);
    if (!certificate) return std::move(certificate).error();
    Result<std::string> key = read_pem_file(config.tls.private_key_file);
    if (!key) return std::move(key).error();
    return Shown{*std::move(certificate), Secret{*std::move(key)}, std::nullopt};
  }
  Result<ServerCertificate> issued = authority.issue_server({names_of(config), own_certificate_life}, now);
  if (!issued) return std::move(issued).error().in("processor.names");
  return Shown{std::move(issued->certificate_pem), std::move(issued->private_key_pem), now + (issued->not_after - now) * 2 / 3};
}

}  // namespace

Result<PortTls> make_port_tls(const ProcessorConfig& config, Authority& authority, WallTime now) {
  PortTls tls;
  tls.trusted_pem = authority.certificate_pem();
  if (!config.tls.ca_file.empty()) {
    const Result<std::string> others = read_pem_file(config.tls.ca_file);
    if (!others) return others.error();
    tls.trusted_pem.append(*others);
  }
  const Result<Shown> shown = shown_by(config, authority, now);
  if (!shown) return shown.error();
  tls.renew_at = shown->renew_at;
  const TlsServerPems data{tls.trusted_pem, shown->certificate_pem, shown->private_key_pem};
  Result<TlsContextPtr> of_data = make_server_tls(data, ClientCertificate::required);
  if (!of_data) return std::move(of_data).error();
  tls.data = *std::move(of_data);
  const TlsServerPems control{authority.certificate_pem(), shown->certificate_pem, shown->private_key_pem};
  Result<TlsContextPtr> of_control = make_server_tls(control, ClientCertificate::optional);
  if (!of_control) return std::move(of_control).error();
  tls.control = *std::move(of_control);
  return tls;
}

}  // namespace tidegate
