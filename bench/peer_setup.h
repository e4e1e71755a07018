// rsyslog and syslog-ng as they are set up for `bench pipeline`: each reads a file of lines from its beginning, keeps every line
// in a buffer on its disk, and forwards it over mutual TLS to one receiver.
//
// The set-up is the one that costs each of them least and still finds its buffer again when the process was killed:
// - Input: a file, whose reading position they keep. A TCP input cost them the same CPU, and its sender would take processors.
// - Buffer of rsyslog: a pure disk queue, whose state is written every 200 records, as many as the agent commits at once.
// - Buffer of syslog-ng: a reliable disk buffer.
// - Neither syncs, while the agent syncs every commit: what the agent keeps through a loss of power, they may lose. rsyslog can
//   sync, each record by itself: that is a third peer, on fewer records. syslog-ng cannot.
// - Line: passed on as it is, not parsed, without a header, not compressed.
// - Wire: TLS 1.3 with certificates on both sides, as the agent's. The protocol knows no acknowledgement: what was on its way
//   when a connection broke or a process was killed may be missing or come twice.
//
// What they leave out of the agent's work: asking the API, JSON, msgpack, zstd, ids, syncs, acknowledgements.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/test_pki.h"

namespace tidegate {

enum class PeerSync : std::uint8_t { off, on };

struct PeerPlace {
  std::filesystem::path packages;  // where the Debian packages are unpacked: third/
  std::filesystem::path folder;    // for all that the peer keeps
  std::filesystem::path configuration;
  std::filesystem::path log;
  std::filesystem::path lines;  // to read
  std::filesystem::path ca_file;
  Identity identity;       // the peer's
  std::uint16_t port = 0;  // the receiver's, on 127.0.0.1; its certificate names localhost too
};

struct Peer {
  std::string name;               // in the report
  std::string set_up;             // in a few words, for the report
  std::filesystem::path program;  // below the unpacked packages
  std::uint64_t one_in = 1;       // reads one line in so many
  std::function<std::string(const PeerPlace&)> configuration;
  std::function<std::vector<std::string>(const PeerPlace&)> arguments;
  std::vector<std::string> version_arguments;  // that make it print its version
};

// In the order in which they run and are printed.
std::vector<Peer> peers_of_pipeline();

inline constexpr std::chrono::milliseconds peer_version_max{10'000};  // to print its version

// A path as both configurations have it.
std::string quoted(const std::filesystem::path& path);
// The line that every rsyslog begins with: its folder, its messages, its certificates.
std::string rsyslog_global(const PeerPlace& place);
// `process_file`: where its process number is kept, or NONE.
std::vector<std::string> rsyslog_arguments(const PeerPlace& place, const std::string& process_file);
std::string syslog_ng_configuration(const PeerPlace& place, std::uint64_t buffer_bytes);
std::vector<std::string> syslog_ng_arguments(const PeerPlace& place);

// Debian's packages that cannot be installed side by side are unpacked there, beside the build folder.
std::filesystem::path unpacked_packages(const std::filesystem::path& programs);

// "NAME=value", with which the programs run where they were unpacked.
std::vector<std::string> peer_environment(const std::filesystem::path& packages);

}  // namespace tidegate
