// Writes the manual pages and the completion of tidegate-agent below the folder that is named.
#include "agent/cli.h"
#include "agent/daemon.h"
#include "manual/manual_files.h"

namespace tidegate {
namespace {

std::string fallback_of(std::string_view path) { return std::string{find_field(agent_fields(), path)->fallback}; }

ProgramFacts agent_facts() {
  ProgramFacts facts;
  facts.version = std::string{"Tidegate "} + TIDEGATE_VERSION;
  facts.description = {
      "tidegate-agent is the sensor of Tidegate. It reads alerts, audit logs and observed attack techniques from Trend Vision One, "
      "keeps what it read in a journal on this machine's disk, and ships it to a data processor over mutual TLS. A page and the "
      "cursor behind it are one synced write, and what is sent stays until it is acknowledged: nothing is skipped, lost or twice.",
      "The command run is the daemon. The commands status, cursor, queue and backfill ask the running daemon over its local "
      "socket; "
      "the others do without it."};
  facts.exit_status = {{std::to_string(exit_done), "Done; run: it was stopped as asked."},
                       {std::to_string(exit_failed), "It was tried and failed, or the agent refuses it."},
                       {std::to_string(exit_invalid), "Wrong usage, or a configuration that is not valid: every error is named."},
                       {std::to_string(exit_unreachable),
                        "Nobody answers: the running agent on its socket, or what the command asks over the network."},
                       {std::to_string(exit_storage), "The state directory cannot be used."}};
  facts.environment = {
      {"TIDEGATE_TOKEN", "The enrolment token, where enroll is given neither --token nor --token-file."},
      {"CREDENTIALS_DIRECTORY",
       "Set by the service manager: the credential tidegate-sealing-key in it is the key that seals what "
       "the processor sends, where sensor.sealing_key_file names none."},
      {"JOURNAL_STREAM", "Set by the service manager: with log.format auto, lines are written as the journal takes them."},
      {"NOTIFY_SOCKET", "Set by the service manager: readiness, reloading and the watchdog are told there."}};
  facts.files = {
      {std::string{agent_config_file}, "The configuration; see tidegate-agent.yaml(5)."},
      {fallback_of("sensor.state_directory"), "The journal, the cursors, and in identity/ the sensor's key and certificate."},
      {fallback_of("control.socket"), "The local socket of the running agent."}};
  facts.see_also = {"tidegate-agent.yaml(5)", "tidegate-processor(1)"};
  return facts;
}

}  // namespace
}  // namespace tidegate

int main(int argc, char** argv) {
  const tidegate::AgentCommandLine command_line;
  const tidegate::ProgramFacts facts = tidegate::agent_facts();
  const tidegate::ConfigFacts config{.program = "tidegate-agent",
                                     .version = facts.version,
                                     .file = std::string{tidegate::agent_config_file},
                                     .table = tidegate::agent_fields()};
  return tidegate::manual_main(argc, argv, command_line.app(), facts, config);
}
