// A small command line that has one of each: what is made of it is known in full.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tidegate {

struct SampleProgram {
  SampleProgram() {
    app.set_version_flag("--version", "1");
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--config", file, "Configuration file")->type_name("FILE")->capture_default_str();
    CLI::App* const show = app.add_subcommand("show", "Show it");
    show->add_flag("--json", json, "One document");
    show->footer("Exit codes: 0 shown.");
    CLI::App* const gate = app.add_subcommand("gate", "The gate");
    gate->require_subcommand(1);
    CLI::App* const open = gate->add_subcommand("open", "Open it; it's up to you.");
    open->add_option("NAME", name, "Which gate")->required();
    open->add_option("side", side, "Which side")->check(CLI::IsMember({"sea", "land"}));
    open->add_option("-n,--times", times, "How often")->check(CLI::Range(1, 9))->capture_default_str();
    open->add_option("--keeper", keepers, "Who keeps it")->required();
    open->add_option("--into", folder, "Where its book lies")->type_name("DIRECTORY");
  }

  std::string file = "/etc/sample.yaml";
  std::string name;
  std::string side;
  std::string folder;
  int times = 2;
  bool json = false;
  std::vector<std::string> keepers;
  CLI::App app{"Keeps a gate", "sample-gate"};
};

}  // namespace tidegate
