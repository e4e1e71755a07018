// KeySealer: seals what the processor gives for this sensor's disk, under its sealing key: documents of connectors, and the
// responders by which the sensor acts. Neither opens in the place of the other.
//
// Promises: the key is made once, where no configuration was ever kept; one that went missing is never made anew, since what it
// sealed would be lost in silence. No key and no document is in any error.
//
// Thread: the loop; opening reads or makes one small file.
// Source: design, P10.
#pragma once

#include <filesystem>

#include "agent/control_ports.h"
#include "config/model.h"
#include "config/sealed.h"

namespace tidegate {

// Where the key lies: as the file says, else a credential of the service manager's (`credentials`: its directory, empty: none),
// else in the state directory.
struct SealingKeyPlace {
  std::filesystem::path file;
  PrivateFileKind kind = PrivateFileKind::own;
  bool may_be_made = false;  // only our own, and only in the state directory
};
SealingKeyPlace sealing_key_place(const SensorConfig& sensor, const std::filesystem::path& credentials);

// `absent`: it is missing, and `was_used` (something was sealed with it), or it is another's to make.
Result<SealingKey> open_sealing_key(const SealingKeyPlace& place, bool was_used, const Entropy& entropy);

inline constexpr SealedPlace connectors_place{.purpose = "connectors document", .name = "agent"};
inline constexpr SealedPlace responders_place{.purpose = "responders", .name = "agent"};

class KeySealer final : public ConfigSealer {
 public:
  KeySealer(SealingKey key, Entropy entropy, SealedPlace place = connectors_place)
      : key_(std::move(key)), entropy_(std::move(entropy)), place_(place) {}

  Result<Bytes> seal(const Secret& document) override;
  Result<Secret> open(ByteView sealed) override;

 private:
  SealingKey key_;
  Entropy entropy_;
  SealedPlace place_;
};

// Where there is no key: nothing is sealed and nothing opened, and the reason is told.
class NoSealer final : public ConfigSealer {
 public:
  explicit NoSealer(Error why) : why_(std::move(why)) {}

  Result<Bytes> seal(const Secret&) override { return why_; }
  Result<Secret> open(ByteView) override { return why_; }

 private:
  Error why_;
};

}  // namespace tidegate
