// DataGate: who may speak on the data port where there is a fleet. A certificate that names a sensor (processor/identity.h) gives
// an identity, whose records are held to that sensor and its tenants, and is refused once revoked. One that names none is of the
// operator's own authority: its common name is the sensor, as without a fleet.
//
// Thread: the loop.   Source: design, section 8; P10.
#pragma once

#include "processor/ports.h"
#include "processor/revocations.h"

namespace tidegate {

class DataGate final : public SensorGate {
 public:
  //   requires: the list outlives the gate
  explicit DataGate(const RevocationList& revocations) : revocations_(revocations) {}

  Result<DataPeer> admit(const TlsPeer& peer) override;
  bool still_admitted(const DataPeer& peer) const override;
  std::uint64_t version() const override { return revocations_.version(); }

 private:
  const RevocationList& revocations_;
};

}  // namespace tidegate
