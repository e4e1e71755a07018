#include "tests/support/vision_one_records.h"

namespace tidegate {
namespace {

constexpr std::string_view departments[] = {"FIN", "HR", "DEV", "OPS", "SALES", "LAB", "EXEC", "PLANT"};
constexpr std::string_view machine_kinds[] = {"LAPTOP", "DESKTOP", "SRV", "VDI"};
constexpr std::string_view names[] = {"hanna", "marco", "yuki", "liam", "chen", "amira", "pavel", "sofia", "noah", "ines"};
constexpr std::uint32_t machines = 2000;

std::string padded(std::uint32_t value, std::size_t width) {
  std::string text = std::to_string(value);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

}  // namespace

Cast draw_cast(Random& dice) {
  const std::uint32_t machine = pick(dice, machines);
  Random own{Seed{machine}};  // a machine keeps its name, its agent and its address
  Cast cast;
  cast.host.append(one_of(own, departments)).append("-").append(one_of(own, machine_kinds)).append("-").append(padded(machine, 4));
  cast.user.append("acme-").append(one_of(own, names)).append(".").append(padded(machine, 4));
  append_uuid(cast.guid, own);
  cast.ip = "10.20." + std::to_string(machine >> 8) + "." + std::to_string(machine & 255);
  return cast;
}

std::string uuid_of(const Schedule& schedule, Feed feed, std::uint32_t record) {
  Random dice = schedule.dice(feed, record, Draw::identity);
  std::string uuid;
  append_uuid(uuid, dice);
  return uuid;
}

}  // namespace tidegate
