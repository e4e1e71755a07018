// JSON and texts that come from outside, on their way in: bounded before they are parsed, and fit to be shown.
//
// Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace tidegate {

struct ForeignJsonLimits {
  std::size_t bytes_max = 16u << 20;
  std::size_t depth_max = 16;
};

// `corrupt`: no JSON, or beyond the limits. The words hold nothing of the body.
Result<boost::json::value> parse_foreign_json(ByteView body, ForeignJsonLimits limits = {});

// The text under that key; empty: there is none, or it is no text. Valid as long as the object.
std::string_view text_member(const boost::json::object& object, std::string_view key);

// One line: each control character is a blank, each byte that is no text U+FFFD, and no more than `bytes_max`.
std::string one_line(std::string_view text, std::size_t bytes_max);

// Puts *** in place of the secret wherever it stands (P10): a peer may say again what it was sent, as it is, with JSON's escapes,
// or percent-encoded, whichever of its characters it writes so.
void mask_secret(std::string& text, std::string_view secret);

// Of a text that was cut off and masked: where its end may be the beginning of the secret, written in any of those ways. Its size:
// nowhere.
std::size_t begun_secret_at(std::string_view text, std::string_view secret);

}  // namespace tidegate
