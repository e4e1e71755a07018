// Of responders and runs: which of them a sensor carries out.
#include <algorithm>
#include <utility>

#include "processor/joined.h"
#include "processor/respond/action_desk.h"
#include "respond/run_store_form.h"

namespace tidegate {
namespace {

constexpr std::size_t growth_bytes_max = 64u << 10;  // of a run as it goes on: task ids, reasons, an answer

}  // namespace

Result<void> ActionDesk::check_sensor(const Responder& responder) const {
  if (responder.sensor.empty()) return {};
  const std::string whose = "responder '" + responder.name + "': sensor: '" + responder.sensor + "' ";
  if (!places_.tenants_of) return Error{Code::invalid, whose + "cannot be used: this processor has no sensors"};
  const Result<std::vector<std::string>> tenants = places_.tenants_of(responder.sensor);
  if (!tenants && tenants.error().code() == Code::absent)
    return Error{Code::invalid, whose + "is not enrolled; see `tidegate-processor sensor list`"};
  if (!tenants) return tenants.error();
  const auto may_act = [&responder](const std::string& tenant) { return responder.may_act_for(tenant); };
  if (std::ranges::any_of(*tenants, may_act)) return {};
  return Error{Code::invalid, whose + "speaks for " + joined(*tenants) + ", and for none of the responder's tenants: " +
                                  joined(responder.tenants) + "; name a sensor of theirs"};
}

Result<void> ActionDesk::give_place(ActionRun& run) const {
  run.sensor = responders_.at(run.responder).responder.sensor;
  if (run.sensor.empty()) return {};
  const std::string whose = "responder '" + run.responder + "': sensor " + run.sensor;
  const Result<std::vector<std::string>> tenants = places_.tenants_of(run.sensor);
  if (!tenants && tenants.error().code() == Code::absent)
    return Error{Code::denied, whose + " is not enrolled any more; apply the responder with another one"};
  if (!tenants) return tenants.error();
  if (std::ranges::find(*tenants, run.tenant) == tenants->end())
    return Error{Code::denied, whose + " speaks for " + joined(*tenants) + ", and not for tenant '" + run.tenant + "'"};
  const std::size_t bytes = stored_run(run).size();
  if (bytes + growth_bytes_max <= sensor_message_bytes_max) return {};
  return Error{Code::invalid, "the run has " + std::to_string(bytes) + " bytes, more than the " +
                                  std::to_string(sensor_message_bytes_max - growth_bytes_max) +
                                  " that a sensor is handed; make its body smaller, or its targets fewer"};
}

Result<SensorResponders> ActionDesk::responders_of(std::string_view sensor) const {
  SensorResponders all;
  all.may_send = may_send_;
  for (const auto& [name, kept] : responders_) {
    if (kept.responder.sensor != sensor) continue;
    Result<Secret> secret = secret_of(kept.responder);
    if (!secret) return std::move(secret).error();
    Responder one = kept.responder;
    one.secret = *std::move(secret);
    one.credential.clear();
    all.responders.push_back(std::move(one));
  }
  return all;
}

std::set<std::string> ActionDesk::sensors() const {
  std::set<std::string> names;
  for (const auto& [name, kept] : responders_)
    if (!kept.responder.sensor.empty()) names.insert(kept.responder.sensor);
  return names;
}

}  // namespace tidegate
