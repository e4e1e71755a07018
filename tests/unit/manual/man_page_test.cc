#include "manual/man_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manual/config_page.h"
#include "tests/unit/manual/sample_program.h"

namespace tidegate {
namespace {

using testing::HasSubstr;
using testing::Not;

class ManPage : public testing::Test {
 protected:
  std::string page(const ProgramFacts& facts) const { return program_page(sample_.app, facts); }

  SampleProgram sample_;
  ProgramFacts facts_{.version = "Sample 1",
                      .description = {"It keeps a gate."},
                      .exit_status = {{"0", "Done."}},
                      .environment = {{"GATE", "Which one."}},
                      .files = {{"/etc/sample.yaml", "The file."}},
                      .see_also = {"sample-gate.yaml(5)", "tide(7)"}};
};

TEST_F(ManPage, HasTheSectionsOfAManualInTheirOrder) {
  const std::string text = page(facts_);
  std::size_t at = 0;
  for (const char* heading :
       {"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"}) {
    const std::size_t found = text.find(".SH \"" + std::string{heading} + "\"\n", at);
    ASSERT_NE(found, std::string::npos) << heading;
    at = found;
  }
  EXPECT_THAT(text, HasSubstr("sample\\-gate \\- Keeps a gate\n"));
  EXPECT_THAT(text, HasSubstr("\\fBsample\\-gate.yaml\\fR(5), \\fBtide\\fR(7)"));
}

TEST_F(ManPage, LeavesSectionsWithoutEntriesOut) {
  const std::string text = page({.version = "Sample 1"});
  for (const char* heading : {"EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"}) EXPECT_THAT(text, Not(HasSubstr(heading)));
}

TEST_F(ManPage, ShowsHowACommandIsCalled) {
  const std::string text = page(facts_);
  EXPECT_THAT(text, HasSubstr("\\fBsample\\-gate gate open\\fR \\fINAME\\fR [\\fIside\\fR] \\fB\\-\\-keeper\\fR \\fITEXT\\fR..."
                              " [\\fIOPTION\\fR]...\n"));
  EXPECT_THAT(text, Not(HasSubstr("\\fBsample\\-gate gate\\fR")));  // it needs a subcommand
  EXPECT_THAT(text, HasSubstr("Exit codes: 0 shown."));
}

TEST_F(ManPage, SaysWhatAnOptionTakes) {
  const std::string text = page(facts_);
  EXPECT_THAT(text, HasSubstr("\\fB\\-n\\fR, \\fB\\-\\-times\\fR \\fIINT\\fR\nHow often. It must be from 1 to 9. Default: 2.\n"));
  EXPECT_THAT(text, HasSubstr("\\fB\\-\\-keeper\\fR \\fITEXT\\fR\nWho keeps it. Required.\n"));
  EXPECT_THAT(text, HasSubstr("\\fB\\-\\-config\\fR \\fIFILE\\fR\nConfiguration file. Default: /etc/sample.yaml.\n"));
  EXPECT_THAT(text, HasSubstr("Open it; it\\(aqs up to you.\n"));  // no second full stop
}

TEST_F(ManPage, WhatEachCommandTakesIsSaidOnce) {
  const std::string text = page(facts_);
  EXPECT_EQ(text.find("\\-\\-help"), text.rfind("\\-\\-help"));
}

TEST(ConfigManPage, NamesEveryKeyWithItsDocAndItsValue) {
  for (const FieldTable table : {agent_fields(), processor_fields()}) {
    const std::string text =
        config_page({.program = "sample-gate", .version = "Sample 1", .file = "/etc/sample.yaml", .table = table});
    for (const Field& field : table) {
      // "." and "[]" stand for themselves; names hold no dash.
      EXPECT_THAT(text, HasSubstr(".TP\n\\fB" + std::string{field.path} + "\\fR\n"));
    }
  }
  const std::string text = config_page({.program = "p", .version = "v", .file = "/f", .table = agent_fields()});
  EXPECT_THAT(text, HasSubstr("whatever the budget. Value: size, 0B to 64TiB. Default: 1GiB. A change needs a restart.\n"));
  EXPECT_THAT(text, HasSubstr("Value: one of tidegate, forward. Default: tidegate. A change needs a restart.\n"));
  EXPECT_THAT(text, HasSubstr("Secret. Value: "));
}

}  // namespace
}  // namespace tidegate
