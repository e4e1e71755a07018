// Writes the manual pages and the completion of tidegate-processor below the folder that is named.
#include "manual/manual_files.h"
#include "processor/cli.h"
#include "processor/cli_fleet.h"

namespace tidegate {
namespace {

std::string fallback_of(std::string_view path) { return std::string{find_field(processor_fields(), path)->fallback}; }

ProgramFacts processor_facts() {
  ProgramFacts facts;
  facts.version = std::string{"Tidegate "} + TIDEGATE_VERSION;
  facts.description = {
      "tidegate-processor is the centre of Tidegate. It takes what sensors ship over mutual TLS, acknowledges what is on stable "
      "storage, drops what came twice, indexes the rest, and searches it. With a control port it also enrols sensors, gives them "
      "their connectors, and tells how they fare.",
      "The command run is the daemon. The commands validate and search do without it; all others ask the running daemon over its "
      "local socket. Secrets are read from a file or the standard input, never from the command line, which others can see."};
  facts.exit_status = {
      {std::to_string(processor_exit_done), "Done; search: something was found; run: it was stopped as asked."},
      {std::to_string(processor_exit_failed),
       "It was tried and failed, or is not there; search: nothing was found, or not all of the "
       "index could be read."},
      {std::to_string(processor_exit_usage), "Wrong usage, or a file that is not valid: every error is named."},
      {std::to_string(processor_exit_unreachable), "Nobody answers on the local socket, or the sensor does not answer yet."},
      {std::to_string(processor_exit_storage), "The state directory or the index cannot be used."}};
  facts.environment = {
      {"CREDENTIALS_DIRECTORY", "Set by the service manager: processor.sealing_key_file may name a file in it."},
      {"JOURNAL_STREAM", "Set by the service manager: with log.format auto, lines are written as the journal takes them."},
      {"NOTIFY_SOCKET", "Set by the service manager: readiness, reloading and the watchdog are told there."}};
  facts.files = {
      {std::string{processor_config_file}, "The configuration; see tidegate-processor.yaml(5)."},
      {fallback_of("processor.state_directory"), "Landed chunks, the index, the fleet, and sealing.key: keep a copy of that key."},
      {fallback_of("control.socket"), "The local socket of the running processor."}};
  facts.see_also = {"tidegate-processor.yaml(5)", "tidegate-agent(1)"};
  return facts;
}

}  // namespace
}  // namespace tidegate

int main(int argc, char** argv) {
  const tidegate::ProcessorCommandLine command_line;
  const tidegate::ProgramFacts facts = tidegate::processor_facts();
  const tidegate::ConfigFacts config{.program = "tidegate-processor",
                                     .version = facts.version,
                                     .file = std::string{tidegate::processor_config_file},
                                     .table = tidegate::processor_fields()};
  return tidegate::manual_main(argc, argv, command_line.app(), facts, config);
}
