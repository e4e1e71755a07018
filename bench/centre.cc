#include "bench/centre.h"

#include <array>
#include <fstream>

#include "bench/backlog.h"
#include "tests/support/rig_http.h"
#include "transport/certificate_request.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds ready_max{60};

}  // namespace

Result<Centre> start_centre(const CentrePlace& place, const std::filesystem::path& programs, const Clock& clock) {
  std::array<std::uint16_t, 3> ports{};
  for (std::uint16_t& port : ports) {
    const Result<std::uint16_t> found = free_loopback_port();
    if (!found) return found.error();
    port = *found;
  }
  const auto address = [](std::uint16_t port) { return "\"127.0.0.1:" + std::to_string(port) + "\""; };
  std::ofstream file{place.config_file(), std::ios::trunc};
  file << "processor: {state_directory: \"" << place.state().string()
       << "\", names: [127.0.0.1]}\nlisten: {data: " << address(ports[0]) << ", control: " << address(ports[1])
       << "}\nmetrics: {listen: " << address(ports[2]) << "}\ncontrol: {socket: \"" << place.socket().string()
       << "\"}\nlog: {level: warning, format: text}\n";
  if (!file.flush()) return Error{Code::unavailable, place.config_file().string() + " cannot be written"};
  Result<Process> started = Process::start({.program = programs / "tidegate-processor",
                                            .arguments = {"run", "--config", place.config_file().string()},
                                            .output_file = place.log()});
  if (!started) return std::move(started).error();
  Centre centre{ports[0], ports[1], ports[2], *std::move(started)};
  const SteadyTime begun = clock.steady();
  while (!http_get("http://127.0.0.1:" + std::to_string(centre.metrics_port) + "/readyz")) {
    if (clock.steady() - begun > ready_max)
      return Error{Code::timeout, "the processor does not come up; see " + place.log().string()};
    pause_for(look_rarely);
  }
  return centre;
}

Result<TlsClientPems> enrol_at_centre(Enrolment& enrolment, const Secret& token, const std::string& sensor) {
  Result<Secret> key = make_private_key();
  if (!key) return std::move(key).error();
  const Result<std::string> request = make_certificate_request(*key, sensor);
  if (!request) return request.error();
  const EnrolRequest asked{token, *request, sensor, "127.0.0.1:1"};
  const Result<Admission> admitted = enrolment.enrol(asked);
  if (!admitted) return admitted.error();
  return TlsClientPems{admitted->authority_pem, admitted->certificate_pem, *std::move(key)};
}

}  // namespace tidegate
