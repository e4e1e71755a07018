#include "processor/fleet/clones.h"

#include <algorithm>

#include "base/check.h"

namespace tidegate {

void CloneWatch::came(const std::string& sensor, LiveSession session) {
  std::vector<Watched>& sessions = sensors_[sensor];
  TG_ASSERT(sessions.empty() || sessions.back().session.id < session.id, "sessions are numbered as they come");
  if (sessions.size() == limits_.sessions_of_sensor_max) sessions.erase(sessions.begin());
  sessions.push_back({std::move(session), 0});
}

std::optional<CloneSeen> CloneWatch::heard(const std::string& sensor, SessionId id, ByteView instance_uid, SteadyTime now) {
  const auto found = sensors_.find(sensor);
  if (found == sensors_.end()) return std::nullopt;
  std::vector<Watched>& sessions = found->second;
  const auto of_id = [id](const Watched& watched) { return watched.session.id == id; };
  const auto speaker = std::find_if(sessions.begin(), sessions.end(), of_id);
  if (speaker == sessions.end()) return std::nullopt;
  speaker->session.instance_uid = instance_uid;
  const LiveSession& newest = sessions.back().session;
  if (newest.id == id || newest.id == speaker->told_of || now - newest.since < limits_.settle) return std::nullopt;
  speaker->told_of = newest.id;
  return CloneSeen{sensor, speaker->session, newest, speaker->session.instance_uid != newest.instance_uid};
}

void CloneWatch::went(const std::string& sensor, SessionId id) {
  const auto found = sensors_.find(sensor);
  if (found == sensors_.end()) return;
  std::erase_if(found->second, [id](const Watched& watched) { return watched.session.id == id; });
  if (found->second.empty()) sensors_.erase(found);
}

}  // namespace tidegate
