// A mail as RFC 5322 has it: one text part in UTF-8, quoted-printable, lines of at most 76 bytes, ended by CR LF. What it is made
// of may be anything: no text can begin a header or end the message.
//
// Pure; any thread.   Source: RFC 5322; RFC 2045, section 6.7; RFC 2047.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace tidegate {

struct MailMessage {
  std::string from;             // an address, checked
  std::vector<std::string> to;  // likewise
  std::string subject;
  std::string text;  // lines ended by \n
  std::string id;    // unique: letters and digits
  WallTime at{};
};

std::string mail_text(const MailMessage& message);

// "Tue, 24 Nov 2026 13:05:07 +0000"
std::string mail_date(WallTime at);
// On one line; encoded words where it is not plain ASCII, folded where it is long.
std::string mail_subject(std::string_view text);

}  // namespace tidegate
