// Certificates made at test time, in a folder of the caller's: one authority, the identities it signs, and a way to be a
// stranger (a second TestPki in another folder). Nothing here is fit for anything but tests and the demonstration.
//
// EC P-256, SHA-256, version 3. An identity may serve as a server and as a client. Keys are files of mode 0600.
// Thread: any, one object at a time.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace tidegate {

// Two PEM files; the certificate file holds the one certificate, the authority's stands in TestPki::ca_file().
struct Identity {
  std::filesystem::path certificate_file;
  std::filesystem::path private_key_file;
};

struct IdentityOptions {
  std::vector<std::string> dns_names{"localhost"};  // subject alternative names of kind DNS
  std::vector<std::string> addresses{"127.0.0.1"};  // and of kind IP
  std::chrono::seconds not_before{-3600};           // from now
  std::chrono::seconds not_after{24 * 3600};        // from now; a negative one makes an expired certificate
  bool server = true;                               // extended key usage serverAuth
  bool client = true;                               // extended key usage clientAuth
};

class TestPki {
 public:
  // Makes `dir` where it is missing, and the authority in it: ca.pem, ca.key. `name` is the authority's common name.
  // `invalid`: the folder cannot be written.
  static Result<TestPki> make(std::filesystem::path dir, const std::string& name = "Tidegate test authority");

  TestPki(TestPki&&) noexcept;
  TestPki& operator=(TestPki&&) noexcept;
  ~TestPki();

  const std::filesystem::path& dir() const { return dir_; }
  std::filesystem::path ca_file() const { return dir_ / "ca.pem"; }

  // A new key and its certificate, in <common_name>.pem and <common_name>.key (what is no letter, digit, '.', '-' or '_'
  // becomes '_'). Issuing for a name again replaces both files.
  Result<Identity> issue(const std::string& common_name, const IdentityOptions& options = {});

 private:
  struct Authority;  // the key and the certificate, as OpenSSL has them

  TestPki(std::filesystem::path dir, std::unique_ptr<Authority> authority);

  std::filesystem::path dir_;
  std::unique_ptr<Authority> authority_;
  long serial_ = 1;  // of the certificate last issued; the authority's own is 1
};

}  // namespace tidegate
