// A processor with a control plane, as a program on loopback, for the benchmarks that have sensors.
//
// Thread: the owner's, which must outlive it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "processor/fleet/enrolment.h"
#include "tests/support/process.h"
#include "transport/tls_context.h"

namespace tidegate {

// Where it is in a folder of its own.
class CentrePlace {
 public:
  explicit CentrePlace(std::filesystem::path directory) : directory_(std::move(directory)) {}

  std::filesystem::path state() const { return directory_ / "processor"; }
  std::filesystem::path config_file() const { return directory_ / "processor.yaml"; }
  std::filesystem::path socket() const { return directory_ / "processor.sock"; }
  std::filesystem::path log() const { return directory_ / "processor.log"; }

 private:
  std::filesystem::path directory_;
};

// Killed when it goes out of scope.
struct Centre {
  std::uint16_t data_port = 0;
  std::uint16_t control_port = 0;
  std::uint16_t metrics_port = 0;
  Process process;
};

// Writes its configuration, starts it, and waits until it is ready; a minute at most.   requires: the state directory is there
Result<Centre> start_centre(const CentrePlace& place, const std::filesystem::path& programs, const Clock& clock);

// A key and a certificate for a sensor, asked of the store itself: over the network an address may ask only so often.
Result<TlsClientPems> enrol_at_centre(Enrolment& enrolment, const Secret& token, const std::string& sensor);

}  // namespace tidegate
