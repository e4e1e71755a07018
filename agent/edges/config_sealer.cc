#include "agent/edges/config_sealer.h"

#include <system_error>

namespace tidegate {
namespace {

constexpr std::string_view credential_name = "tidegate-sealing-key";

}  // namespace

SealingKeyPlace sealing_key_place(const SensorConfig& sensor, const std::filesystem::path& credentials) {
  if (!sensor.sealing_key_file.empty()) return {.file = sensor.sealing_key_file};
  std::error_code ignored;
  if (!credentials.empty() && std::filesystem::exists(credentials / credential_name, ignored))
    return {.file = credentials / credential_name, .kind = PrivateFileKind::credential};
  return {.file = std::filesystem::path{sensor.state_directory} / "sealing.key", .may_be_made = true};
}

Result<SealingKey> open_sealing_key(const SealingKeyPlace& place, bool was_used, const Entropy& entropy) {
  Result<SealingKey> key = read_sealing_key(place.file, place.kind);
  if (key || key.error().code() != Code::absent || !place.may_be_made) return key;
  if (was_used)
    return Error{Code::absent, key.error().text() +
                                   ", and the configuration that is kept was sealed with it; put the key back, or "
                                   "take the directory config away to begin anew"};
  return make_sealing_key(place.file, entropy);
}

Result<Bytes> KeySealer::seal(const Secret& document) { return tidegate::seal(key_, place_, document.reveal(), entropy_); }

Result<Secret> KeySealer::open(ByteView sealed) { return unseal(key_, place_, sealed); }

}  // namespace tidegate
