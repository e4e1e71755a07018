// The file of the instance's id.
#include <algorithm>
#include <system_error>

#include "agent/edges/opamp_link.h"
#include "config/private_file.h"

namespace tidegate {
namespace {

constexpr std::string_view what = "instance id";
constexpr std::size_t file_bytes_max = 64;

std::filesystem::path file_in(const std::filesystem::path& state_directory) { return state_directory / "instance_uid"; }

// "0191c2f0-8c5e-7abc-8def-0123456789ab"
std::string uuid_text(const Id128& uid) {
  std::string text = to_hex(uid);
  for (const std::size_t at : {8, 13, 18, 23}) text.insert(at, 1, '-');
  return text;
}

std::optional<Id128> parse_uuid(std::string text) {
  std::erase_if(text, [](char c) { return c == '-' || c == '\n'; });
  return id_from_hex(text);
}

// RFC 9562, 5.7.
Id128 make_uuid(WallTime now, Random& random) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
  Id128 uid;
  uid.high = (static_cast<std::uint64_t>(milliseconds) << 16) | 0x7000u | random.below(0x1000);
  uid.low = (random.next() >> 2) | (std::uint64_t{1} << 63);
  return uid;
}

}  // namespace

Result<void> keep_instance_uid(const std::filesystem::path& state_directory, const Id128& uid) {
  const std::filesystem::path file = file_in(state_directory);
  std::filesystem::path fresh = file;
  fresh += ".new";
  std::error_code failure;
  std::filesystem::remove(fresh, failure);  // of an attempt that was cut short
  if (Result<void> made = make_private_file(what, fresh, Secret{uuid_text(uid) + "\n"}); !made) return made;
  std::filesystem::rename(fresh, file, failure);
  if (failure) return Error{Code::unavailable, std::string{what} + " " + file.string() + ": " + failure.message()};
  return {};
}

Id128 load_instance_uid(const std::filesystem::path& state_directory, Surroundings around, Log& log) {
  const Result<Secret> text = read_private_file(what, file_in(state_directory), file_bytes_max);
  if (text) {
    if (const std::optional<Id128> uid = parse_uuid(std::string{text->reveal()}); uid && *uid != Id128{}) return *uid;
    log.warning("the instance id on disk is none: another one is made", {});
  } else if (text.error().code() != Code::absent) {
    log.warning("the instance id cannot be read: another one is made", {{"reason", text.error().text()}});
  }
  const Id128 uid = make_uuid(around.clock.wall(), around.random);
  if (Result<void> kept = keep_instance_uid(state_directory, uid); !kept)
    log.warning("the instance id cannot be kept, and is another one after a restart", {{"reason", kept.error().text()}});
  return uid;
}

}  // namespace tidegate
