// RevocationList: who has no access any more, although his certificate is still good. The ports ask it in the handshake, and again
// whenever version() has changed, so that a revocation ends sessions that are open (P10). The fleet's store is the truth; this is
// its copy in memory, put right by whoever revokes.
//
// Promises: revoked() takes the same short time however long the list is. What was revoked stays so until replace_all().
// Thread: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace tidegate {

struct SensorIdentity;

// Serial numbers of certificates that have not expired, and sensors that were revoked and not enrolled again since.
struct Revoked {
  std::vector<std::string> serials;
  std::vector<std::string> sensors;

  bool operator==(const Revoked&) const = default;
};

class RevocationList {
 public:
  // As the store has it: at start, and whenever another process wrote into the store.
  void replace_all(const Revoked& revoked);

  void revoke(const Revoked& revoked);
  // The sensor was enrolled anew. Its older certificates stay revoked.
  void readmit(const std::string& sensor);

  bool revoked(const SensorIdentity& identity) const;

  // Grows with each change: a session that has seen this version need not ask again.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  void add(const Revoked& revoked);

  mutable std::shared_mutex mutex_;  // guards the sets
  std::unordered_set<std::string> serials_;
  std::unordered_set<std::string> sensors_;
  std::atomic<std::uint64_t> version_{1};
};

}  // namespace tidegate
