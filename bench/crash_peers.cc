#include "bench/crash_peers.h"

namespace tidegate {
namespace {

constexpr std::size_t persist_bytes = 16384;  // positions, and which buffer is whose
constexpr std::size_t buffer_header_bytes = 4096;

// Its own messages go to its log instead of to the machine's.
std::string strict_rsyslog_configuration(const CrashPeerPlace& place) {
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

}  // namespace

std::vector<CrashPeer> peers_of_crashes() {
  return {{.name = "rsyslog",
           .set_up = "a disk queue, its state written at each change; synced where the power is cut",
           .program = "usr/sbin/rsyslogd",
           .configuration = strict_rsyslog_configuration,
           // A killed one leaves the file with its process number, which would keep the next from starting: there is none.
           .arguments = [](const CrashPeerPlace& place) { return rsyslog_arguments(place, "NONE"); },
           .version_arguments = {"-v"}},
          {.name = "syslog-ng",
           .set_up = "a reliable disk buffer, flow control; it cannot sync",
           .program = "usr/sbin/syslog-ng",
           .configuration = [](const CrashPeerPlace& place) { return syslog_ng_configuration(place, place.buffer_bytes); },
           .arguments = syslog_ng_arguments,
           .version_arguments = {"--version"},
           .mapped = {{"persist", persist_bytes}, {"syslog-ng-00000.rqf", buffer_header_bytes}}}};
}

}  // namespace tidegate
