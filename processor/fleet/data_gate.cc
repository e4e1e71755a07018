#include "processor/fleet/data_gate.h"

#include "transport/byte_stream.h"

namespace tidegate {

Result<DataPeer> DataGate::admit(const TlsPeer& peer) {
  if (peer.certificate.empty()) return DataPeer{peer.name, std::nullopt};
  Result<SensorIdentity> identity = read_identity_der(peer.certificate);
  if (!identity && identity.error().code() == Code::absent) return DataPeer{peer.name, std::nullopt};
  if (!identity) return Error{Code::invalid, identity.error().text()};
  if (revocations_.revoked(*identity)) return Error{Code::denied, "its access was revoked"};
  return DataPeer{identity->sensor, *identity};
}

bool DataGate::still_admitted(const DataPeer& peer) const { return !peer.identity || !revocations_.revoked(*peer.identity); }

}  // namespace tidegate
