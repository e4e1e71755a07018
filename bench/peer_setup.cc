#include "bench/peer_setup.h"

#include <system_error>

namespace tidegate {
namespace {

constexpr std::uint64_t syslog_ng_buffer_bytes = 4ull << 30;  // of its disk, at most

// Below usr/lib, by the machine's architecture.
std::filesystem::path rsyslog_modules(const std::filesystem::path& packages) {
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator{packages / "usr/lib", failure}) {
    if (std::filesystem::exists(entry.path() / "rsyslog/imfile.so", failure)) return entry.path() / "rsyslog";
  }
  return packages;
}

std::filesystem::path syslog_ng_libraries(const std::filesystem::path& packages) { return packages / "usr/lib/syslog-ng"; }

// Its own messages go to its log instead of to the machine's.
std::string rsyslog_configuration(const PeerPlace& place, PeerSync sync) {
  std::string text = rsyslog_global(place);
  text.append("module(load=\"imfile\")\n");
  text.append("template(name=\"line\" type=\"list\") { property(name=\"msg\") constant(value=\"\\n\") }\n");
  text.append("ruleset(name=\"forward\" queue.type=\"Disk\" queue.filename=\"buffer\" queue.size=\"100000000\"\n");
  text.append("    queue.maxFileSize=\"64m\" queue.checkpointInterval=\"200\" queue.saveOnShutdown=\"on\"\n");
  text.append("    queue.syncQueueFiles=\"").append(sync == PeerSync::on ? "on" : "off").append("\") {\n");
  text.append("  action(type=\"omfwd\" target=\"127.0.0.1\" port=\"")
      .append(std::to_string(place.port))
      .append("\" protocol=\"tcp\"\n");
  text.append("    template=\"line\" streamDriver=\"ossl\" streamDriverMode=\"1\" streamDriverAuthMode=\"x509/name\"\n");
  text.append("    streamDriverPermittedPeers=\"localhost\" action.resumeRetryCount=\"-1\" action.resumeInterval=\"1\")\n");
  text.append("}\n");
  text.append("input(type=\"imfile\" file=").append(quoted(place.lines));
  text.append(" tag=\"technique\" ruleset=\"forward\" persistStateInterval=\"200\")\n");
  return text.append("action(type=\"omfile\" file=").append(quoted(place.log)).append(")\n");
}

Peer rsyslog(std::string name, std::string set_up, PeerSync sync) {
  return {.name = std::move(name),
          .set_up = std::move(set_up),
          .program = "usr/sbin/rsyslogd",
          .configuration = [sync](const PeerPlace& place) { return rsyslog_configuration(place, sync); },
          .arguments = [](const PeerPlace& place) { return rsyslog_arguments(place, (place.folder / "pid").string()); },
          .version_arguments = {"-v"}};
}

}  // namespace

std::string quoted(const std::filesystem::path& path) { return "\"" + path.string() + "\""; }

std::string rsyslog_global(const PeerPlace& place) {
  std::string text = "global(workDirectory=" + quoted(place.folder);
  text.append(" maxMessageSize=\"256k\" processInternalMessages=\"on\"\n");
  text.append("  defaultNetstreamDriverCAFile=").append(quoted(place.ca_file)).append("\n");
  text.append("  defaultNetstreamDriverCertFile=").append(quoted(place.identity.certificate_file)).append("\n");
  return text.append("  defaultNetstreamDriverKeyFile=").append(quoted(place.identity.private_key_file)).append(")\n");
}

std::vector<std::string> rsyslog_arguments(const PeerPlace& place, const std::string& process_file) {
  return {"-n", "-f", place.configuration.string(), "-i", process_file, "-M", rsyslog_modules(place.packages).string()};
}

std::string syslog_ng_configuration(const PeerPlace& place, std::uint64_t buffer_bytes) {
  std::string text = "@version: 3.38\noptions { log-msg-size(262144); stats-freq(0); };\n";
  text.append("source lines { file(").append(quoted(place.lines)).append(" flags(no-parse) follow-freq(0.1)); };\n");
  text.append("destination receiver {\n");
  text.append("  network(\"127.0.0.1\" port(").append(std::to_string(place.port)).append(") transport(\"tls\")\n");
  text.append("    template(\"$MSG\\n\") time-reopen(1)\n");
  text.append("    tls(ca-file(").append(quoted(place.ca_file)).append(") peer-verify(required-trusted)\n");
  text.append("      cert-file(").append(quoted(place.identity.certificate_file)).append(")\n");
  text.append("      key-file(").append(quoted(place.identity.private_key_file)).append("))\n");
  text.append("    disk-buffer(reliable(yes) disk-buf-size(").append(std::to_string(buffer_bytes));
  text.append(") dir(").append(quoted(place.folder)).append(")));\n");
  return text.append("};\nlog { source(lines); destination(receiver); flags(flow-control); };\n");
}

std::vector<std::string> syslog_ng_arguments(const PeerPlace& place) {
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
          "--module-path=" + (syslog_ng_libraries(place.packages) / "3.38").string()};
}

std::vector<Peer> peers_of_pipeline() {
  std::vector<Peer> peers;
  peers.push_back(rsyslog("rsyslog", "lines of a file, a disk queue, TLS; no sync", PeerSync::off));
  peers.push_back({.name = "syslog-ng",
                   .set_up = "lines of a file, a reliable disk buffer, TLS; no sync",
                   .program = "usr/sbin/syslog-ng",
                   .configuration = [](const PeerPlace& place) { return syslog_ng_configuration(place, syslog_ng_buffer_bytes); },
                   .arguments = syslog_ng_arguments,
                   .version_arguments = {"--version"}});
  // Some hundred records a second, by the disk: all of them would take ten minutes.
  peers.push_back(rsyslog("rsyslog-synced", "the same as rsyslog with queue.syncQueueFiles", PeerSync::on));
  peers.back().one_in = 20;
  return peers;
}

std::filesystem::path unpacked_packages(const std::filesystem::path& programs) {
  return programs.parent_path().parent_path().parent_path() / "third";
}

std::vector<std::string> peer_environment(const std::filesystem::path& packages) {
  return {"LD_LIBRARY_PATH=" + syslog_ng_libraries(packages).string()};
}

}  // namespace tidegate
