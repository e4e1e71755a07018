#include "processor/revocations.h"

#include <mutex>

#include "processor/identity.h"

namespace tidegate {

void RevocationList::replace_all(const Revoked& revoked) {
  const std::unique_lock lock{mutex_};
  serials_.clear();
  sensors_.clear();
  add(revoked);
}

void RevocationList::revoke(const Revoked& revoked) {
  const std::unique_lock lock{mutex_};
  add(revoked);
}

void RevocationList::readmit(const std::string& sensor) {
  const std::unique_lock lock{mutex_};
  sensors_.erase(sensor);
  version_.fetch_add(1, std::memory_order_release);
}

bool RevocationList::revoked(const SensorIdentity& identity) const {
  const std::shared_lock lock{mutex_};
  return serials_.contains(identity.serial) || sensors_.contains(identity.sensor);
}

//   requires: the lock
void RevocationList::add(const Revoked& revoked) {
  serials_.insert(revoked.serials.begin(), revoked.serials.end());
  sensors_.insert(revoked.sensors.begin(), revoked.sensors.end());
  version_.fetch_add(1, std::memory_order_release);
}

}  // namespace tidegate
