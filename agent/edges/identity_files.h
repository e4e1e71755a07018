// The sensor's identity on disk: its key, its certificate, and the authorities that it trusts.
//
//   <state>/identity/key.pem, certificate.pem, ca.pem    in force; agent.yaml names them, and connections are made from them
//   <state>/identity/candidate/   what a renewal or an enrolment got, until it has proved itself
//   <state>/identity/kept/        a candidate that was chosen and is being moved into place
//
// Promises (P8, P10): files are 0600, folders 0700. The three files are of one identity: a candidate is made whole by one rename
// and chosen by another, and what a crash left half moved is moved on by recover(), which comes before anything reads the files.
// At no time is one of the files in force missing, and at no time is the key anywhere but in these folders.
//
// Thread: one at a time. Small local files: calls may block for the time of some syncs.
// Source: design, sections 6.2 and 8; opamp, 4.3.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace tidegate {

struct IdentityPems {
  Secret private_key;
  std::string certificate;  // the sensor's first
  std::string ca;           // the authorities to trust; of a candidate empty: those in force stay
};

class IdentityFiles {
 public:
  explicit IdentityFiles(const std::filesystem::path& state_directory);

  std::filesystem::path ca_file() const { return folder_ / "ca.pem"; }
  std::filesystem::path certificate_file() const { return folder_ / "certificate.pem"; }
  std::filesystem::path private_key_file() const { return folder_ / "key.pem"; }
  // A candidate's, with ca_file() where it has no authorities of its own.
  std::filesystem::path candidate_certificate_file() const { return candidate_ / "certificate.pem"; }
  std::filesystem::path candidate_private_key_file() const { return candidate_ / "key.pem"; }

  // Once, before the files are used: ends what a crash interrupted. Where nothing was, nothing is done.
  Result<void> recover();

  // What is in force. `absent`: there is no identity, or only a key. `denied`: others may read it. `invalid`: not PEM, or a key
  // that is not the certificate's.
  Result<IdentityPems> load() const;

  // The key in force, or one that an enrolment made before it was interrupted; else a new one, on disk before it is returned.
  // Asking again with the same key costs no further use of a token.
  Result<Secret> key_to_enrol();

  // Replaces a candidate that was there. `invalid`: the key is not the certificate's; nothing has changed then.
  Result<void> put_candidate(const IdentityPems& pems);
  // From then on it is in force, whatever happens in between. `absent`: there is none.
  Result<void> keep_candidate();
  // None is fine.
  Result<void> drop_candidate();

 private:
  Result<void> move_kept();

  std::filesystem::path folder_;
  std::filesystem::path candidate_;
  std::filesystem::path kept_;
};

}  // namespace tidegate
