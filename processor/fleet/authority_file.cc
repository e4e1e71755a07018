// The authority's file.
#include <optional>

#include "processor/digest.h"
#include "processor/fleet/authority.h"

namespace tidegate {
namespace {

constexpr std::string_view what = "certificate authority";
constexpr std::size_t file_bytes_max = 2 * pem_bytes_max;
constexpr std::string_view begin = "-----BEGIN TIDEGATE SEALED KEY-----\n";
constexpr std::string_view end = "-----END TIDEGATE SEALED KEY-----\n";
constexpr std::size_t line_bytes = 64;

SealedPlace place_of(const std::string& fingerprint) { return {"authority key", fingerprint}; }

// What stands in the block of the key, without its ends of line. Absent: there is no such block.
std::optional<std::string> sealed_key_in(std::string_view content) {
  const std::size_t from = content.find(begin);
  if (from == std::string_view::npos) return std::nullopt;
  const std::string_view block = content.substr(from + begin.size());
  const std::size_t to = block.find(end);
  if (to == std::string_view::npos) return std::nullopt;
  std::string sealed;
  for (const char c : block.substr(0, to))
    if (c != '\n') sealed += c;
  return sealed;
}

}  // namespace

Result<std::unique_ptr<Authority>> Authority::load(const std::filesystem::path& file, const SealingKey& key, const Entropy& entropy,
                                                   AuthorityLimits limits) {
  const Result<Secret> content = read_private_file(what, file, file_bytes_max);
  if (!content) return content.error();
  const auto refused = [&](Code code, std::string_view why) {
    return Error{code, std::string{what}.append(" ").append(file.string()).append(": ").append(why)};
  };
  const std::string_view text = content->reveal();
  const std::size_t key_at = text.find(begin);
  const std::optional<std::string> sealed = sealed_key_in(text);
  if (!sealed) return refused(Code::corrupt, "it holds no sealed key");
  Result<CertificatePtr> certificate = certificate_of_pem(what, text.substr(0, key_at));
  if (!certificate) return refused(Code::corrupt, certificate.error().text());
  const Result<Bytes> hash = hash_of(certificate->get());
  if (!hash) return hash.error();
  const std::string fingerprint = hex_of(*hash);
  const Result<Secret> pem = unseal(key, place_of(fingerprint), *sealed);
  if (!pem) return refused(pem.error().code(), pem.error().text());
  Result<KeyPtr> own_key = key_of_pem(*pem);
  if (!own_key) return refused(Code::corrupt, own_key.error().text());
  std::unique_ptr<Authority> authority{new Authority{entropy, limits}};
  if (Result<void> taken = authority->take(*std::move(certificate), *std::move(own_key)); !taken)
    return refused(taken.error().code(), taken.error().text());
  return authority;
}

Result<void> Authority::store(const std::filesystem::path& file, const SealingKey& key) const {
  const Result<Secret> pem = pem_of(key_.get());
  if (!pem) return pem.error();
  const Result<std::string> sealed = seal(key, place_of(fingerprint_), pem->reveal(), entropy_);
  if (!sealed) return sealed.error();
  std::string content = certificate_pem_;
  content.append(begin);
  for (std::size_t at = 0; at < sealed->size(); at += line_bytes) content.append(*sealed, at, line_bytes).append("\n");
  content.append(end);
  return make_private_file(what, file, Secret{std::move(content)});
}

}  // namespace tidegate
