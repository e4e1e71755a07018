#include "bench/crash_peers.h"

#include <system_error>

namespace tidegate {
namespace {

constexpr std::size_t persist_bytes = 16384;  // positions, and which buffer is whose
constexpr std::size_t buffer_header_bytes = 4096;

std::string quoted(const std::filesystem::path& path) { return "\"" + path.string() + "\""; }

// Below usr/lib, by the machine's architecture.
std::filesystem::path rsyslog_modules(const std::filesystem::path& packages) {
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator{packages / "usr/lib", failure}) {
    if (std::filesystem::exists(entry.path() / "rsyslog/imfile.so", failure)) return entry.path() / "rsyslog";
  }
  return packages;
}

std::string rsyslog_global(const CrashPeerPlace& place) {
  std::string text = "global(workDirectory=" + quoted(place.folder);
  text.append(" maxMessageSize=\"256k\" processInternalMessages=\"on\"\n");
  text.append("  defaultNetstreamDriverCAFile=").append(quoted(place.ca_file)).append("\n");
  text.append("  defaultNetstreamDriverCertFile=").append(quoted(place.identity.certificate_file)).append("\n");
  return text.append("  defaultNetstreamDriverKeyFile=").append(quoted(place.identity.private_key_file)).append(")\n");
}

// Its own messages go to its log instead of to the machine's.
std::string rsyslog_configuration(const CrashPeerPlace& place) {
  std::string text = rsyslog_global(place);
  text.append("module(load=\"imfile\")\n");
  text.append("template(name=\"line\" type=\"list\") { property(name=\"msg\") constant(value=\"\\n\") }\n");
  text.append("ruleset(name=\"forward\" queue.type=\"Disk\" queue.filename=\"buffer\" queue.size=\"100000000\"\n");
  text.append("    queue.maxFileSize=\"4m\" queue.checkpointInterval=\"1\" queue.saveOnShutdown=\"on\"\n");
  text.append("    queue.timeoutEnqueue=\"2000000000\" queue.maxDiskSpace=\"").append(std::to_string(place.buffer_bytes));
  text.append("\"\n    queue.syncQueueFiles=\"").append(place.sync == PeerSync::on ? "on" : "off").append("\") {\n");
  text.append("  action(type=\"omfwd\" target=\"127.0.0.1\" port=\"").append(std::to_string(place.port));
  text.append("\" protocol=\"tcp\"\n");
  text.append("    template=\"line\" streamDriver=\"ossl\" streamDriverMode=\"1\" streamDriverAuthMode=\"x509/name\"\n");
  text.append("    streamDriverPermittedPeers=\"localhost\" action.resumeRetryCount=\"-1\" action.resumeInterval=\"1\"\n");
  text.append("    action.resumeIntervalMax=\"1\")\n}\n");
  text.append("input(type=\"imfile\" file=").append(quoted(place.lines));
  text.append(" tag=\"technique\" ruleset=\"forward\" persistStateAfterSubmission=\"on\")\n");
  return text.append("action(type=\"omfile\" file=").append(quoted(place.log)).append(")\n");
}

// A killed one leaves the file with its process number, which would keep the next from starting: there is none.
std::vector<std::string> rsyslog_arguments(const CrashPeerPlace& place) {
  return {"-n", "-f", place.configuration.string(), "-i", "NONE", "-M", rsyslog_modules(place.packages).string()};
}

std::string syslog_ng_configuration(const CrashPeerPlace& place) {
  std::string text = "@version: 3.38\noptions { log-msg-size(262144); stats-freq(0); };\n";
  text.append("source lines { file(").append(quoted(place.lines)).append(" flags(no-parse) follow-freq(0.1)); };\n");
  text.append("destination receiver {\n");
  text.append("  network(\"127.0.0.1\" port(").append(std::to_string(place.port)).append(") transport(\"tls\")\n");
  text.append("    template(\"$MSG\\n\") time-reopen(1)\n");
  text.append("    tls(ca-file(").append(quoted(place.ca_file)).append(") peer-verify(required-trusted)\n");
  text.append("      cert-file(").append(quoted(place.identity.certificate_file)).append(")\n");
  text.append("      key-file(").append(quoted(place.identity.private_key_file)).append("))\n");
  text.append("    disk-buffer(reliable(yes) disk-buf-size(").append(std::to_string(place.buffer_bytes));
  text.append(") dir(").append(quoted(place.folder)).append(")));\n");
  return text.append("};\nlog { source(lines); destination(receiver); flags(flow-control); };\n");
}

std::vector<std::string> syslog_ng_arguments(const CrashPeerPlace& place) {
  return {"-F",
          "--no-caps",
          "--stderr",
          "-f",
          place.configuration.string(),
          "-R",
          (place.folder / "persist").string(),
          "-p",
          (place.folder / "pid").string(),
          "-c",
          (place.folder / "control").string(),
          "--module-path=" + (place.packages / "usr/lib/syslog-ng/3.38").string()};
}

}  // namespace

std::vector<CrashPeer> peers_of_crashes() {
  return {{.name = "rsyslog",
           .set_up = "a disk queue, its state written at each change; synced where the power is cut",
           .program = "usr/sbin/rsyslogd",
           .configuration = rsyslog_configuration,
           .arguments = rsyslog_arguments,
           .version_arguments = {"-v"}},
          {.name = "syslog-ng",
           .set_up = "a reliable disk buffer, flow control; it cannot sync",
           .program = "usr/sbin/syslog-ng",
           .configuration = syslog_ng_configuration,
           .arguments = syslog_ng_arguments,
           .version_arguments = {"--version"},
           .mapped = {{"persist", persist_bytes}, {"syslog-ng-00000.rqf", buffer_header_bytes}}}};
}

}  // namespace tidegate
